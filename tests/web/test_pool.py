"""The public pool: what stands there and why, one tap that takes, giving back and taking back."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.org.models import Notification
from openpsm.registrations.models import PoolStay, Registration
from openpsm.registrations.operations import claim_account, release_account
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.registrations import make_seller, register_account, register_project, registered_account

pytestmark = pytest.mark.django_db
WHY = "They moved the plant to another province"


@pytest.fixture
def seller():
    return make_seller(name="Zhang")


@pytest.fixture
def boss(seller):
    return make_user(name="Chen", roles=("sales-manager",), manages=seller.department)


@pytest.fixture
def account(seller):
    return registered_account("宁夏远景化工有限公司", by=seller)


def signed_in(client, user):
    client.force_login(user)
    return client


def texts(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def pooled(account, by, at=None):
    release_account(account_id=account.pk, reason=WHY, by=by, at=at or timezone.now())


# --- the list


@pytest.mark.parametrize("number", [1, 6])
def test_pool_query_count(client, seller, number, django_assert_max_num_queries):
    for _ in range(number):
        pooled(registered_account(by=seller), seller)
    signed_in(client, make_seller())
    with django_assert_max_num_queries(14):
        response = client.get("/registrations/pool")
    assert response.context["count"] == number


def test_pool_says_since_when_why_and_whose_it_was(client, account, seller):
    pooled(account, seller)
    make_account(is_in_pool=True)
    make_account(owner=seller)
    shown = signed_in(client, make_seller()).get("/registrations/pool")
    (latest, stock) = shown.context["rows"]
    assert (latest["name"], latest["why"], latest["reason"], latest["former_owner"]) == (
        account.name,
        "released",
        WHY,
        "Zhang",
    )
    assert (stock["why"], stock["former_owner"]) == ("stock", "")
    assert (WHY in shown.text, shown.text.count('form="list-act"')) == (True, 2)


def test_limits_stand_above_the_pool(client, account, seller):
    parameters.set_parameter(key="registration.pool_claims_per_day", value=3, by=None, at=AT)
    pooled(account, seller)
    other = make_seller()
    assert "You may take 3 more today (3 a day)." in signed_in(client, other).get("/registrations/pool").text
    claim_account(account_id=account.pk, by=other, at=timezone.now())
    shown = client.get("/registrations/pool").text
    assert "You may take 2 more today (3 a day)." in shown
    assert "You hold 0 of at most 50 without protection." in shown


def test_last_owner_reads_when_it_may_be_theirs_again(client, account, seller):
    pooled(account, seller)
    shown = signed_in(client, seller).get("/registrations/pool")
    assert ('form="list-act"' in shown.text, "yours again from" in shown.text) == (False, True)
    page = client.get(f"/accounts/{account.pk}")
    assert (page.context["head"].can_claim, page.context["head"].free_on is None) == (False, False)


@pytest.mark.parametrize(("why", "count"), [("released", 1), ("stock", 1), ("expired", 0)])
def test_pool_is_filtered_by_why(client, account, seller, why, count):
    pooled(account, seller)
    make_account(is_in_pool=True)
    shown = signed_in(client, make_seller()).get(f"/registrations/pool?why={why}")
    assert shown.context["count"] == count


def test_pool_is_filtered_by_whose_it_was(client, account, seller):
    pooled(account, seller)
    make_account(is_in_pool=True)
    shown = signed_in(client, make_seller()).get(f"/registrations/pool?former_owner={seller.pk}")
    assert [row["pk"] for row in shown.context["rows"]] == [account.pk]


def test_who_may_not_register_sees_no_pool(client, account, seller):
    pooled(account, seller)
    shown = signed_in(client, make_user(roles=("administrator",), department=make_department()))
    page = shown.get("/registrations/pool")
    assert (page.status_code, account.name in page.text, 'form="list-act"' in page.text) == (200, False, False)


# --- taking


def test_one_tap_takes_it_and_leads_there(client, account, seller):
    pooled(account, seller)
    other = make_seller()
    response = signed_in(client, other).post(f"/accounts/{account.pk}/claim", {"from": "pool"})
    account.refresh_from_db()
    assert (response.url, account.owner) == (f"/accounts/{account.pk}", other)
    assert Registration.objects.get(account=account, status="live").owner == other


def test_who_comes_second_is_told_and_comes_back_to_the_pool(client, account, seller):
    pooled(account, seller)
    claim_account(account_id=account.pk, by=make_seller(), at=timezone.now())
    response = signed_in(client, make_seller()).post(f"/accounts/{account.pk}/claim", {"from": "pool"})
    assert (response.url, texts(response)) == (
        "/registrations/pool",
        ["Somebody else was quicker: this account has just been taken."],
    )
    assert Registration.objects.filter(account=account, status="live").count() == 1


def test_what_was_taken_long_ago_is_not_there_for_others(client, account, seller):
    pooled(account, seller)
    claim_account(account_id=account.pk, by=make_seller(), at=timezone.now() - timedelta(hours=2))
    assert signed_in(client, make_seller()).post(f"/accounts/{account.pk}/claim").status_code == 404


def test_refusal_comes_back_to_the_pool(client, account, seller):
    parameters.set_parameter(key="registration.pool_claims_per_day", value=0, by=None, at=AT)
    pooled(account, seller)
    response = signed_in(client, make_seller()).post(f"/accounts/{account.pk}/claim", {"from": "pool"})
    assert (response.url, Account.objects.get().owner) == ("/registrations/pool", None)
    assert texts(response) == ["You have taken as many accounts from the pool today as you may."]


# --- giving back and taking back


def test_owner_gives_back_with_a_reason(client, account, seller):
    page = signed_in(client, seller).get(f"/accounts/{account.pk}/release")
    assert (page.status_code, "Give it back to the public pool" in page.text) == (200, True)
    response = client.post(f"/accounts/{account.pk}/release", {"reason": WHY, "version": account.version})
    assert response.url == f"/accounts/{account.pk}"
    stay = PoolStay.objects.get()
    assert (stay.why, stay.reason, stay.former_owner) == ("released", WHY, seller)
    shown = client.get(response.url).text
    assert (WHY in shown, "given back by the owner" in shown) == (True, True)


def test_empty_reason_stays_on_the_form(client, account, seller):
    response = signed_in(client, seller).post(f"/accounts/{account.pk}/release", {"reason": "无", "version": 1})
    assert (response.status_code, Account.objects.get().owner) == (422, seller)
    assert set(response.context["form"].errors) == {"reason"}


def test_manager_takes_back_and_the_owner_hears_of_it(client, account, seller, boss):
    page = signed_in(client, boss).get(f"/accounts/{account.pk}")
    assert "Take it back into the public pool" in page.text
    client.post(f"/accounts/{account.pk}/release", {"reason": WHY, "version": account.version})
    assert (PoolStay.objects.get().why, Notification.objects.get().user) == ("returned", seller)


def test_colleague_and_stranger_give_nothing_back(client, account, seller):
    helper, stranger = make_seller(department=seller.department), make_seller()
    account.members.create(user=helper, is_owner=False)
    given = {"reason": WHY, "version": account.version}
    page = signed_in(client, helper).get(f"/accounts/{account.pk}")
    assert f"/accounts/{account.pk}/release" not in page.text
    answers = [signed_in(client, one).post(f"/accounts/{account.pk}/release", given) for one in (helper, stranger)]
    assert (answers[0].status_code in (403, 422), answers[1].status_code) == (True, 404)
    assert (Account.objects.get().owner, PoolStay.objects.count()) == (seller, 0)


# --- the list of registrations


def test_registrations_say_how_many_days_are_left(client, seller):
    for days in (0, 1, 7, 8):
        claim = register_account(by=seller)
        Registration.objects.filter(pk=claim.pk).update(protected_until=timezone.localdate() + timedelta(days=days))
    shown = signed_in(client, seller).get("/registrations?ending=on")
    assert shown.context["count"] == 3
    assert [words in shown.text for words in ("its last day", "1 day left", "7 days left", "8 days left")] == [
        True,
        True,
        True,
        False,
    ]


def test_registrations_waiting_for_a_decision_and_mine(client, seller, boss):
    own = register_account(by=seller)
    project = register_project("二期循环水泵", account_id=own.account_id or 0, by=seller)
    Registration.objects.filter(pk=project.pk).update(status="pending")
    register_account(by=make_seller(department=seller.department))
    signed_in(client, boss)
    assert [row["pk"] for row in client.get("/registrations?pending=on").context["rows"]] == [project.pk]
    signed_in(client, seller)
    assert client.get("/registrations?mine=on").context["count"] == 2


@pytest.mark.parametrize(("days", "words"), [(8, "8 days left"), (0, "its last day"), (-1, "The protection is over.")])
def test_a_registration_says_how_long_it_lasts_and_leads_to_giving_back(client, seller, days, words):
    claim = register_account(by=seller)
    Registration.objects.filter(pk=claim.pk).update(protected_until=timezone.localdate() + timedelta(days=days))
    shown = signed_in(client, seller).get(f"/registrations/{claim.pk}").text
    assert (words in shown, f"/accounts/{claim.account_id}/release" in shown) == (True, True)


def test_an_ended_registration_counts_no_days(client, account, seller):
    pooled(account, seller)
    claim = Registration.objects.get()
    shown = signed_in(client, seller).get(f"/registrations/{claim.pk}")
    assert (shown.context["is_live"], f"/accounts/{account.pk}/release" in shown.text) == (False, False)
    assert WHY in shown.text


def test_a_refusal_looks_like_one(client, account, seller):
    parameters.set_parameter(key="registration.pool_claims_per_day", value=0, by=None, at=AT)
    pooled(account, seller)
    response = signed_in(client, make_seller()).post(f"/accounts/{account.pk}/claim", {"from": "pool"}, follow=True)
    assert "alert-danger" in response.text
