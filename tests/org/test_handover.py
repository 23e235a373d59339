"""Handover: everything moves at once, nothing stays behind, the receiver confirms thing by thing."""

from typing import Any

import pytest

from openpsm.accounts.models import Account
from openpsm.core import links
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.models import Event
from openpsm.org import operations
from openpsm.org.models import Handover, HandoverItem, Task, User
from openpsm.org.operations import HandoverIncomplete
from openpsm.org.operations.handover import belongings
from openpsm.projects.models import Project
from tests.factories import AT
from tests.factories.activities import plan_activity
from tests.factories.buying import make_intelligence, make_label, make_stakeholder
from tests.factories.org import make_department, make_task, make_user
from tests.factories.projects import make_process
from tests.factories.registrations import registered_account, registered_project

pytestmark = pytest.mark.django_db
KINDS = {
    "accounts.account.owner",
    "activities.activity.owner",
    "buying.intelligenceitem.author",
    "buying.supporterlabel.author",
    "org.task.owner",
    "projects.project.owner",
    "registrations.registration.owner",
}


@pytest.fixture
def sales():
    return make_department("Sales")


@pytest.fixture
def giver(sales):
    user = make_user("giver", name="张磊", department=sales)
    make_process()
    account = registered_account("Harbour Mill", by=user)
    project = registered_project("Gear oil", account=account, by=user)
    plan_activity(project, by=user)
    make_label(make_stakeholder(project, by=user, power_class=4), by=user)
    make_intelligence(project, by=user)
    make_task(user)
    return user


@pytest.fixture
def receiver(sales):
    return make_user("receiver", name="李静", department=sales)


@pytest.fixture
def boss(sales):
    return make_user("boss", name="王经理", roles=("sales-manager",), manages=sales)


@pytest.fixture
def admin():
    return make_user("admin", roles=("administrator",))


def give(giver: User, receiver: User, by: User, **given: Any) -> Handover:
    given = {"reason": "leaving", **given}
    return operations.hand_over(giver_id=giver.pk, receiver_id=receiver.pk, by=by, at=AT, **given)


def test_handover_leaves_nothing_behind_that_moves(giver, receiver, boss):
    before = {one.kind: len(one.rows) for one in belongings(giver)}
    record = give(giver, receiver, boss)
    assert (KINDS - set(before), belongings(giver)) == (set(), [])
    kept = HandoverItem.objects.filter(handover=record, receiver=receiver)
    assert {kind: kept.filter(kind=kind).count() for kind in before} == before
    assert [Project.objects.get().owner, Account.objects.get().owner] == [receiver, receiver]


def test_handover_walks_links_declared_later(giver, receiver, boss, monkeypatch):
    given: list[int] = []

    def move(*, old: User, new: User, **_rest: Any) -> int:
        given.append(new.pk)
        return 1

    def listing(user: User) -> Any:
        return User.objects.none() if given else User.objects.filter(pk=user.pk)

    monkeypatch.setattr(links, "_links", dict(links._links))
    links.declare("org.user", "mentor", target="org.user", label="mentors", move=move, listing=listing)
    record = give(giver, receiver, boss)
    assert (given, record.items.filter(kind="org.user.mentor").count()) == ([receiver.pk], 1)


def test_handover_that_would_leave_something_behind_writes_nothing(giver, receiver, boss, monkeypatch):
    monkeypatch.setattr(links, "_links", dict(links._links))
    links.declare(
        "org.user",
        "mentor",
        target="org.user",
        label="mentors",
        move=lambda **_given: 0,
        listing=lambda user: User.objects.filter(pk=user.pk),
    )
    seen = Event.objects.count()
    with pytest.raises(HandoverIncomplete) as caught:
        give(giver, receiver, boss)
    assert caught.value.left == {"mentors": 1}
    assert (Handover.objects.count(), Event.objects.count(), Project.objects.get().owner) == (0, seen, giver)


def test_every_thing_that_moves_leaves_one_event_and_history_keeps_who_did_what(giver, receiver, boss):
    before = {one.kind: {row.pk for row in one.rows} for one in belongings(giver)}
    start = Event.objects.count()
    give(giver, receiver, boss)
    new = Event.objects.order_by("seq")[start:]
    told = {(event.subject_type, event.subject_id) for event in new if event.by_id == boss.pk}
    wanted = {(kind.rpartition(".")[0], pk) for kind, pks in before.items() for pk in pks}
    assert wanted - told == set()
    assert {event.by_id for event in Event.objects.order_by("seq")[:start] if event.name == "project.created"} <= {
        giver.pk
    }


def test_kinds_may_go_to_somebody_else(giver, receiver, boss, sales):
    other = make_user("other", department=sales)
    give(giver, receiver, boss, receivers={"org.task.owner": other.pk})
    assert (Task.objects.get(title="Call them").owner, Project.objects.get().owner) == (other, receiver)
    assert Task.objects.filter(origin="handover.confirm").count() == 2


def test_handover_and_leaving_in_one_step(giver, receiver, admin):
    give(giver, receiver, admin, deactivate=True)
    giver.refresh_from_db()
    assert (giver.is_active, belongings(giver)) == (False, [])


def test_manager_without_users_to_administer_does_not_deactivate_by_it(giver, receiver, boss):
    with pytest.raises(NotAllowed):
        give(giver, receiver, boss, deactivate=True)
    assert (Handover.objects.count(), Project.objects.get().owner) == (0, giver)


@pytest.mark.parametrize("who", ["giver", "receiver", "stranger", "elsewhere"])
def test_only_managers_above_and_administrators_hand_over(giver, receiver, who):
    people = {"giver": giver, "receiver": receiver}
    by = people.get(who) or make_user(who, roles=("sales-manager",), manages=make_department(who))
    with pytest.raises(NotAllowed):
        give(giver, receiver, by)
    assert Handover.objects.count() == 0


@pytest.mark.parametrize("fault", ["self", "inactive", "no role", "no department", "reason"])
def test_handover_refuses(giver, receiver, boss, sales, fault):
    given = {"reason": "bored"} if fault == "reason" else {}
    to = {
        "self": giver,
        "inactive": make_user("gone", department=sales, is_active=False),
        "no role": make_user("clerk", roles=(), department=sales),
        "no department": make_user("loose"),
        "reason": receiver,
    }[fault]
    with pytest.raises(InvalidInput):
        give(giver, to, boss, **given)
    with pytest.raises(InvalidInput):
        give(giver, receiver, boss, **{"receivers": {"org.task.owner": to.pk}, **given})
    assert (Handover.objects.count(), Project.objects.get().owner) == (0, giver)


def test_receiver_confirms_thing_by_thing_and_the_last_one_closes_it(giver, receiver, boss):
    record = give(giver, receiver, boss)
    first, *rest = record.items.order_by("pk")
    assert operations.confirm_items(handover_id=record.pk, item_ids=[first.pk], by=receiver, at=AT) == 1
    assert Handover.objects.get().done_at is None
    assert operations.confirm_items(handover_id=record.pk, item_ids=None, by=receiver, at=AT) == len(rest)
    record.refresh_from_db()
    assert (record.done_at, Task.objects.open().filter(origin="handover.confirm").count()) == (AT, 0)


def test_contested_thing_keeps_the_handover_open_until_confirmed(giver, receiver, boss):
    record = give(giver, receiver, boss)
    item = record.items.earliest("pk")
    contested = operations.contest_item(item_id=item.pk, remark="The file is missing.", by=receiver, at=AT)
    assert (contested.contested_at, contested.remark) == (AT, "The file is missing.")
    operations.confirm_items(
        handover_id=record.pk,
        item_ids=list(record.items.exclude(pk=item.pk).values_list("pk", flat=True)),
        by=receiver,
        at=AT,
    )
    record.refresh_from_db()
    assert record.done_at is None
    operations.confirm_items(handover_id=record.pk, item_ids=[item.pk], by=receiver, at=AT)
    record.refresh_from_db()
    with pytest.raises(DomainError):
        operations.contest_item(item_id=item.pk, remark="Late", by=receiver, at=AT)
    assert record.done_at == AT


def test_nobody_confirms_or_contests_for_the_receiver(giver, receiver, boss, sales):
    record = give(giver, receiver, boss)
    item = record.items.earliest("pk")
    assert operations.confirm_items(handover_id=record.pk, item_ids=[item.pk], by=boss, at=AT) == 0
    with pytest.raises(NotAllowed):
        operations.contest_item(item_id=item.pk, remark="No", by=boss, at=AT)
    with pytest.raises(HandoverItem.DoesNotExist):
        operations.contest_item(item_id=item.pk, remark="No", by=make_user("stranger", department=sales), at=AT)
    with pytest.raises(InvalidInput):
        operations.contest_item(item_id=item.pk, remark=" ", by=receiver, at=AT)


def test_who_sees_a_handover(giver, receiver, boss, sales):
    record = give(giver, receiver, boss)
    people = [giver, receiver, boss, make_user("stranger", department=sales)]
    assert [Handover.objects.visible_to(one).filter(pk=record.pk).exists() for one in people] == [
        True,
        True,
        True,
        False,
    ]
