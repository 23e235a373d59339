"""Tasks, reminders and notifications."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.core.errors import DomainError, InvalidInput, Stale
from openpsm.core.models import Event
from openpsm.org import operations, queries
from openpsm.org.links import move_tasks
from openpsm.org.models import Notification, Task
from openpsm.org.operations import NewTask, Note
from tests.factories import AT
from tests.factories.org import make_department, make_task, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 16)


def test_open_task_for_a_colleague_notifies_them_and_leaves_one_event():
    boss, seller = make_user(), make_user()
    task = operations.open_task(owner_id=seller.pk, title=" Call ", due_on=TODAY, by=boss, at=AT)
    assert (task.title, task.owner, task.created_by) == ("Call", seller, boss)
    assert list(Notification.objects.values_list("user", "kind", "subject_id")) == [(seller.pk, "task.opened", task.pk)]
    assert Event.objects.filter(name="task.opened", subject_id=task.pk).count() == 1


def test_open_task_for_oneself_notifies_nobody():
    seller = make_user()
    operations.open_task(owner_id=seller.pk, title="Call", by=seller, at=AT)
    assert not Notification.objects.exists()


def test_a_rule_opens_its_task_once_while_it_is_open():
    seller, about = make_user(), make_department()
    given: dict[str, Any] = {"owner_id": seller.pk, "title": "Ask", "origin": "intelligence.unknown", "subject": about}
    first = operations.open_task(**given, by=seller, at=AT)
    again = operations.open_task(**given, by=seller, at=AT)
    assert (first.pk, Task.objects.count(), Event.objects.filter(name="task.opened").count()) == (again.pk, 1, 1)
    operations.complete_task(task_id=first.pk, version=1, by=seller, at=AT)
    later = operations.open_task(**given, by=seller, at=AT)
    assert later.pk != first.pk


def test_open_tasks_answers_row_by_row_in_a_fixed_number_of_statements():
    seller = make_user()
    abouts = [make_department() for _each in range(20)]

    def open_for(subjects):
        rows = [NewTask(owner_id=seller.pk, title=s.name, origin="rule", subject=s) for s in subjects]
        with CaptureQueriesContext(connection) as run:
            tasks = operations.open_tasks(rows=[*rows, rows[0]], by=None, at=AT)
        assert [task.title for task in tasks] == [s.name for s in [*subjects, subjects[0]]]
        return len(run)

    few, many = open_for(abouts[:2]), open_for(abouts)
    assert (few, Task.objects.count()) == (many, 20)
    assert many <= 12


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_open_task_refuses_a_title_that_says_nothing_or_too_much(title):
    with pytest.raises(InvalidInput):
        operations.open_task(owner_id=make_user().pk, title=title, by=None, at=AT)


def test_open_task_refuses_an_owner_who_has_left():
    with pytest.raises(InvalidInput):
        operations.open_task(owner_id=make_user(is_active=False).pk, title="Call", by=None, at=AT)


def test_owner_opener_and_manager_may_close_a_task_a_stranger_does_not_see_it():
    department = make_department()
    top, boss = make_user(manages=make_department()), make_user(manages=department)
    owner, opener = make_user(department=department), make_user()
    for who in (owner, opener, boss):
        task = make_task(owner, created_by=opener)
        assert operations.complete_task(task_id=task.pk, version=1, result="ok", by=who, at=AT).done_at == AT
    for who in (top, make_user(roles=["executive"])):
        with pytest.raises(Task.DoesNotExist):
            operations.complete_task(task_id=make_task(owner).pk, version=1, by=who, at=AT)


def test_a_closed_task_stays_closed_and_an_old_version_is_refused():
    owner = make_user()
    task = make_task(owner)
    operations.complete_task(task_id=task.pk, version=1, by=owner, at=AT)
    with pytest.raises(DomainError) as caught:
        operations.drop_task(task_id=task.pk, version=2, reason="late", by=owner, at=AT)
    assert caught.value.code == "task-closed"
    with pytest.raises(Stale):
        operations.complete_task(task_id=task.pk, version=1, by=owner, at=AT)


def test_drop_task_wants_a_reason():
    owner = make_user()
    task = make_task(owner)
    with pytest.raises(InvalidInput):
        operations.drop_task(task_id=task.pk, version=1, reason=" ", by=owner, at=AT)
    assert operations.drop_task(task_id=task.pk, version=1, reason="lost", by=owner, at=AT).result == "lost"


def test_reassign_task_tells_the_new_owner_and_makes_no_twin():
    owner, other, about = make_user(), make_user(), make_department()
    tasks = [
        operations.open_task(owner_id=who.pk, title="Ask", origin="rule", subject=about, by=owner, at=AT)
        for who in (owner, other)
    ]
    with pytest.raises(DomainError) as caught:
        operations.reassign_task(task_id=tasks[0].pk, version=1, owner_id=other.pk, by=owner, at=AT)
    assert caught.value.code == "same-task"
    third = make_user()
    moved = operations.reassign_task(task_id=tasks[0].pk, version=1, owner_id=third.pk, by=owner, at=AT)
    assert (moved.owner_id, Notification.objects.filter(user=third).count()) == (third.pk, 1)


def test_reminders_come_once_for_each_due_day():
    owner = make_user()
    due, late = make_task(owner, due_on=TODAY), make_task(owner, due_on=TODAY - timedelta(days=3))
    tomorrow = make_task(owner, due_on=TODAY + timedelta(days=1))
    make_task(owner, due_on=TODAY, done_at=AT)
    make_task(owner)
    assert operations.remind_of_tasks(at=AT) == 2
    assert operations.remind_of_tasks(at=AT) == 0
    operations.reassign_task(
        task_id=due.pk, version=1, owner_id=owner.pk, due_on=TODAY + timedelta(days=2), by=owner, at=AT
    )
    assert operations.remind_of_tasks(at=AT + timedelta(days=1)) == 1
    assert operations.remind_of_tasks(at=AT + timedelta(days=2)) == 1
    reminded = Notification.objects.filter(kind="task.due").values_list("subject_id", flat=True)
    assert sorted(reminded) == sorted([due.pk, due.pk, late.pk, tomorrow.pk])


def test_open_tasks_of_a_person_by_day(django_assert_num_queries):
    owner = make_user()
    days = {name: make_task(owner, due_on=day) for name, day in (("late", TODAY - timedelta(days=1)), ("now", TODAY))}
    soon, undated = make_task(owner, due_on=TODAY + timedelta(days=3)), make_task(owner)
    make_task(owner, due_on=TODAY + timedelta(days=7))
    make_task(make_user(), due_on=TODAY)
    with django_assert_num_queries(1):
        tasks = queries.open_tasks_of(owner, on=TODAY, until=TODAY + timedelta(days=7))
    assert tasks == queries.TaskList([days["late"]], [days["now"]], [soon], [undated])


def test_notify_skips_people_who_left_and_mark_read_touches_ones_own():
    user, other, gone = make_user(), make_user(), make_user(is_active=False)
    rows = [Note(who.pk, "x.y", user, {"n": 1}) for who in (user, user, other, gone)]
    assert operations.notify(rows=rows, at=AT) == 3
    foreign = Notification.objects.get(user=other)
    assert operations.mark_read(notification_ids=[foreign.pk], by=user, at=AT) == 0
    assert operations.mark_read(notification_ids=None, by=user, at=AT) == 2
    assert Notification.objects.unread().get() == foreign


def test_handover_moves_open_tasks_and_drops_twins():
    old, new, about = make_user(), make_user(), make_department()
    for who in (old, new):
        operations.open_task(owner_id=who.pk, title="Ask", origin="rule", subject=about, by=who, at=AT)
    plain, done = make_task(old), make_task(old, done_at=AT)
    assert move_tasks(old=old, new=new, by=old, at=AT) == 1
    assert set(Task.objects.open().filter(owner=new).values_list("title", flat=True)) == {"Ask", plain.title}
    assert Task.objects.filter(owner=old, dropped_at=AT).exclude(pk=done.pk).count() == 1
    assert not Task.objects.open().filter(owner=old).exists()
