"""Where the deals of each seller went, for those who manage sellers. Rule: docs/business-rules.md#alerts"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.core.dates import today
from openpsm.core.text import fold
from openpsm.insights.alerts.findings import gone
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project

WIDE = (Permission.PROJECT_VIEW_ALL, Permission.ACCOUNT_VIEW_ALL, Permission.REGISTRATION_ARBITRATE)


@dataclass(slots=True)
class Destination:
    """One place to which deals of one seller went: how many, of how many in all, worth what, and when the last one.

    `amounts` are those of the lost projects, tax included, by currency; a lost customer has none.
    """

    seller_id: int
    seller: str
    name: str
    times: int = 0
    all_times: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    last_at: datetime | None = None
    is_repeated: bool = False


def destinations_of(user: User, *, at: datetime) -> list[Destination]:
    """Return where the deals of the sellers below the user went, the most frequent first (2 queries).

    Counted over the months of the alert, lost and dropped projects and lost customers alike; spellings that differ in
    width, case or blanks are one place. Only what the user sees counts, and never their own.
    """
    reports, losses = gone(today(at))
    found: dict[tuple[int, str], Destination] = {}
    for row in _grouped(reports.filter(_reports_below(user)), "project__owner", "at", "project__amount"):
        _count(found, row)
    for row in _grouped(losses.filter(_losses_below(user)), "owner", "reported_at"):
        _count(found, row)
    return _judged(found.values())


def _below(user: User, department: str) -> Q:
    """What belongs to the departments that the user manages; everything for who sees all."""
    own = access.reach(user)
    if all(own.holds(each) for each in WIDE):
        return Q()
    return Q(**{f"{department}__in": access.below(own.managed)}) if own.managed else Q(pk__in=[])


def _reports_below(user: User) -> Q:
    seen = Q(project__in=Project.objects.visible_to(user))
    return seen & _below(user, "project__department") & ~Q(project__owner=user)


def _losses_below(user: User) -> Q:
    seen = Q(account__in=Account.objects.visible_to(user))
    return seen & _below(user, "account__department") & ~Q(owner=user)


def _grouped(rows: QuerySet[Any], owner: str, at: str, amount: str = "") -> Iterable[tuple[Any, ...]]:
    """Rows of (seller, name, destination, times, last, and with amounts currency and sum)."""
    keys, sums = [f"{owner}_id", f"{owner}__name", "destination"], {"times": Count("pk"), "last": Max(at)}
    money = [f"{amount}_currency", "sum"] if amount else []
    if amount:
        sums["sum"] = Sum(amount)
    grouped = rows.order_by().values(*keys, *money[:1]).annotate(**sums)
    found: Iterable[tuple[Any, ...]] = grouped.values_list(*keys, "times", "last", *money)
    return found


def _count(found: dict[tuple[int, str], Destination], row: tuple[Any, ...]) -> None:
    seller, name, destination, times, last, *money = row
    one = found.setdefault((seller, fold(destination)), Destination(seller, name, destination))
    one.times += times
    one.last_at = max(one.last_at or last, last)
    if money:
        currency, amount = money
        one.amounts[currency] = one.amounts.get(currency, Decimal(0)) + amount


def _judged(found: Iterable[Destination]) -> list[Destination]:
    rows, least = list(found), int(parameters.value("alerts.elsewhere_times"))
    totals: dict[int, int] = {}
    for one in rows:
        totals[one.seller_id] = totals.get(one.seller_id, 0) + one.times
    for one in rows:
        one.all_times, one.is_repeated = totals[one.seller_id], one.times >= least
    return sorted(rows, key=lambda one: (-one.times, one.seller, one.name))
