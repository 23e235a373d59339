"""Pairs and merging by the API: rights, versions, keys, where an old number leads."""

import pytest

from openpsm.accounts.models import Account
from openpsm.duplicates.models import Merge
from openpsm.duplicates.operations import search_accounts
from tests.api.conftest import ApiClient
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db
NAME, ALIKE = "宁波蓝海机械有限公司", "宁波市蓝海机械股份有限公司"


@pytest.fixture
def department():
    return make_department()


@pytest.fixture
def seller(department):
    return make_user(department=department)


@pytest.fixture
def manager(department) -> ApiClient:
    return ApiClient(make_user(roles=("sales-manager",), manages=department))


@pytest.fixture
def pair(seller) -> tuple[Account, Account]:
    made = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller, note="Pays late")
    search_accounts(by=None, at=AT)
    return made


def test_pairs_are_listed_for_who_may_merge_and_sees_both(pair, manager, seller) -> None:
    [found] = manager.get("/accounts/duplicates?state=open").body["items"]
    assert (found["one_name"], found["other_name"], found["reasons"]) == (NAME, ALIKE, ["name_without_form"])
    assert ApiClient(seller).get("/accounts/duplicates").status == 403
    other = ApiClient(make_user(roles=("sales-manager",), manages=make_department()))
    assert other.get("/accounts/duplicates").body["items"] == []
    assert other.post(f"/accounts/{pair[0].pk}/merge", {"other_id": pair[1].pk}, If_Match='"1"').status == 404


def test_a_merge_names_the_version_and_happens_once_for_a_key(pair, manager, seller) -> None:
    kept, gone = pair
    path, body = f"/accounts/{kept.pk}/merge", {"other_id": gone.pk, "values": {"name": "gone"}}
    assert manager.post(path, body).status == 428
    assert manager.post(path, body, If_Match='"9"').status == 412
    assert manager.post(path, {**body, "other_version": 9}, If_Match='"1"').status == 412
    assert ApiClient(seller).post(path, body, If_Match='"1"').status == 403
    first = manager.post(path, body, If_Match='"1"', Idempotency_Key="one")
    again = manager.post(path, body, If_Match='"1"', Idempotency_Key="one")
    assert (first.status, first.body["name"], first.body["note"]) == (200, ALIKE, "Pays late")
    assert (again.body, Merge.objects.count()) == (first.body, 1)
    assert [name["name"] for name in first.body["names"]] == [NAME]


def test_an_old_number_leads_to_the_kept_account_until_the_merge_is_taken_back(pair, manager) -> None:
    kept, gone = pair
    manager.post(f"/accounts/{kept.pk}/merge", {"other_id": gone.pk}, If_Match='"1"')
    moved = manager.get(f"/accounts/{gone.pk}")
    assert (moved.status, moved.headers["Location"]) == (307, f"/api/v1/accounts/{kept.pk}")
    assert manager.patch(f"/accounts/{gone.pk}", {"note": "x"}, If_Match='"2"').status == 404
    stranger = ApiClient(make_user(department=make_department()))
    assert stranger.get(f"/accounts/{gone.pk}").status == 404
    back = manager.post(f"/accounts/{gone.pk}/unmerge")
    assert (back.status, back.body["name"]) == (200, ALIKE)
    assert manager.get(f"/accounts/{gone.pk}").status == 200
    assert manager.post(f"/accounts/{gone.pk}/unmerge").status == 404


def test_what_forbids_a_merge_is_named(pair, manager) -> None:
    kept, gone = pair
    Account.objects.filter(pk=kept.pk).update(uscc="91110000100006188U")
    Account.objects.filter(pk=gone.pk).update(uscc="91440300708461136T")
    refused = manager.post(f"/accounts/{kept.pk}/merge", {"other_id": gone.pk}, If_Match='"1"')
    assert (refused.status, refused.body["code"]) == (409, "two-legal-persons")
    same = manager.post(f"/accounts/{kept.pk}/merge", {"other_id": kept.pk}, If_Match='"1"')
    assert (same.status, same.body["code"]) == (409, "same-account")
