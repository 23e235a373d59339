"""The people of the demo company."""

import pytest

from openpsm.core.models import Job
from openpsm.exchange.demo import PASSWORD, load_demo
from openpsm.exchange.demo.loading import load
from openpsm.org import access, operations
from openpsm.org.models import Department, Role, User
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people_only(monkeypatch):
    """Leave the business out, which takes its time: see test_demo.py."""
    monkeypatch.setattr("openpsm.exchange.demo.load_business", lambda *_args, **_options: None)


def test_load_demo_fills_every_role_and_everybody_can_sign_in():
    logins = load_demo(AT)
    held = set(User.objects.values_list("grants__role__key", flat=True))
    assert (len(logins), held) == (15, set(Role.objects.values_list("key", flat=True)))
    for login in logins:
        user = operations.sign_in(username=login.username, password=PASSWORD, address="127.0.0.1", at=AT)
        assert not user.must_change_password


def test_managers_of_the_demo_company_manage_their_part_of_the_tree():
    load_demo(AT, language="zh-hans")
    paths = {department.name: department.path or "" for department in Department.objects.all()}
    boss, east = (access.reach(User.objects.get(username=name)) for name in ("zhouqm", "shenrn"))
    assert all(boss.manages(path) for path in paths.values())
    assert [name for name, path in paths.items() if east.manages(path)] == ["华东销售部"]


def test_first_administrator_may_ask_for_the_demo_whose_passwords_nobody_knows(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        user = operations.first_setup(
            name="Ada", username="ada", password="a long password", language="en", with_demo=True, at=AT
        )
    job = Job.objects.get()
    assert (job.task, job.kwargs) == ("openpsm.exchange.demo.loading.load", {"user_id": user.pk})
    load.func(user_id=user.pk)
    load.func(user_id=user.pk)
    others = User.objects.exclude(pk=user.pk)
    assert (others.count(), any(other.check_password(PASSWORD) for other in others)) == (14, False)


def test_first_setup_without_demo_asks_for_nothing(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        operations.first_setup(name="Ada", username="ada", password="a long password", language="en", at=AT)
    assert not Job.objects.exists()
