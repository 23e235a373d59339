"""How long a claim protects: renewed by progress, warned of once, ended where nothing came of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from openpsm.accounts.models import Account, AccountMember
from openpsm.accounts.operations import NewVolume, record_volumes
from openpsm.activities.protecting import last_visits
from openpsm.core import parameters
from openpsm.core.events import Event
from openpsm.org.models import Notification, Task
from openpsm.projects.models import Project
from openpsm.projects.operations import advance_stage, change_owner, drop
from openpsm.registrations.matching import Claim, key_of
from openpsm.registrations.models import PoolStay, Registration
from openpsm.registrations.operations import protection, renew_claims, request_arbitration, sweep_protection
from openpsm.registrations.operations.protection import Swept
from tests.factories import AT
from tests.factories.org import make_user
from tests.factories.projects import confirm, make_process
from tests.factories.registrations import make_seller, register_account, register_project

pytestmark = pytest.mark.django_db

LAST = date(2026, 12, 15)


@pytest.fixture
def mine():
    return make_seller(name="Zhang")


@pytest.fixture
def claim(mine):
    return register_account("宁夏远景化工有限公司", by=mine)


def on(day: date) -> datetime:
    return AT + (day - AT.date())


def sweep(day: date) -> Swept:
    return sweep_protection(at=on(day), visits=last_visits)


def found(claim: Registration) -> Registration:
    row: Registration = Registration.objects.select_related("account").get(pk=claim.pk)
    return row


def until(claim: Registration) -> date:
    last = found(claim).protected_until
    assert last is not None
    return last


def names(event: str) -> int:
    return Event.objects.filter(name=event).count()


# --- renewal


def test_progress_renews_from_its_own_day(claim, mine):
    renewed = renew_claims(
        why="visit", on=date(2026, 11, 2), at=on(date(2026, 11, 20)), by=mine, account_ids=[1, claim.account_id]
    )
    assert (renewed, found(claim).protected_until) == (1, date(2027, 1, 29))  # the 31st is a Sunday
    event = Event.objects.get(name="registration.renewed")
    assert (event.data["why"], event.data["on"], event.data["until"]) == ("visit", "2026-11-02", "2027-01-29")
    assert (event.root_type, event.root_id, event.by_id) == ("accounts.account", claim.account_id, mine.pk)


def test_progress_of_old_days_shortens_nothing(claim, mine):
    old = {"why": "visit", "on": AT.date() - timedelta(days=5), "at": AT, "by": mine}
    assert renew_claims(**old, account_ids=[claim.account_id]) == 0
    assert (found(claim).protected_until, found(claim).version, names("registration.renewed")) == (
        LAST,
        claim.version,
        0,
    )


def test_ended_claim_is_not_renewed(claim, mine):
    Registration.objects.update(status="expired")
    assert renew_claims(why="gate", on=LAST, at=on(LAST), by=mine, account_ids=[claim.account_id]) == 0


def test_gate_renews_the_claims_on_project_and_customer(claim, mine, django_capture_on_commit_callbacks):
    process = make_process()
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine, process_version_id=process.version_id)
    day = on(date(2026, 10, 20))
    confirm(Project.objects.get(pk=made.project_id or 0), "one", "two", at=day)
    with django_capture_on_commit_callbacks(execute=True):
        advance_stage(project_id=made.project_id or 0, by=mine, at=day)
    assert {found(one).protected_until for one in (claim, made)} == {date(2027, 1, 18)}
    assert names("registration.renewed") == 2


def test_claim_on_a_project_follows_its_owner(claim, mine, django_capture_on_commit_callbacks):
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine)
    colleague = make_seller(department=mine.department)
    boss = make_user(roles=("sales-manager",), manages=mine.department)
    with django_capture_on_commit_callbacks(execute=True):
        change_owner(
            project_id=made.project_id or 0, owner_id=colleague.pk, reason="Nearer to the site", by=boss, at=AT
        )
    assert (found(made).owner_id, found(claim).owner_id) == (colleague.pk, mine.pk)


# --- warning


def test_owner_is_warned_once_seven_days_before(claim, mine):
    assert sweep(LAST - timedelta(days=8)) == Swept()
    assert sweep(LAST - timedelta(days=7)) == Swept(warned=1)
    assert sweep(LAST - timedelta(days=7)) == Swept()
    assert sweep(LAST) == Swept()
    task = Task.objects.get()
    assert (task.owner, task.due_on, task.origin, task.subject_id) == (mine, LAST, "registration.ending", claim.pk)
    assert (Notification.objects.filter(user=mine).count(), names("registration.warned")) == (1, 1)


def test_each_period_has_its_own_warning(claim, mine):
    sweep(LAST - timedelta(days=3))
    renew_claims(why="visit", on=LAST, at=on(LAST), by=mine, account_ids=[claim.account_id])
    assert Task.objects.get().done_at == on(LAST)
    again = until(claim)
    assert sweep(again - timedelta(days=7)) == Swept(warned=1)
    assert Task.objects.filter(done_at=None).count() == 1


def test_days_before_the_warning_are_a_parameter(claim):
    parameters.set_parameter(key="registration.warning_days", value=14, by=None, at=AT)
    assert sweep(LAST - timedelta(days=14)) == Swept(warned=1)


# --- the end


def test_unused_account_goes_back_to_the_pool_with_its_reason(claim, mine):
    sweep(LAST)
    assert sweep(LAST + timedelta(days=1)) == Swept(expired=1)
    account = Account.objects.get()
    assert (account.owner_id, account.department_id, account.pooled_at) == (None, None, on(LAST + timedelta(days=1)))
    assert not AccountMember.objects.exists()
    stay = PoolStay.objects.get()
    assert (stay.why, stay.former_owner, stay.reason, stay.left_at) == (
        "expired",
        mine,
        "No progress while it was protected.",
        None,
    )
    assert (found(claim).status, found(claim).reason) == ("expired", stay.reason)
    event = Event.objects.get(name="registration.expired")
    assert (event.root_id, event.data["pooled"], event.data["owner"]) == (account.pk, True, mine.pk)
    assert set(Notification.objects.values_list("kind", flat=True)) == {"task.opened", "registration.expired"}
    assert Task.objects.get().done_at is not None


def test_second_sweep_finds_nothing_to_do(claim):
    sweep(LAST)
    sweep(LAST + timedelta(days=1))
    before = (Event.objects.count(), Account.objects.get().version, PoolStay.objects.count())
    assert sweep(LAST + timedelta(days=2)) == Swept()
    assert (Event.objects.count(), Account.objects.get().version, PoolStay.objects.count()) == before


def test_nobody_loses_an_account_unwarned(claim):
    """The job stood still for months: the owner gets the days of the warning first."""
    late = date(2027, 3, 1)
    assert sweep(late) == Swept(warned=1)
    assert (found(claim).status, found(claim).protected_until) == ("live", date(2027, 3, 8))
    assert sweep(date(2027, 3, 8)) == Swept()
    assert sweep(date(2027, 3, 9)) == Swept(expired=1)


def test_days_of_grace_do_not_end_before_they_began(claim):
    """Eight days of holidays follow: the working day before is no help."""
    parameters.set_parameter(key="registration.warning_days", value=2, by=None, at=AT)
    eve = date(2027, 10, 1)
    sweep(eve)
    assert until(claim) > eve


def test_progress_that_nobody_heard_of_saves_the_claim(claim, mine):
    """The handler did not run: the sweep asks for itself."""
    process = make_process()
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine, process_version_id=process.version_id)
    day = on(date(2026, 10, 20))
    confirm(Project.objects.get(pk=made.project_id or 0), "one", "two", at=day)
    advance_stage(project_id=made.project_id or 0, by=mine, at=day)
    assert found(claim).protected_until == LAST
    assert sweep(LAST) == Swept(renewed=2)
    assert {found(one).protected_until for one in (claim, made)} == {date(2027, 1, 18)}


def test_project_claim_ends_and_the_project_stays(claim, mine):
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine)
    renew_claims(why="visit", on=LAST, at=on(LAST), by=mine, account_ids=[claim.account_id])
    sweep(LAST)
    assert sweep(LAST + timedelta(days=1)) == Swept(expired=1)
    made = Registration.objects.select_related("project").get(pk=made.pk)
    assert (made.status, made.project.owner_id, found(claim).status) == ("expired", mine.pk, "live")
    assert not PoolStay.objects.exists()


def test_claim_on_a_dropped_project_ends_without_a_warning(claim, mine):
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine)
    drop(project_id=made.project_id or 0, reason="too_small", reason_text="They need two barrels", by=mine, at=AT)
    Registration.objects.filter(pk=claim.pk).update(status="superseded")
    assert sweep(LAST) == Swept()
    assert sweep(LAST + timedelta(days=1)) == Swept(expired=1)
    assert not Task.objects.exists()


def test_customer_who_buys_is_never_given_away(claim, mine):
    boss = make_user(roles=("executive",), department=mine.department)
    row = NewVolume(account_id=claim.account_id, month=date(2026, 8, 1), quantity=Decimal(3), unit="t")
    record_volumes(rows=[row], by=boss, at=AT)
    assert sweep(LAST) == Swept(renewed=1)
    assert (found(claim).status, found(claim).protected_until) == ("live", date(2027, 3, 15))
    assert Event.objects.get(name="registration.renewed").data["why"] == "trade"


def test_won_project_keeps_its_customer(claim, mine):
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine)
    Project.objects.filter(pk=made.project_id or 0).update(outcome="won", outcome_at=AT)
    assert sweep(LAST) == Swept(renewed=2)


def test_contested_claim_waits_for_the_decision(claim, mine):
    make_user(roles=("sales-manager",), manages=mine.department)
    rival = make_seller(department=mine.department)
    name, hit = Claim("宁夏远景化工有限公司"), key_of("account", claim.account_id)
    request_arbitration(account=name, hit=hit, evidence="We were first", by=rival, at=AT)
    assert sweep(LAST + timedelta(days=30)) == Swept()
    assert found(claim).status == "live"


def test_customer_that_somebody_else_owns_by_now_stays(claim):
    other = make_seller()
    Account.objects.update(owner=other)
    sweep(LAST)
    sweep(LAST + timedelta(days=1))
    assert (found(claim).status, Account.objects.get().owner_id) == ("expired", other.pk)
    assert not PoolStay.objects.exists()


def test_many_claims_end_in_short_batches(mine, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(protection, "BATCH", 4)
    claims = [register_account(by=mine) for _ in range(10)]
    with django_assert_max_num_queries(120):
        assert sweep(LAST) == Swept(warned=10)
    assert sweep(LAST + timedelta(days=1)) == Swept(expired=10)
    assert PoolStay.objects.filter(account__in=[one.account_id for one in claims]).count() == 10
    assert names("registration.expired") == 10


@pytest.mark.parametrize("number", [1, 9])
def test_batch_asks_a_fixed_number_of_questions(number, mine, django_assert_max_num_queries):
    """26 on SQLite; PostgreSQL locks rows besides."""
    for _ in range(number):
        register_account(by=mine)
    sweep(LAST)
    with django_assert_max_num_queries(28):
        sweep(LAST + timedelta(days=1))
