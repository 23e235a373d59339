"""Confirmed visits renew claims; work of any kind keeps an account from the pool."""

import io
from datetime import date, timedelta
from typing import Any

import pytest

from openpsm.activities import operations
from openpsm.activities.models import Activity
from openpsm.activities.operations import Told
from openpsm.activities.protecting import last_visits, sweep_registrations, worked_on
from openpsm.core.attachments import add_attachment
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import claim_account, return_unworked, sweep_protection
from tests.core.files import pdf, png
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_user
from tests.factories.registrations import make_seller, register_account, register_project

pytestmark = pytest.mark.django_db

LAST = date(2026, 12, 15)  # of a claim made at AT
LATER = AT + timedelta(days=20)
RENEWED = date(2027, 1, 4)  # 90 days after LATER


@pytest.fixture
def mine():
    return make_seller(name="Zhang")


@pytest.fixture
def boss(mine):
    return make_user(name="Chen", roles=("sales-manager",), manages=mine.department)


@pytest.fixture
def claim(mine):
    return register_account("宁夏远景化工有限公司", by=mine)


def until(claim: Registration) -> date | None:
    return Registration.objects.get(pk=claim.pk).protected_until


def visit(claim: Registration, *, met: bool = True, **fields: Any) -> Activity:
    contact = make_contact(account=claim.account, by=claim.owner)
    given: dict[str, Any] = {
        "kind": "visit",
        "done_on": LATER.date(),
        "result": "They want to see a trial",
        "next_step": "Bring samples",
    }
    given |= {"next_on": LATER.date() + timedelta(days=7), "also": Told(contact_ids=[contact.pk] if met else [])}
    root: dict[str, Any] = {"project_id": claim.project_id} if claim.project_id else {"account_id": claim.account_id}
    return operations.log_activity(by=claim.owner, at=LATER, **(root | given | fields))


def tick(activity: Activity, by) -> None:
    operations.confirm_activity(activity_id=activity.pk, by=by, at=LATER + timedelta(days=2))


def attach(activity: Activity, name: str, content: bytes) -> None:
    add_attachment(root=activity, name=name, content=io.BytesIO(content), by=activity.owner, at=LATER)


def test_visit_renews_once_somebody_else_has_ticked_it(claim, mine, boss, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = visit(claim)
    assert until(claim) == LAST
    with django_capture_on_commit_callbacks(execute=True):
        tick(made, boss)
    assert until(claim) == RENEWED  # counted from the visit, not from the tick


def test_visit_with_a_photo_renews(claim, django_capture_on_commit_callbacks):
    made = visit(claim)
    with django_capture_on_commit_callbacks(execute=True):
        attach(made, "notes.pdf", pdf())
    assert until(claim) == LAST
    with django_capture_on_commit_callbacks(execute=True):
        attach(made, "gate.png", png())
    assert until(claim) == RENEWED


@pytest.mark.parametrize("fields", [{"met": False}, {"kind": "call"}])
def test_photo_of_nobody_or_of_a_call_renews_nothing(claim, fields, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        attach(visit(claim, **fields), "gate.png", png())
    assert until(claim) == LAST


def test_visit_in_a_project_renews_the_customer_too(claim, mine, boss, django_capture_on_commit_callbacks):
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine)
    other = register_project("三期循环水泵", account_id=claim.account_id, by=mine)
    with django_capture_on_commit_callbacks(execute=True):
        tick(visit(made), boss)
    assert [until(one) for one in (claim, made, other)] == [RENEWED, RENEWED, LAST]


def test_visit_of_a_colleague_at_the_customer_counts(claim, mine, boss, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tick(visit(claim), boss)
        tick(visit(claim, done_on=LATER.date() - timedelta(days=3)), boss)
    assert until(claim) == RENEWED  # an earlier visit shortens nothing


def test_sweep_knows_confirmed_visits_that_nobody_told_it_of(claim, boss):
    tick(visit(claim), boss)
    at = AT + timedelta(days=90)
    assert sweep_protection(at=at, visits=last_visits).renewed == 1
    assert until(claim) == RENEWED


def test_work_since_the_claim_keeps_it(mine):
    free = [make_account(is_in_pool=True) for _ in range(3)]
    claims = [claim_account(account_id=one.pk, by=mine, at=AT) for one in free]
    visit(claims[0], kind="call", met=False)
    purpose = "Show the test report"
    operations.plan_activity(account_id=free[1].pk, planned_on=LATER.date(), purpose=purpose, by=mine, at=AT)
    assert worked_on(claims) == {claims[0].pk}
    assert return_unworked(at=AT + timedelta(days=30), worked=worked_on) == 2
    assert until(claims[0]) == LAST


def test_job_says_what_it_did(claim):
    found = sweep_registrations.func()
    assert set(found) == {"renewed", "warned", "expired", "returned"}
