"""The public pool: into it, out of it, and what one may not do there."""

from datetime import date, timedelta

import pytest

from openpsm.accounts.models import Account
from openpsm.accounts.operations import NewAccount, add_account_member, create_accounts
from openpsm.activities.protecting import worked_on
from openpsm.core import parameters
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event
from openpsm.org.models import Notification
from openpsm.projects.models import Project
from openpsm.registrations.matching import key_of
from openpsm.registrations.models import PoolStay, Registration
from openpsm.registrations.operations import (
    claim_account,
    give_account,
    register,
    release_account,
    return_unworked,
)
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_user
from tests.factories.registrations import make_seller, register_account, register_project

pytestmark = pytest.mark.django_db
WHY = "They moved the plant to another province"


@pytest.fixture
def mine():
    return make_seller(name="Zhang")


@pytest.fixture
def boss(mine):
    return make_user(name="Chen", roles=("sales-manager",), manages=mine.department)


@pytest.fixture
def claim(mine):
    return register_account("宁夏远景化工有限公司", by=mine)


def stay() -> PoolStay:
    row: PoolStay = PoolStay.objects.select_related("former_owner", "put_by").get()
    return row


# --- into it


def test_owner_gives_back_with_a_reason(claim, mine):
    release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    account = Account.objects.get()
    assert (account.owner_id, account.pooled_at, account.members.count()) == (None, AT, 0)
    assert (stay().why, stay().reason, stay().former_owner, stay().put_by) == ("released", WHY, mine, mine)
    claim.refresh_from_db()
    assert (claim.status, claim.reason) == ("released", WHY)
    assert Event.objects.get(name="account.released").data == {"old": mine.pk, "reason": WHY}


def test_manager_takes_back_and_the_owner_hears_of_it(claim, mine, boss):
    release_account(account_id=claim.account_id, reason=WHY, by=boss, at=AT)
    assert (stay().why, stay().former_owner, stay().put_by) == ("returned", mine, boss)
    assert (Notification.objects.get().user, Notification.objects.get().kind) == (mine, "account.returned")
    assert Event.objects.filter(name="account.returned").count() == 1


def test_team_member_gives_back_nothing(claim, mine):
    helper = make_seller()
    add_account_member(account_id=claim.account_id, user_id=helper.pk, by=mine, at=AT)
    with pytest.raises(NotAllowed):
        release_account(account_id=claim.account_id, reason=WHY, by=helper, at=AT)
    with pytest.raises(NotAllowed):
        give_account(account_id=claim.account_id, owner_id=None, reason=WHY, by=helper, at=AT)
    assert (Account.objects.get().owner, PoolStay.objects.count()) == (mine, 0)


def test_stranger_does_not_even_see_it(claim):
    with pytest.raises(Account.DoesNotExist):
        release_account(account_id=claim.account_id, reason=WHY, by=make_seller(), at=AT)


@pytest.mark.parametrize("reason", ["", "  ", "1", "无", "x" * 301])
def test_empty_reason_is_refused(claim, mine, reason):
    with pytest.raises(InvalidInput) as refused:
        release_account(account_id=claim.account_id, reason=reason, by=mine, at=AT)
    assert list(refused.value.errors) == ["reason"]
    assert Account.objects.get().owner == mine


def test_stale_release_is_refused(claim, mine):
    with pytest.raises(Stale):
        release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT, version=claim.account.version + 1)


def test_what_lies_in_the_pool_is_not_put_there_again(claim, mine):
    release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    boss = make_user(roles=("executive",))
    with pytest.raises(DomainError) as refused:
        release_account(account_id=claim.account_id, reason=WHY, by=boss, at=AT)
    assert (refused.value.code, PoolStay.objects.count()) == ("in-pool", 1)


def test_customer_with_business_goes_to_a_colleague_instead(claim, mine):
    made = register_project("二期循环水泵", account_id=claim.account_id, by=mine)
    Project.objects.filter(pk=made.project_id or 0).update(outcome="won", outcome_at=AT)
    with pytest.raises(DomainError) as refused:
        release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    assert (refused.value.code, Account.objects.get().owner) == ("has-business", mine)


# --- to a colleague


def test_account_given_to_a_colleague_is_protected_anew(claim, mine, boss):
    colleague, later = make_seller(department=mine.department), AT + timedelta(days=30)
    give_account(account_id=claim.account_id, owner_id=colleague.pk, by=boss, at=later)
    assert list(Registration.objects.order_by("pk").values_list("status", "owner", "protected_until")) == [
        ("superseded", mine.pk, date(2026, 12, 15)),
        ("live", colleague.pk, date(2027, 1, 14)),
    ]


def test_giving_it_to_its_owner_lengthens_nothing(claim, mine, boss):
    give_account(account_id=claim.account_id, owner_id=mine.pk, by=boss, at=AT + timedelta(days=30))
    assert Registration.objects.get().protected_until == date(2026, 12, 15)


def test_account_given_out_of_the_pool_ends_its_stay(claim, mine):
    release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    boss, colleague = make_user(roles=("executive",)), make_seller()
    give_account(account_id=claim.account_id, owner_id=colleague.pk, by=boss, at=AT)
    assert (Account.objects.get().pooled_at, stay().left_at, stay().claim) == (None, AT, None)


# --- out of it


def test_claim_ends_the_stay_and_is_protected(claim, mine):
    release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    colleague = make_seller()
    made = claim_account(account_id=claim.account_id, by=colleague, at=AT + timedelta(days=1))
    assert (stay().left_at, stay().claim, made.status) == (AT + timedelta(days=1), made, "live")
    assert (Account.objects.get().owner, Account.objects.get().pooled_at) == (colleague, None)


def test_last_owner_leaves_it_to_others_for_a_while(claim, mine):
    release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    with pytest.raises(DomainError) as refused:
        claim_account(account_id=claim.account_id, by=mine, at=AT + timedelta(days=29))
    assert (refused.value.code, "2026-10-16" in str(refused.value)) == ("reclaimed-early", True)
    assert claim_account(account_id=claim.account_id, by=mine, at=AT + timedelta(days=30)).owner == mine


def test_last_owner_does_not_get_it_back_by_registering_either(claim, mine):
    release_account(account_id=claim.account_id, reason=WHY, by=mine, at=AT)
    with pytest.raises(DomainError) as refused:
        register(
            account=NewAccount(name="宁夏远景化工有限公司"),
            account_hit=key_of("account", claim.account_id),
            by=mine,
            at=AT,
        )
    assert (refused.value.code, Account.objects.get().owner) == ("reclaimed-early", None)


def test_so_many_accounts_a_day(mine):
    parameters.set_parameter(key="registration.pool_claims_per_day", value=2, by=None, at=AT)
    free = [make_account(is_in_pool=True) for _ in range(3)]
    for account in free[:2]:
        claim_account(account_id=account.pk, by=mine, at=AT)
    with pytest.raises(DomainError) as refused:
        claim_account(account_id=free[2].pk, by=mine, at=AT)
    assert refused.value.code == "pool-day-limit"
    assert claim_account(account_id=free[2].pk, by=mine, at=AT + timedelta(days=1)).owner == mine


def test_stay_of_an_imported_account_is_written_when_it_is_claimed(mine):
    account = make_account(is_in_pool=True)
    claim_account(account_id=account.pk, by=mine, at=AT + timedelta(days=4))
    assert (stay().why, stay().entered_at, stay().left_at) == ("stock", AT, AT + timedelta(days=4))


def test_every_account_in_the_pool_says_since_when():
    make_account()
    make_account(is_in_pool=True)
    create_accounts(rows=[NewAccount(name="待分配", is_unassigned=True)], by=make_seller(), at=AT)
    assert Account.objects.in_pool().count() == Account.objects.exclude(pooled_at=None).count() == 1


# --- not worked on


def back(days: int) -> int:
    return return_unworked(at=AT + timedelta(days=days), worked=worked_on)


def test_account_from_the_pool_goes_back_when_nothing_is_done(mine):
    account = make_account(is_in_pool=True)
    claim = claim_account(account_id=account.pk, by=mine, at=AT)
    assert (back(29), back(30), back(31)) == (0, 1, 0)
    account.refresh_from_db()
    claim.refresh_from_db()
    last = PoolStay.objects.order_by("-pk")[0]
    assert (account.owner_id, claim.status, last.why, last.former_owner) == (None, "expired", "unworked", mine)
    assert Event.objects.get(name="registration.expired").data["why"] == "unworked"
    assert Notification.objects.get().kind == "registration.expired"


def test_account_registered_afresh_is_not_asked_for(claim):
    assert back(60) == 0


def test_project_registered_there_is_work(mine):
    account = make_account(is_in_pool=True)
    claim_account(account_id=account.pk, by=mine, at=AT)
    register_project("二期循环水泵", account_id=account.pk, by=mine)
    assert back(60) == 0
