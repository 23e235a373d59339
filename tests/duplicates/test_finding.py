"""Pairs found in the base, kept once, and put aside for good."""

from datetime import timedelta

import pytest

from openpsm.accounts.models import Account
from openpsm.accounts.operations import add_account_name, update_account
from openpsm.core.errors import InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event
from openpsm.duplicates.models import DuplicatePair, PairState
from openpsm.duplicates.operations import (
    MergeRefused,
    find_alike,
    finding,
    link_pair,
    merge_accounts,
    search_accounts,
    tell_apart,
)
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.org import make_user
from tests.factories.registrations import make_seller

pytestmark = pytest.mark.django_db
NAME, ALIKE = "宁波蓝海机械有限公司", "宁波市蓝海机械股份有限公司"
LATER = AT + timedelta(days=1)


@pytest.fixture
def boss():
    return make_user(roles=("executive",))


@pytest.fixture
def seller():
    return make_seller()


def search(**given) -> int:
    return search_accounts(**{"by": None, "at": AT} | given)


def pairs() -> list[tuple[str, str, str]]:
    return [(pair.one.name, pair.other.name, pair.cls) for pair in DuplicatePair.objects.order_by("pk")]


def test_accounts_that_are_alike_become_pairs_once(seller):
    one, other = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller)
    make_account(owner=seller)
    assert (search(), search()) == (1, 1)
    pair = DuplicatePair.objects.get()
    assert (pair.one, pair.other, pair.cls, pair.reasons) == (one, other, "same", ["name_without_form"])
    assert (pair.state, pair.version) == ("open", 1)


def test_a_number_in_common_is_found_over_batches(seller, monkeypatch):
    monkeypatch.setattr(finding, "BATCH", 1)
    one, other = make_account("大连华润泵业有限公司", owner=seller), make_account(NAME, owner=seller)
    for account in (one, other):
        make_contact(account=account, by=seller, mobile="13812345678")
    told = []
    assert search(tell=lambda done, total: told.append((done, total))) == 2  # once seen from either side
    assert (pairs(), told) == ([(one.name, other.name, "same")], [(1, 2), (2, 2)])


@pytest.mark.parametrize("number", [2, 12])
def test_the_number_of_statements_does_not_grow_with_the_accounts(number, seller, django_assert_max_num_queries):
    for index in range(number):
        make_account(f"宁波蓝海{'甲乙丙丁戊己庚辛壬癸子丑'[index]}机械有限公司", owner=seller)
    with django_assert_max_num_queries(18):
        search()


def test_two_good_credit_codes_are_no_pair(seller):
    make_account(NAME, owner=seller, uscc="91110000100006188U")
    make_account(ALIKE, owner=seller, uscc="91440300708461136T")
    assert (search(), pairs()) == (0, [])


def test_a_branch_is_a_pair_until_it_is_linked(seller, boss):
    parent = make_account(NAME, owner=seller)
    branch = make_account("宁波蓝海机械有限公司慈溪分公司", owner=seller)
    search()
    pair = DuplicatePair.objects.get()
    assert pair.cls == "related"
    link_pair(pair_id=pair.pk, parent_id=parent.pk, by=boss, at=AT)
    branch.refresh_from_db()
    pair.refresh_from_db()
    assert (branch.parent, pair.state, pair.decided_by) == (parent, "linked", boss)
    DuplicatePair.objects.all().delete()
    assert (search(), pairs()) == (0, [])


def test_what_was_told_apart_comes_back_only_under_another_name(seller, boss):
    _one, other = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller)
    search()
    pair = DuplicatePair.objects.get()
    tell_apart(pair_id=pair.pk, remark="Two brothers, two plants", by=boss, at=AT)
    event = Event.objects.latest("seq")
    assert (event.name, event.root_id, event.data["reason"]) == ("account.told_apart", other.pk, pair_remark())
    assert (search(), state()) == (0, PairState.DIFFERENT)
    update_account(account_id=other.pk, changes={"phone": "0574-88880001"}, by=seller, at=AT)
    assert (search(), state()) == (0, PairState.DIFFERENT)
    add_account_name(account_id=other.pk, name="宁波蓝海", kind="short", by=seller, at=AT)
    assert (search(at=LATER), state()) == (1, PairState.OPEN)


def pair_remark() -> str:
    return DuplicatePair.objects.get().remark


def state() -> str:
    return DuplicatePair.objects.get().state


def test_an_open_pair_that_is_no_longer_alike_goes(seller):
    _one, other = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller)
    search()
    update_account(account_id=other.pk, changes={"name": "大连华润泵业有限公司"}, by=seller, at=AT)
    assert (search(), pairs()) == (0, [])


def test_one_account_can_be_asked_about(seller, boss):
    one, _other = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller)
    assert find_alike(account_id=one.pk, by=boss, at=AT) == 1
    with pytest.raises(NotAllowed):
        find_alike(account_id=one.pk, by=seller, at=AT)
    with pytest.raises(Account.DoesNotExist):
        find_alike(account_id=one.pk, by=make_user(roles=("sales-manager",)), at=AT)


def test_the_pairs_of_the_vanished_account_become_those_of_the_kept_one(seller, boss):
    one, other = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller)
    third = make_account("宁波蓝海机械集团有限公司", owner=seller)
    search()
    assert DuplicatePair.objects.count() == 3
    merge_accounts(kept_id=other.pk, gone_id=one.pk, by=boss, at=AT)
    left = DuplicatePair.objects.exclude(state="merged").get()
    assert (left.one, left.other) == (other, third)
    assert DuplicatePair.objects.visible_to(boss).count() == 2


def test_deciding_needs_reach_a_reason_and_an_open_pair(seller, boss):
    one, _other = make_account(NAME, owner=seller), make_account(ALIKE, owner=seller)
    search()
    pair = DuplicatePair.objects.get()
    for by in (seller, make_user(roles=("sales-manager",)), make_user(roles=("finance",))):
        with pytest.raises(DuplicatePair.DoesNotExist):
            tell_apart(pair_id=pair.pk, remark="Two plants in two towns", by=by, at=AT)
    with pytest.raises(InvalidInput):
        tell_apart(pair_id=pair.pk, remark="无", by=boss, at=AT)
    with pytest.raises(InvalidInput):
        link_pair(pair_id=pair.pk, parent_id=make_account(owner=seller).pk, by=boss, at=AT)
    with pytest.raises(NotAllowed):
        link_pair(pair_id=pair.pk, parent_id=one.pk, by=make_user(roles=("market",)), at=AT)
    with pytest.raises(Stale):
        tell_apart(pair_id=pair.pk, remark="Two plants in two towns", by=boss, at=AT, version=9)
    tell_apart(pair_id=pair.pk, remark="Two plants in two towns", by=boss, at=AT)
    with pytest.raises(MergeRefused) as refused:
        link_pair(pair_id=pair.pk, parent_id=one.pk, by=boss, at=AT)
    assert refused.value.code == "decided"
