"""Two at once: of what may happen once, one wins; what must stay true stays true."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from openpsm.core.errors import DomainError
from openpsm.org import operations, queries
from openpsm.org.mail import reset_link
from openpsm.org.models import Department, User
from tests.factories import AT
from tests.factories.org import make_department, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run the calls in threads that start together; return "" or the code of the refusal for each."""
    barrier, said = threading.Barrier(len(calls)), [""] * len(calls)

    def run(index: int) -> None:
        barrier.wait(timeout=20)
        try:
            calls[index]()
        except DomainError as error:
            said[index] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return said


def test_two_administrators_who_deactivate_each_other_leave_one():
    first, second = make_user(roles=["administrator"]), make_user(roles=["administrator"])
    said = at_once(
        lambda: operations.deactivate_user(user_id=second.pk, version=1, by=User.objects.get(pk=first.pk), at=AT),
        lambda: operations.deactivate_user(user_id=first.pk, version=1, by=User.objects.get(pk=second.pk), at=AT),
    )
    assert sorted(said) in (["", "last-administrator"], ["", "not-allowed"])
    assert User.objects.active().count() == 1


def test_of_two_first_set_ups_one_succeeds():
    def set_up(username: str) -> Callable[[], object]:
        return lambda: operations.first_setup(
            name=username, username=username, password="a long password", language="en", at=AT
        )

    assert sorted(at_once(set_up("ada"), set_up("eve"))) == ["", "already-set-up"]
    assert User.objects.count() == 1


def test_a_reset_link_used_twice_at_once_works_once():
    user = make_user()
    uid, token = reset_link(user).split("/")[-2:]
    assert queries.user_of_link(uid, token) == user

    def use(password: str) -> Callable[[], object]:
        return lambda: operations.reset_password(uid=uid, token=token, new_password=password, at=AT)

    assert sorted(at_once(use("first long password"), use("second long password"))) == ["", "reset-refused"]


def test_two_departments_moved_below_each_other_make_no_circle():
    admin = make_user(roles=["administrator"])
    first, second = make_department(), make_department()
    below_first, below_second = make_department(parent=first), make_department(parent=second)

    def move(department: Department, parent: Department) -> Callable[[], object]:
        return lambda: operations.move_department(
            department_id=department.pk, parent_id=parent.pk, version=1, by=User.objects.get(pk=admin.pk), at=AT
        )

    assert sorted(at_once(move(first, below_second), move(second, below_first))) == ["", "invalid"]
    for department in Department.objects.all():
        parent = department.parent
        assert department.path == f"{parent.path if parent else '/'}{department.pk}/"
