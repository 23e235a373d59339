"""The public pool through the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.registrations.operations import release_account
from tests.api.conftest import ApiClient
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.registrations import make_seller, registered_account

pytestmark = pytest.mark.django_db
WHY = "They moved the plant to another province"


@pytest.fixture
def seller():
    return make_seller(name="Zhang")


@pytest.fixture
def account(seller):
    made = registered_account("宁夏远景化工有限公司", by=seller)
    release_account(account_id=made.pk, reason=WHY, by=seller, at=timezone.now())
    return made


def test_pool_lists_why_and_whose(account, seller):
    make_account(owner=seller)
    make_account(is_in_pool=True)
    latest, stock = ApiClient(make_seller()).get("/registrations/pool").body["items"]
    names = ("id", "why", "reason", "former_owner_id", "former_owner_name")
    assert [latest[name] for name in names] == [account.pk, "released", WHY, seller.pk, "Zhang"]
    assert [stock[name] for name in names[1:]] == ["stock", "", None, None]


@pytest.mark.parametrize("number", [1, 5])
def test_pool_asks_a_fixed_number_of_questions(number, django_assert_max_num_queries):
    for _ in range(number):
        make_account(is_in_pool=True)
    api = ApiClient(make_seller())
    with django_assert_max_num_queries(8):
        assert len(api.get("/registrations/pool").body["items"]) == number


def test_first_takes_it_and_the_second_is_told(account):
    first, second = make_seller(), ApiClient(make_seller())
    path = f"/registrations/pool/{account.pk}/claim"
    made = ApiClient(first).post(path)
    assert (made.status, made.body["owner_id"], made.body["account_id"]) == (201, first.pk, account.pk)
    late = second.post(path)
    assert (late.status, late.body["code"], Account.objects.get().owner) == (409, "taken", first)


def test_last_owner_waits(account, seller):
    refused = ApiClient(seller).post(f"/registrations/pool/{account.pk}/claim")
    assert (refused.status, refused.body["code"]) == (409, "reclaimed-early")


def test_limit_of_a_day(account):
    parameters.set_parameter(key="registration.pool_claims_per_day", value=0, by=None, at=AT)
    refused = ApiClient(make_seller()).post(f"/registrations/pool/{account.pk}/claim")
    assert (refused.status, refused.body["code"]) == (409, "pool-day-limit")


def test_what_is_a_colleagues_is_not_there(seller):
    other = make_account(owner=seller, at=AT - timedelta(days=1))
    assert ApiClient(make_seller()).post(f"/registrations/pool/{other.pk}/claim").status == 404


def test_who_may_not_register_takes_nothing(account):
    administrator = ApiClient(make_user(roles=("administrator",), department=make_department()))
    assert administrator.post(f"/registrations/pool/{account.pk}/claim").status == 403
    assert administrator.get("/registrations/pool").body["items"] == []
