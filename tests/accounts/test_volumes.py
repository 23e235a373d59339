"""What customers took: recorded, corrected, taken back; read by whoever sees the account; and how a fall is judged."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.accounts.models import Account, AccountVolume
from openpsm.accounts.operations import NewVolume, record_volumes, update_volume, withdraw_volumes
from openpsm.accounts.volumes import Fall, Series, fall_of, months_until, series_of
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user


def quantities(*numbers, last=date(2026, 10, 1)):
    months = months_until(last, len(numbers))
    return {month: Decimal(number) for month, number in zip(months, numbers, strict=True) if number is not None}


def test_as06_a_fall_from_3000_to_nothing_is_a_fall_of_a_hundred_percent():
    found = fall_of(quantities(3000, 3000, 3000, 0), month=date(2026, 10, 1), months=3, percent=50, unit="方")
    assert found == Fall("方", date(2026, 10, 1), Decimal(0), Decimal("3000.00"), 100)


@pytest.mark.parametrize(
    ("numbers", "fallen"),
    [
        ((3000, 3000, 3000, None), 100),  # no figure at all
        ((3000, 3000, 3000, 1500), 50),
        ((3000, 3000, 3000, 1501), None),
        ((None, None, 3000, 0), 100),  # a new customer: the mean of the months it has
        ((0, 0, 0, 0), None),  # took nothing before: nothing is lost
        ((None, None, None, None), None),
        ((0, 3000, 0, 700), 53),  # 1,500 on average since the first
    ],
)
def test_a_fall_is_judged_against_the_mean_since_the_first_month(numbers, fallen):
    found = fall_of(quantities(*numbers), month=date(2026, 10, 1), months=3, percent=50)
    assert (found.percent if found else None) == fallen


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=3), st.integers(0, 10_000))
def test_taking_as_much_as_ever_is_no_fall(before, more):
    numbers = quantities(*before, max(before) + more)
    assert fall_of(numbers, month=date(2026, 10, 1), months=3, percent=1) is None


def test_thirteen_months_cross_the_turn_of_the_year():
    assert (months_until(date(2026, 2, 17), 3)) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


@pytest.fixture
def boss():
    return make_user("boss", roles=["executive"], department=make_department("总部"))


def volume(account, **fields):
    given: dict[str, Any] = {"month": date(2026, 10, 15), "quantity": Decimal(3000), "unit": "方"} | fields
    return NewVolume(account_id=account.pk, **given)


@pytest.mark.django_db
def test_volumes_are_recorded_once_per_customer_month_and_product(boss):
    account = make_account(owner=boss)
    made = record_volumes(rows=[volume(account), volume(account, product="C30")], by=boss, at=AT)
    assert [(one.month, one.product) for one in made] == [(date(2026, 10, 1), ""), (date(2026, 10, 1), "C30")]
    with pytest.raises(DomainError) as refused:
        record_volumes(rows=[volume(account, month=date(2026, 10, 1))], by=boss, at=AT)
    assert (refused.value.code, AccountVolume.objects.count()) == ("duplicate", 2)
    assert [event.name for event in events.history(account)][:2] == ["volume.recorded"] * 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"quantity": Decimal(-1)}, "quantity"),
        ({"unit": " "}, "unit"),
        ({"product": "x" * 41}, "product"),
        ({"amount": Decimal(1), "currency": "yuan"}, "currency"),
    ],
)
def test_a_volume_that_makes_no_sense_is_refused_and_nothing_is_written(boss, fields, named):
    account = make_account(owner=boss)
    with pytest.raises(InvalidInput) as refused:
        record_volumes(rows=[volume(account), volume(account, **({"product": "B"} | fields))], by=boss, at=AT)
    assert ([*refused.value.errors], AccountVolume.objects.count()) == ([named], 0)


@pytest.mark.django_db
def test_volumes_need_the_right_and_an_account_in_sight(boss):
    account = make_account(owner=boss)
    with pytest.raises(NotAllowed):
        record_volumes(rows=[volume(account)], by=make_user(roles=["sales-manager"]), at=AT)
    with pytest.raises(Account.DoesNotExist):
        record_volumes(
            rows=[
                volume(account),
                NewVolume(account_id=account.pk + 1000, month=date(2026, 10, 1), quantity=Decimal(1), unit="t"),
            ],
            by=boss,
            at=AT,
        )


@pytest.mark.django_db
def test_a_volume_is_corrected_by_who_saw_the_present_one_and_withdrawn_if_untouched(boss):
    account = make_account(owner=boss)
    one, other = record_volumes(rows=[volume(account), volume(account, product="B")], by=boss, at=AT)
    changed = update_volume(volume_id=one.pk, changes={"quantity": Decimal(2)}, version=1, by=boss, at=AT)
    assert (changed.quantity, changed.version) == (Decimal(2), 2)
    with pytest.raises(Stale):
        update_volume(volume_id=one.pk, changes={"quantity": Decimal(3)}, version=1, by=boss, at=AT)
    assert withdraw_volumes(versions={one.pk: 1, other.pk: 1}, by=boss, at=AT) == {other.pk}
    assert AccountVolume.objects.get() == changed


@pytest.mark.django_db
def test_volumes_follow_the_account(boss):
    mine, department = make_user(), make_department()
    account = make_account(owner=mine)
    record_volumes(rows=[volume(account)], by=boss, at=AT)
    seen = {who: AccountVolume.objects.visible_to(who).count() for who in (mine, boss, make_user(manages=department))}
    assert [*seen.values()] == [1, 1, 0]


@pytest.mark.django_db
def test_thirteen_months_are_one_query(boss, django_assert_num_queries):
    account = make_account(owner=boss)
    rows = [volume(account), volume(account, month=date(2026, 9, 1), quantity=Decimal(1500))]
    record_volumes(rows=[*rows, volume(account, product="B", unit="吨", quantity=Decimal(5))], by=boss, at=AT)
    with django_assert_num_queries(1):
        first, second = series_of(account, date(2026, 10, 31))
    assert (first.unit, [point for point in first.points if point[1] is not None]) == (
        "方",
        [(date(2026, 9, 1), Decimal(1500), 50), (date(2026, 10, 1), Decimal(3000), 100)],
    )
    assert (second.unit, len(second.points)) == ("吨", 13)


def test_figures_of_a_series_are_written_with_the_same_places():
    month = date(2026, 3, 1)

    def places(*figures):
        return Series("t", tuple((month, None if one is None else Decimal(one), 0) for one in figures)).places

    found = [places("12.000000", None), places("12", "10.8"), places("0", "3.125"), places("1200")]
    assert found == [0, 1, 2, 0]
