"""Sums of projects by owner, department, stage, state and currency: kept, or of any set of projects.

Rule: docs/business-rules.md#totals
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Case, Count, ExpressionWrapper, F, Q, QuerySet, Sum, Value, When

from openpsm.core.money import CENT
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project, ProjectTotal
from openpsm.projects.models.totals import SumField
from openpsm.projects.querysets import ProjectQuerySet, TotalQuerySet

KEYS = ("owner", "department", "stage", "state", "currency")
FIGURES = ("count", "amount", "weighted", "stalled", "indebted", "unevaluated", "stepless")
COUNTS = ("count", "stalled", "indebted", "unevaluated", "stepless")
_STATE = Case(
    When(is_on_hold=True, then=Value("held")),
    When(outcome="won", is_finished=True, then=Value("finished")),
    default=F("outcome"),
)
_MARKS = {"stalled": Q(is_stalled=True), "indebted": Q(is_indebted=True), "unevaluated": Q(is_unevaluated=True)}
_MARKS |= {"stepless": Q(next_step="")}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its weight by the win probability, in one currency."""

    currency: str
    amount: Decimal
    weighted: Decimal


@dataclass(slots=True)
class Sums:
    """Figures of some projects; amounts stand side by side by currency and are never added across."""

    count: int = 0
    stalled: int = 0
    indebted: int = 0
    unevaluated: int = 0
    stepless: int = 0
    _money: dict[str, list[Decimal]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Add one row of `kept` or `of`."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + row[name])
        amounts = self._money.setdefault(row["currency"], [Decimal(0), Decimal(0)])
        amounts[0] += row["amount"]
        amounts[1] += row["weighted"]

    def absorb(self, other: Sums) -> None:
        """Add the figures of others to these."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for currency, (amount, weighted) in other._money.items():
            amounts = self._money.setdefault(currency, [Decimal(0), Decimal(0)])
            amounts[0] += amount
            amounts[1] += weighted

    @property
    def money(self) -> list[Money]:
        """What the projects are worth, the largest amount first; currencies without an amount are left out."""
        known = [Money(name, amount, _weighed(weighted)) for name, (amount, weighted) in self._money.items() if amount]
        return sorted(known, key=lambda one: (-one.amount, one.currency))


def _weighed(percents: Decimal) -> Decimal:
    return (percents / 100).quantize(CENT, ROUND_HALF_UP)


def group(rows: Iterable[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], Any]) -> dict[Any, Sums]:
    """Add rows up by a key of theirs."""
    found: dict[Any, Sums] = {}
    for row in rows:
        found.setdefault(key(row), Sums()).add(row)
    return found


def kept(narrowed: Q, *by: str) -> list[dict[str, Any]]:
    """Return the kept figures by these keys and the currency, narrowed by any of the keys (1 query).

    It asks nobody what they may see: the caller narrows to what is in reach, see `reachable`.
    """
    rows = _summed(ProjectTotal.objects.filter(narrowed), by)
    return [_named(row) for row in rows if row["sum_count"]]


def of(projects: QuerySet[Project], *by: str) -> list[dict[str, Any]]:
    """Return the same figures of any projects, grouped anew (1 query): for sets of which no totals are kept."""
    return [_named(row) for row in _grouped(projects, by)]


def drift() -> dict[tuple[Any, ...], list[Any]]:
    """Return by key what must be added to the kept totals to make them true (1 query, both sides at one instant)."""
    names = [*KEYS, "side", *(f"sum_{name}" for name in FIGURES)]
    real = _grouped(Project.objects.live(), KEYS).annotate(side=Value(1)).values_list(*names)
    known = _summed(ProjectTotal.objects.all(), KEYS).annotate(side=Value(-1)).values_list(*names)
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in real.union(known, all=True):
        key, side, figures = tuple(row[: len(KEYS)]), row[len(KEYS)], row[len(KEYS) + 1 :]
        sums = found.setdefault(key, [0] * len(FIGURES))
        sums[:] = [old + side * new for old, new in zip(sums, figures, strict=True)]
    return {key: sums for key, sums in found.items() if any(sums)}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("sum_"): value for name, value in row.items()}


def _summed(totals: QuerySet[ProjectTotal], by: Iterable[str]) -> Any:
    sums = {f"sum_{name}": Sum(name) for name in FIGURES}
    return totals.order_by().values(*by, "currency").annotate(**sums)


def _grouped(projects: QuerySet[Project], by: Iterable[str]) -> Any:
    running = Q(outcome="open", is_on_hold=False)
    weight = ExpressionWrapper(F("amount") * F("probability"), output_field=SumField())
    rows = projects.order_by().annotate(state=_STATE, currency=F("amount_currency")).values(*by, "currency")
    return rows.annotate(
        sum_count=Count("pk"),
        sum_amount=Sum("amount", output_field=SumField()),
        sum_weighted=Sum(weight, output_field=SumField()),
        **{f"sum_{name}": Count("pk", filter=running & mark) for name, mark in _MARKS.items()},
    )


def seen(user: User) -> TotalQuerySet:
    """Return the kept figures in reach, with keys called as the columns of projects are; see `beyond` for the rest."""
    own = {f"{name}_id": F(name) for name in ("owner", "department", "stage")}
    rows = ProjectTotal.objects.annotate(**own, amount_currency=F("currency"))
    within = reachable(user)
    return rows if within is None else rows.filter(within)


def reachable(user: User) -> Q | None:
    """Return which totals hold nothing but projects that the user sees; None means all of them.

    The departments managed or seen by a role, and one's own projects. What one sees beyond that, as a member of a
    team, is in no total: see `beyond`.
    """
    return access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=Q(owner=user.pk))


def beyond(user: User) -> ProjectQuerySet:
    """Return the projects that the user sees although they are in none of the totals in reach: as a team member."""
    within = reachable(user)
    joined = Project.objects.live().joined_by(user)
    return joined.none() if within is None else joined.exclude(within)
