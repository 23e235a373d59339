"""Arbitration: two claims on one thing, decided by the manager above both. AS-06 with the document's times."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openpsm.accounts.models import Account
from openpsm.accounts.operations import NewAccount, set_account_owner
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.models import Event
from openpsm.org import operations as org
from openpsm.org.models import Approval, Notification, User
from openpsm.org.operations import ApprovalVoid
from openpsm.projects.models import Project
from openpsm.registrations import matching, queries
from openpsm.registrations.matching import Claim, ProjectClaim
from openpsm.registrations.models import Arbitration, Registration
from openpsm.registrations.operations import (
    Collision,
    add_evidence,
    decide_arbitration,
    register,
    request_arbitration,
)
from tests.factories import AT
from tests.factories.approvals import make_absence
from tests.factories.org import grant_role, make_department, make_user
from tests.factories.registrations import register_account, register_project

pytestmark = pytest.mark.django_db
NAME = "宁夏天华混凝土有限公司"
SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Monday, 09:10 and 15:40.
FIRST = datetime(2026, 9, 14, 9, 10, tzinfo=SHANGHAI)
SECOND = datetime(2026, 9, 14, 15, 40, tzinfo=SHANGHAI)


class Company:
    """Two teams under one head of sales, who stands below an executive."""

    def __init__(self) -> None:
        self.sales = make_department("Sales")
        self.north = make_department("North", parent=self.sales)
        self.south = make_department("South", parent=self.sales)
        self.first = make_user("first", name="张磊", department=self.north)
        self.second = make_user("second", name="王芳", department=self.south)
        self.north_lead = make_user("north", roles=("sales-manager",), manages=self.north)
        self.head = make_user("head", name="李总监", roles=("sales-manager",), manages=self.sales)
        self.executive = make_user("vice", roles=("executive",))


@pytest.fixture
def company():
    return Company()


def claimed(company: Company) -> Account:
    made = register_account(NAME, by=company.first)
    Registration.objects.filter(pk=made.pk).update(registered_at=FIRST)
    assert made.account is not None
    return made.account


def contest(by: User, *, at: datetime = SECOND, name: str = NAME, **given: Any) -> Arbitration:
    claim = Claim(name)
    hit = matching.check(by=by, account=claim)[0].key
    return request_arbitration(account=claim, hit=hit, by=by, at=at, **given)


def contested_project(company: Company) -> Arbitration:
    account = claimed(company)
    register_project("一号生产线", account_id=account.pk, by=company.first)
    claim = ProjectClaim("一号生产线", account=account.name)
    [hit] = matching.check(by=company.second, project=claim)
    return request_arbitration(project=claim, hit=hit.key, by=company.second, at=SECOND)


def settle(arbitration: Arbitration, by: User, main: User, **given: Any) -> Arbitration:
    call: dict[str, Any] = {"version": None, "share": Decimal(8), "asker_likelihood": 30, "holder_likelihood": 70}
    call |= {"reason": "Has worked with their chief engineer for years", "at": SECOND + timedelta(hours=1)} | given
    return decide_arbitration(arbitration_id=arbitration.pk, main_id=main.pk, by=by, **call)


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def names(name: str) -> int:
    return Event.objects.filter(name=name).count()


# --- AS-06


def test_as06_the_supervisor_names_main_follower_and_assistant_with_likelihood(company):
    account = claimed(company)
    made = contest(company.second, evidence="Met their director on Friday")
    assert (made.claim.status, made.claim.name, made.claim.claim["name"]) == ("pending", NAME, NAME)
    assert made.standing is not None
    assert [made.standing.registered_at, made.claim.registered_at] == [FIRST, SECOND]
    assert (made.asker, made.holder) == (company.second, company.first)
    done = settle(made, company.head, company.first)
    assert (done.main, done.assistant, done.share_rate) == (company.first, company.second, Decimal("0.08"))
    assert (done.asker_likelihood, done.holder_likelihood) == (30, 70)
    account.refresh_from_db()
    made.claim.refresh_from_db()
    assert (account.owner, made.claim.status, made.claim.reason[:10]) == (company.first, "rejected", "Has worked")
    assert account.members.filter(user=company.second, is_owner=False).exists()
    assert (told(company.first)[-1], told(company.second)[-1]) == ("arbitration.decided", "arbitration.decided")
    assert (names("arbitration.requested"), names("arbitration.decided"), names("approval.decided")) == (1, 1, 1)


@pytest.mark.parametrize(("share", "is_refused"), [("4.99", True), ("5", False), ("10", False), ("10.01", True)])
def test_the_share_lies_between_5_and_10_per_cent(company, share, is_refused):
    claimed(company)
    made = contest(company.second)
    if is_refused:
        with pytest.raises(InvalidInput) as caught:
            settle(made, company.head, company.first, share=Decimal(share))
        assert (list(caught.value.errors), Approval.objects.get().state) == (["share"], "waiting")
    else:
        assert settle(made, company.head, company.first, share=Decimal(share)).share_rate == Decimal(share) / 100


# --- where the asker wins


def test_where_the_asker_wins_the_customer_changes_hands(company):
    account = claimed(company)
    made = contest(company.second)
    settle(made, company.head, company.second)
    account.refresh_from_db()
    made.claim.refresh_from_db()
    assert made.standing is not None
    made.standing.refresh_from_db()
    assert (account.owner, account.department) == (company.second, company.south)
    assert (made.claim.status, made.claim.account, made.claim.protected_until is not None) == ("live", account, True)
    assert made.standing.status == "superseded"
    assert account.members.filter(user=company.first, is_owner=False).exists()
    assert names("account.owner_changed") == 1


def test_without_a_share_the_other_gives_way(company):
    account = claimed(company)
    made = contest(company.second)
    done = settle(made, company.head, company.second, share=None)
    assert (done.assistant, done.share_rate) == (None, None)
    assert not account.members.filter(user=company.first).exists()


def test_a_project_changes_hands_and_the_other_assists(company):
    made = contested_project(company)
    assert made.project is not None
    settle(made, company.head, company.second)
    project = Project.objects.get(pk=made.project.pk)
    assert (project.owner, project.department) == (company.second, company.south)
    assert dict(project.members.values_list("user", "role")) == {
        company.second.pk: "owner", company.first.pk: "assistant",
    }  # fmt: skip
    made.claim.refresh_from_db()
    assert (made.claim.status, made.claim.project) == ("live", project)


def test_a_project_stays_and_the_asker_assists(company):
    made = contested_project(company)
    settle(made, company.head, company.first)
    assert made.project is not None
    assert made.project.members.get(user=company.second).role == "assistant"


# --- who decides


def test_the_nearest_manager_above_both_is_asked_and_at_the_root_any_executive(company):
    assert queries.arbiters_of(company.first, company.second) == [company.head]
    mate = make_user(department=company.north)
    assert queries.arbiters_of(company.first, mate) == [company.north_lead]
    assert queries.arbiters_of(company.first, company.north_lead) == [company.head]
    assert queries.arbiters_of(company.first, company.head) == [company.executive]
    assert queries.arbiters_of(company.first, make_user(department=make_department())) == [company.executive]
    assert queries.arbiters_of(company.executive, make_user()) == []


def test_without_anybody_above_nothing_is_stored():
    register_account(NAME, by=make_user(department=make_department()))
    with pytest.raises(DomainError) as caught:
        contest(make_user(department=make_department()))
    assert (caught.value.code, Arbitration.objects.count(), Approval.objects.count()) == ("no-arbiter", 0, 0)
    assert not Registration.objects.filter(status="pending").exists()


def test_a_party_never_decides(company):
    claimed(company)
    made = contest(company.second)
    for party in (company.first, company.second):
        with pytest.raises(NotAllowed):
            settle(made, party, party)
    boss = make_user(roles=("sales-manager",), manages=company.south)
    with pytest.raises(NotAllowed):  # sees the question of somebody below, and is not the one above both
        settle(made, boss, company.second)
    with pytest.raises(Arbitration.DoesNotExist):
        settle(made, company.executive, company.second)
    make_absence(company.head, company.first)
    grant_role(company.first, "sales-manager")
    with pytest.raises(NotAllowed):  # standing in for the arbiter
        settle(made, company.first, company.first)
    assert Arbitration.objects.get().decided_at is None


def test_a_plain_yes_does_not_decide(company):
    claimed(company)
    made = contest(company.second)
    with pytest.raises(DomainError) as caught:
        org.decide_approval(approval_id=made.approval_id or 0, version=None, decision="approve", by=company.head, at=AT)
    assert caught.value.code == "approval-form"


# --- asking


def test_only_what_stands_against_the_claim_is_contested(company):
    claimed(company)
    with pytest.raises(DomainError) as caught:
        request_arbitration(account=Claim(NAME), hit="0" * 20, by=company.second, at=SECOND)
    assert caught.value.code == "no-collision"
    with pytest.raises(DomainError) as caught:
        contest(company.first)  # one's own
    assert caught.value.code == "no-collision"
    with pytest.raises(NotAllowed):
        contest(make_user(roles=("finance",)))


def test_one_arbitration_at_a_time_about_one_record(company):
    claimed(company)
    contest(company.second)
    with pytest.raises(DomainError) as caught:
        contest(make_user(department=company.south))
    assert (caught.value.code, Arbitration.objects.count()) == ("arbitration-waiting", 1)


def test_a_pending_claim_stops_nobody_and_opens_nothing(company):
    account = claimed(company)
    made = contest(company.second)
    assert not Account.objects.visible_to(company.second).filter(pk=account.pk).exists()
    assert made.claim in Registration.objects.visible_to(company.second)
    assert made.claim in Registration.objects.visible_to(company.head)
    assert made.claim not in Registration.objects.visible_to(company.north_lead)


# --- evidence, withdrawn, void


def test_both_write_what_speaks_for_them_and_nobody_else(company):
    claimed(company)
    made = contest(company.second)
    call: dict[str, Any] = {"arbitration_id": made.pk, "version": None, "at": SECOND}
    add_evidence(**call, evidence="Order of last year", by=company.first)
    add_evidence(**call, evidence="Letter of their director", by=company.second)
    made.refresh_from_db()
    assert (made.holder_evidence, made.asker_evidence) == ("Order of last year", "Letter of their director")
    with pytest.raises(NotAllowed):
        add_evidence(**call, evidence="I think", by=company.head)
    with pytest.raises(Stale):
        add_evidence(**(call | {"version": 1}), evidence="More", by=company.first)
    with pytest.raises(InvalidInput):
        add_evidence(**call, evidence="x" * 2001, by=company.first)
    settle(made, company.head, company.first)
    with pytest.raises(DomainError):
        add_evidence(**call, evidence="Too late", by=company.first)
    assert names("arbitration.evidence_given") == 2


def test_withdrawn_by_the_asker_the_claim_is_released(company):
    claimed(company)
    made = contest(company.second)
    org.withdraw_approval(approval_id=made.approval_id or 0, version=None, by=company.second, at=AT, reason="Agreed")
    made.refresh_from_db()
    made.claim.refresh_from_db()
    assert (made.claim.status, made.claim.reason, made.ended_at, made.main) == ("released", "Agreed", AT, None)
    with pytest.raises(DomainError) as caught:
        settle(made, company.head, company.first)
    assert caught.value.code == "arbitration-closed"
    assert contest(company.second).pk != made.pk  # it may be asked again


def test_a_record_that_has_changed_hands_voids_the_question(company):
    account = claimed(company)
    made = contest(company.second)
    set_account_owner(account_id=account.pk, owner_id=company.north_lead.pk, by=company.head, at=AT)
    with pytest.raises(ApprovalVoid):
        settle(made, company.head, company.first)
    made.refresh_from_db()
    made.claim.refresh_from_db()
    assert (made.decided_at, made.ended_at is not None, made.claim.status) == (None, True, "released")
    assert Approval.objects.get().state == "void"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"asker_likelihood": 101}, "asker_likelihood"),
        ({"holder_likelihood": -1}, "holder_likelihood"),
        ({"reason": " "}, "reason"),
    ],
)
def test_refused_decisions_write_nothing(company, wrong, field):
    claimed(company)
    made = contest(company.second)
    with pytest.raises(InvalidInput) as caught:
        settle(made, company.head, company.first, **wrong)
    assert (list(caught.value.errors), Arbitration.objects.get().main) == ([field], None)
    with pytest.raises(InvalidInput):
        settle(made, company.head, company.executive)
    with pytest.raises(Stale):
        settle(made, company.head, company.first, version=99)


def test_after_the_decision_the_name_is_the_main_owners(company):
    claimed(company)
    settle(contest(company.second), company.head, company.second)
    with pytest.raises(Collision):
        register(account=NewAccount(name=NAME), by=company.first, at=AT)
    assert Registration.objects.filter(status="live", kind="account").count() == 1
