"""Approvals: levels, all and any, one more reviewer, substitutes, reminders, void, withdrawn, never one's own."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from openpsm.core import links
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import Event
from openpsm.org import operations, queries, rules
from openpsm.org.models import Absence, Approval, ApprovalSeat, Notification
from openpsm.org.operations import ApprovalVoid, NewStep
from tests.factories import AT
from tests.factories.approvals import CLOSED, LOOKS, PARTIES, ask, decide, forget, make_absence
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _anew():
    forget()


@pytest.fixture
def thing():
    return make_department("The thing")


@pytest.fixture
def seller():
    return make_user("seller", name="张磊", department=make_department("Sales"))


@pytest.fixture
def boss():
    return make_user("boss", name="王经理", roles=("sales-manager",))


def names(name: str) -> int:
    return Event.objects.filter(name=name).count()


def told(user) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


# --- the verdict of a step


@pytest.mark.parametrize(
    ("needs", "decisions", "verdict"),
    [
        ("all", ["approve", ""], ""),
        ("all", ["approve", "approve"], "approve"),
        ("all", ["approve", "reject", ""], "reject"),
        ("any", ["", ""], ""),
        ("any", ["approve", ""], "approve"),
        ("any", ["reject", ""], "reject"),
        ("all", [], ""),
    ],
)
def test_verdict_of_a_step(needs, decisions, verdict):
    assert rules.verdict_of(needs, decisions) == verdict


# --- asking and deciding


def test_one_yes_approves_and_what_follows_happens_at_once(seller, boss, thing):
    approval = ask(seller, [boss], about=thing, detail="Because")
    assert (approval.state, told(boss), told(seller)) == ("waiting", ["approval.requested"], [])
    closed = decide(approval, boss, comment="Good")
    assert (closed.state, closed.closed_at, closed.version) == ("approved", AT, 2)
    seat = ApprovalSeat.objects.get()
    assert (seat.decision, seat.decided_by, seat.decided_at, seat.comment) == ("approve", boss, AT, "Good")
    assert (CLOSED, told(seller)) == ([("test.plain", "approved")], ["approval.closed"])
    assert (names("approval.requested"), names("approval.decided")) == (1, 1)


def test_a_no_needs_its_reason_and_rejects(seller, boss, thing):
    approval = ask(seller, [boss], about=thing)
    with pytest.raises(InvalidInput) as caught:
        decide(approval, boss, "reject", comment="  ")
    assert list(caught.value.errors) == ["comment"]
    assert decide(approval, boss, "reject").state == "rejected"
    assert CLOSED == [("test.plain", "rejected")]


def test_steps_follow_each_other_and_each_reviewer_hears_of_it_in_turn(seller, boss, thing):
    second, third = make_user(), make_user()
    approval = ask(seller, [boss, second], [third], about=thing)
    assert (told(second), told(third)) == (["approval.requested"], [])
    with pytest.raises(NotAllowed):
        decide(approval, third)
    assert decide(approval, boss).step == 1
    with pytest.raises(NotAllowed):
        decide(approval, boss)  # a second word of the same person
    assert (decide(approval, second).step, told(third)) == (2, ["approval.requested"])
    assert decide(approval, third).state == "approved"


def test_in_a_step_of_any_the_first_word_counts(seller, boss, thing):
    other = make_user()
    approval = ask(seller, NewStep((boss.pk, other.pk), "any"), about=thing)
    assert decide(approval, other).state == "approved"
    with pytest.raises(DomainError) as caught:
        decide(approval, boss)
    assert caught.value.code == "approval-closed"


def test_nobody_decides_in_their_own_case(seller, boss, thing):
    with pytest.raises(InvalidInput):
        ask(seller, [boss, seller], about=thing)
    approval = ask(seller, [boss], about=thing)
    with pytest.raises(NotAllowed):
        decide(approval, seller)
    make_absence(boss, seller)  # the asker stands in for the reviewer
    with pytest.raises(NotAllowed):
        decide(approval, seller)
    with pytest.raises(InvalidInput):
        operations.add_reviewer(approval_id=approval.pk, version=None, user_id=seller.pk, by=boss, at=AT)
    assert not Approval.objects.waiting_for(seller, AT.date()).exists()
    assert ApprovalSeat.objects.get().decision == ""


def test_a_party_decides_neither_directly_nor_for_somebody(seller, boss, thing):
    party = make_user()
    PARTIES.add(party.pk)
    with pytest.raises(InvalidInput):
        ask(seller, [party], about=thing, kind="test.watched")
    approval = ask(seller, [boss], about=thing, kind="test.watched")
    make_absence(boss, party)
    with pytest.raises(NotAllowed):
        decide(approval, party)
    PARTIES.add(boss.pk)  # became one after being asked
    with pytest.raises(NotAllowed):
        decide(approval, boss)


def test_a_step_needs_active_reviewers(seller, thing):
    gone = make_user(is_active=False)
    wrong: list[list[list[Any]]] = [[], [[]], [[gone]]]
    for steps in wrong:
        with pytest.raises(InvalidInput):
            ask(seller, *steps, about=thing)
    assert not Approval.objects.exists()


def test_a_record_waits_for_one_approval_of_a_kind(seller, boss, thing):
    ask(seller, [boss], about=thing)
    with pytest.raises(DomainError) as caught:
        ask(seller, [boss], about=thing)
    assert (caught.value.code, Approval.objects.count(), names("approval.requested")) == ("approval-waiting", 1, 1)
    ask(seller, [boss], about=thing, kind="test.watched")


def test_the_version_seen_counts(seller, boss, thing):
    other = make_user()
    approval = ask(seller, [boss, other], about=thing)
    decide(approval, other, version=1)
    with pytest.raises(Stale):
        decide(approval, boss, version=1)
    assert decide(approval, boss, version=2).state == "approved"


def test_strangers_find_nothing(seller, boss, thing):
    approval = ask(seller, [boss], about=thing)
    with pytest.raises(Approval.DoesNotExist):
        decide(approval, make_user(roles=("executive",)))


def test_what_needs_a_form_is_not_decided_by_a_word(seller, boss, thing):
    approval = ask(seller, [boss], about=thing, kind="test.formed")
    with pytest.raises(DomainError) as caught:
        decide(approval, boss)
    assert caught.value.code == "approval-form"
    seen = []
    assert decide(approval, boss, rest=lambda one: seen.append(one.pk)).state == "approved"
    assert seen == [approval.pk]


def test_a_yes_and_what_follows_stand_or_fall_together(seller, boss, thing, monkeypatch):
    approval = ask(seller, [boss], about=thing)

    def broken(_approval):
        raise DomainError("Not today", code="broken")

    with pytest.raises(DomainError):
        decide(approval, boss, rest=broken)
    assert (Approval.objects.get().state, ApprovalSeat.objects.get().decision) == ("waiting", "")
    assert names("approval.decided") == 0


# --- one more reviewer


def test_a_reviewer_asks_one_more_who_then_decides_too(seller, boss, thing):
    expert, stranger = make_user(), make_user()
    approval = ask(seller, [boss], about=thing)
    call: dict[str, Any] = {"approval_id": approval.pk, "version": None, "user_id": expert.pk, "at": AT}
    with pytest.raises(Approval.DoesNotExist):
        operations.add_reviewer(**call, by=stranger)
    with pytest.raises(NotAllowed):
        operations.add_reviewer(**call, by=seller)
    operations.add_reviewer(**call, by=boss)
    with pytest.raises(InvalidInput):
        operations.add_reviewer(**call, by=boss)
    assert (told(expert), names("approval.reviewer_added")) == (["approval.requested"], 1)
    assert decide(approval, boss).state == "waiting"
    assert decide(approval, expert).state == "approved"
    assert ApprovalSeat.objects.get(reviewer=expert).added_by == boss


# --- away


def test_a_substitute_decides_for_the_absent_one_within_the_days(seller, boss, thing):
    deputy = make_user("deputy", name="李代")
    approval = ask(seller, [boss], about=thing)
    make_absence(boss, deputy, days=3)
    assert list(Approval.objects.waiting_for(deputy, AT.date())) == [approval]
    assert not Approval.objects.waiting_for(deputy, AT.date() + 3 * DAY).exists()
    with pytest.raises(NotAllowed):
        decide(approval, deputy, at=AT + 3 * DAY)
    decide(approval, deputy)
    seat = ApprovalSeat.objects.get()
    assert (seat.reviewer, seat.decided_by) == (boss, deputy)
    data = Event.objects.get(name="approval.decided").data
    assert (data["for"], data["decision"]) == (boss.pk, "approve")


def test_substitutes_are_told_of_what_is_asked(seller, boss, thing):
    deputy = make_user()
    make_absence(boss, deputy)
    ask(seller, [boss], about=thing)
    assert told(deputy) == ["absence.set", "approval.requested"]


def test_absence_has_days_and_another_person(boss):
    other, gone = make_user(), make_user(is_active=False)
    on = AT.date()
    for wrong in (
        {"back_on": on},
        {"from_on": on - 9 * DAY, "back_on": on - DAY},
        {"back_on": on + 400 * DAY},
        {"substitute_id": boss.pk},
        {"substitute_id": gone.pk},
    ):
        call: dict[str, Any] = {"substitute_id": other.pk, "from_on": on, "back_on": on + DAY, "version": None} | wrong
        with pytest.raises(InvalidInput):
            operations.set_absence(**call, by=boss, at=AT)
    assert not Absence.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(user=boss, substitute=boss, from_on=on, back_on=on + DAY)


def test_absence_is_changed_ended_and_forgotten(boss):
    one, other = make_user(), make_user()
    absence = make_absence(boss, one)
    call: dict[str, Any] = {"from_on": AT.date(), "back_on": AT.date() + 2 * DAY, "by": boss, "at": AT}
    with pytest.raises(Stale):
        operations.set_absence(substitute_id=other.pk, version=7, **call)
    changed = operations.set_absence(substitute_id=other.pk, version=absence.version, **call)
    assert (Absence.objects.get(), changed.substitute, names("absence.set")) == (absence, other, 2)
    assert operations.end_past_absences(at=AT) == 0
    assert (operations.end_past_absences(at=AT + 2 * DAY), names("absence.ended")) == (1, 1)
    with pytest.raises(Absence.DoesNotExist):
        operations.end_absence(version=None, by=boss, at=AT)
    operations.end_absence(version=make_absence(boss, one).version, by=boss, at=AT)
    assert not Absence.objects.exists()


# --- ends without a decision


def test_the_asker_withdraws_and_nobody_else(seller, boss, thing):
    approval = ask(seller, [boss], about=thing)
    call: dict[str, Any] = {"approval_id": approval.pk, "version": 1, "at": AT}
    with pytest.raises(NotAllowed):
        operations.withdraw_approval(**call, by=boss)
    operations.withdraw_approval(**call, by=seller, reason="Solved")
    approval.refresh_from_db()
    assert (approval.state, approval.reason, CLOSED) == ("withdrawn", "Solved", [("test.plain", "withdrawn")])
    assert (told(boss), names("approval.withdrawn")) == (["approval.requested", "approval.closed"], 1)


def test_a_change_voids_what_was_asked_about_it_and_everybody_is_told(seller, boss, thing):
    ask(seller, [boss], about=thing, fingerprint="100", kind="test.watched")
    call: dict[str, Any] = {"subject": thing, "reason": "The price changed", "by": seller, "at": AT}
    assert operations.void_approvals(**call, fingerprint="100") == 0
    assert operations.void_approvals(**call, fingerprint="99") == 1
    approval = Approval.objects.get()
    assert (approval.state, approval.reason, names("approval.voided")) == ("void", "The price changed", 1)
    assert (told(seller)[-1], told(boss)[-1]) == ("approval.closed", "approval.closed")
    assert CLOSED == [("test.watched", "void")]


def test_a_change_that_nobody_reported_voids_at_the_decision(seller, boss, thing):
    LOOKS[thing.pk] = "99"
    approval = ask(seller, [boss], about=thing, fingerprint="100", kind="test.watched")
    with pytest.raises(ApprovalVoid):
        decide(approval, boss)
    approval.refresh_from_db()
    assert (approval.state, ApprovalSeat.objects.get().decision) == ("void", "")
    assert (names("approval.voided"), names("approval.decided")) == (1, 0)


# --- reminders, leavers


def test_reviewers_are_reminded_after_the_days_set_and_again(seller, boss, thing):
    ask(seller, [boss], about=thing)
    assert operations.remind_of_approvals(at=AT + timedelta(hours=47)) == 0
    assert operations.remind_of_approvals(at=AT + 2 * DAY) == 1
    assert operations.remind_of_approvals(at=AT + 3 * DAY) == 0
    assert operations.remind_of_approvals(at=AT + 4 * DAY) == 1
    assert (told(boss), names("approval.reminded")) == (["approval.requested", *["approval.reminded"] * 2], 2)


def test_seats_of_a_leaver_go_to_the_nearest_manager_above_who_may_decide(thing):
    company = make_department("Company")
    north = make_department("North", parent=company)
    chief = make_user("chief", roles=("executive",), manages=company)
    lead = make_user("lead", roles=("sales-manager",), manages=north)
    reviewer, asker = make_user(department=north), lead  # the nearest one asks and cannot decide
    admin = make_user(roles=("administrator",))
    approval = ask(asker, [reviewer], about=thing)
    make_absence(chief, reviewer)
    operations.deactivate_user(user_id=reviewer.pk, version=None, by=admin, at=AT)
    assert ApprovalSeat.objects.get().reviewer == chief
    assert (names("approval.passed_on"), names("absence.ended")) == (1, 1)
    assert decide(approval, chief).state == "approved"


def test_where_nobody_can_take_the_seat_the_asker_is_told(seller, thing):
    reviewer, admin = make_user(), make_user(roles=("administrator",))
    ask(seller, [reviewer], about=thing)
    operations.deactivate_user(user_id=reviewer.pk, version=None, by=admin, at=AT)
    assert (told(seller), ApprovalSeat.objects.get().reviewer) == (["approval.stuck"], reviewer)


def test_a_handover_moves_open_seats_but_not_into_ones_own_case(seller, boss, thing):
    link = next(one for one in links.declared("org.user") if (one.model, one.field) == ("org.approvalseat", "reviewer"))
    assert link.move is not None
    assert link.listing is not None
    other = make_user()
    ask(seller, [boss], about=thing)
    assert link.listing(boss).count() == 1
    with transaction.atomic():
        assert link.move(old=boss, new=seller, by=boss, at=AT) == 0
        assert link.move(old=boss, new=other, by=boss, at=AT, project_ids=[1]) == 0
        assert link.move(old=boss, new=other, by=boss, at=AT) == 1
    assert ApprovalSeat.objects.get().reviewer == other


# --- who sees it


def test_seen_by_asker_reviewers_substitutes_and_managers_above(thing):
    place = make_department()
    seller, above = make_user(department=place), make_user(roles=("sales-manager",), manages=place)
    boss, deputy, chief = make_user(), make_user(), make_user(roles=("executive",))
    approval = ask(seller, [boss], about=thing)
    make_absence(boss, deputy)
    seen = [user for user in (seller, above, boss, deputy, chief) if approval in Approval.objects.visible_to(user)]
    assert seen == [seller, above, boss, deputy]
    decide(approval, boss)
    assert approval not in Approval.objects.visible_to(deputy)


def test_steps_and_whose_turn_it_is(seller, boss, thing):
    other = make_user()
    approval = ask(seller, [boss], [other], about=thing)
    first, second = queries.steps_of(approval)
    assert ([first.is_here, second.is_here], [s.reviewer for s in second.seats]) == ([True, False], [other])
    assert [queries.may_decide(approval, user, at=AT) for user in (seller, boss, other)] == [False, True, False]
    assert queries.approvals_waiting_for(boss, on=AT.date()) == [approval]
