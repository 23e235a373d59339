"""Reading monthly volumes: thirteen months of one account, and judging whether a customer has fallen silent.

Rule: docs/business-rules.md#volumes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openpsm.accounts.models import Account, AccountVolume

SHOWN_MONTHS = 13


def months_until(last: date, count: int) -> list[date]:
    """Return the first days of `count` months, the last one that of `last`."""
    number = last.year * 12 + last.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - count + 1, number + 1)]


@dataclass(frozen=True, slots=True)
class Series:
    """Quantities of one unit in consecutive months (None: no figure), each with its share of the highest in percent."""

    unit: str
    points: tuple[tuple[date, Decimal | None, int], ...]

    @property
    def places(self) -> int:
        """How many decimal places the finest figure needs, at most two: all are written alike."""
        known = [quantity.normalize() for _month, quantity, _share in self.points if quantity is not None]
        return min(2, max([0, *(-int(one.as_tuple().exponent) for one in known)]))


@dataclass(frozen=True, slots=True)
class Fall:
    """A month against the mean of the months before it; `percent` is how much less it is."""

    unit: str
    month: date
    quantity: Decimal
    mean: Decimal
    percent: int


def series_of(account: Account, on: date) -> list[Series]:
    """Return the last thirteen months up to the present one by unit, the largest first (1 query)."""
    months = months_until(on, SHOWN_MONTHS)
    rows = AccountVolume.objects.filter(account=account, month__gte=months[0], month__lte=months[-1])
    sums: dict[str, dict[date, Decimal]] = {}
    for unit, month, quantity in rows.values_list("unit", "month", "quantity"):
        by_month = sums.setdefault(unit, {})
        by_month[month] = by_month.get(month, Decimal(0)) + quantity
    largest = sorted(sums.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    return [_series(unit, by_month, months) for unit, by_month in largest]


def _series(unit: str, by_month: Mapping[date, Decimal], months: Sequence[date]) -> Series:
    top = max(by_month.values()) or Decimal(1)
    return Series(
        unit, tuple((month, by_month.get(month), int(by_month.get(month, 0) * 100 / top)) for month in months)
    )


def fall_of(by_month: Mapping[date, Decimal], *, month: date, months: int, percent: int, unit: str = "") -> Fall | None:
    """Return how far a month lies below the mean of the `months` before it, None if by less than `percent`.

    A month without a figure counts as nothing taken; the mean begins with the first month that has one.
    """
    before = months_until(month, months + 1)[:-1]
    begun = next((index for index, one in enumerate(before) if by_month.get(one)), None)
    if begun is None:
        return None
    mean = sum((by_month.get(one, Decimal(0)) for one in before[begun:]), Decimal(0)) / (len(before) - begun)
    quantity = by_month.get(month, Decimal(0))
    fallen = int((mean - quantity) * 100 / mean)
    return Fall(unit, month, quantity, mean.quantize(Decimal("0.01")), fallen) if fallen >= percent else None
