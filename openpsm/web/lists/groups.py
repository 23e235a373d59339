"""Groups with subtotals: how many, and the sum of each currency by itself. Amounts of two currencies never add up.

The groups are one grouped statement, or read from sums that are kept; the rows of a group are the same list with the
group's filter, fetched when it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from openpsm.core.money import default_currency, format_amount
from openpsm.org.models import Department, User
from openpsm.web.lists.declaration import Reader
from openpsm.web.lists.state import GROUP, State

MOST_GROUPS = 200


@dataclass(frozen=True)
class Subtotal:
    """One group: its name, number of rows, sums by currency, and the list that holds its rows."""

    number: int
    label: str
    count: int
    sums: list[str]
    url: str


def context(state: State) -> dict[str, Any]:
    """What the page shows instead of rows (1 or 2 queries, and that of the names)."""
    totals = _totals(state)
    shown = [_subtotal(number, one, totals[one], state) for number, one in enumerate(_sorted(totals)[:MOST_GROUPS])]
    named = _named(state, shown)
    return {
        "subtotals": named,
        "is_cut": len(totals) > MOST_GROUPS,
        "count": sum(count for count, _sums in totals.values()),
        "sums": _written(_added(totals), state.reader),
        "rows": named,
    }


Totals = dict[Any, tuple[int, dict[str, Decimal]]]


def _totals(state: State) -> Totals:
    """Count and sums by currency of each group (1 query; 2 where sums are kept for those who do not see all)."""
    group, listing, user = state.group, state.listing, state.reader.user
    assert group is not None  # noqa: S101 - the page asks only then
    kept, found = listing.kept, Totals()
    if kept is not None and kept.knows((group.path, *(each.filter.name for each in state.asked))):
        _add(found, kept.totals(user), state, Sum("count"))
        _add(found, kept.rest(user), state, Count("pk"))
    else:
        _add(found, listing.rows(user), state, Count("pk"))
    return {key: figures for key, figures in found.items() if figures[0]}


def _add(found: Totals, rows: QuerySet[Any], state: State, counted: Any) -> None:
    """Add the figures of these rows to those found (1 query)."""
    group, amount = state.group, state.listing.amount
    assert group is not None  # noqa: S101 - as above
    rows, name = state.narrowed(rows).order_by(), group.path
    if group.is_month:
        name = "group_key"
        rows = rows.annotate(group_key=TruncMonth(group.path))
    names = [name, f"{amount}_currency"] if amount else [name]
    figures = {"group_count": counted, **({"group_sum": Sum(amount)} if amount else {})}
    for row in rows.values(*names).annotate(**figures):
        count, sums = found.get(row[name], (0, {}))
        if amount:
            currency = row[f"{amount}_currency"]
            sums[currency] = sums.get(currency, Decimal(0)) + (row["group_sum"] or Decimal(0))
        found[row[name]] = (count + row["group_count"], sums)


def _sorted(totals: Totals) -> list[Any]:
    """Months in their order, everything else by its sum in our own currency, then by its count; no key comes last."""
    days = sorted(key for key in totals if isinstance(key, date))
    others = [key for key in totals if not isinstance(key, date)]
    own = default_currency()
    others.sort(key=lambda key: (key in (None, ""), -totals[key][1].get(own, Decimal(0)), -totals[key][0], str(key)))
    return days + others


def _added(totals: Totals) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for _count, sums in totals.values():
        for currency, amount in sums.items():
            found[currency] = found.get(currency, Decimal(0)) + amount
    return found


def _written(sums: Mapping[str, Decimal], reader: Reader) -> list[str]:
    unit = reader.user.amount_unit or "yuan"
    return [format_amount(amount, currency, unit) for currency, amount in sorted(sums.items())]


def _subtotal(
    number: int, key: Any, figures: tuple[int, dict[str, Decimal]], state: State
) -> tuple[int, Any, int, list[str], str]:
    count, sums = figures
    group = state.group
    assert group is not None  # noqa: S101 - as above
    value = f"{key:%Y-%m}" if isinstance(key, date) else key
    is_open = value not in (None, "") or group.is_month
    changes = {group.filter: "none" if value in (None, "") else value}
    url = state.address(without=(GROUP,), **changes) if is_open else ""
    return number, key, count, _written(sums, state.reader), url


def _named(state: State, shown: list[tuple[int, Any, int, list[str], str]]) -> list[Subtotal]:
    group = state.group
    assert group is not None  # noqa: S101 - as above
    names = group.names([key for _number, key, *_rest in shown if key not in (None, "")], state.reader)
    return [
        Subtotal(number, str(names.get(key, key)) if key not in (None, "") else _("not set"), count, sums, url)
        for number, key, count, sums, url in shown
    ]


def people(keys: list[Any], reader: Reader) -> Mapping[Any, Any]:
    """Names of people (1 query)."""
    return dict(User.objects.visible_to(reader.user).filter(pk__in=keys).values_list("pk", "name"))


def departments(keys: list[Any], reader: Reader) -> Mapping[Any, Any]:
    """Names of departments (1 query)."""
    return dict(Department.objects.visible_to(reader.user).filter(pk__in=keys).values_list("pk", "name"))


def months(keys: list[Any], _reader: Reader) -> Mapping[Any, Any]:
    """Months as 2026-11."""
    return {key: f"{key:%Y-%m}" for key in keys}


def themselves(keys: list[Any], _reader: Reader) -> Mapping[Any, Any]:
    """Keys that are their own names."""
    return {key: key for key in keys}
