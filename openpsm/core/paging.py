"""Keyset paging: the next page starts after the last row seen, so that any depth costs the same.

A cursor is opaque to its reader: URL-safe text holding the sort, its value on the last row, and that row's id.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q, Sum, Value
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError

T = TypeVar("T")
MAX_ID = 2**63 - 1
CAP = 10_000  # no list counts further


class BadCursor(DomainError):
    """The cursor is not one of ours, or belongs to another sort."""

    code = "bad-cursor"


class UnknownSort(DomainError):
    """The sort is not offered, or its field is hidden from this person."""

    code = "unknown-sort"


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the page after them (empty at the end)."""

    rows: list[T]
    next: str
    sort: str


@dataclass(frozen=True)
class Order:
    """One sort: its name as the address has it, the model field and the direction.

    With `is_nullable` the rows without a value come last, whatever the direction.
    """

    name: str
    field: str
    is_descending: bool
    is_nullable: bool = False


def order_of(sort: str, allowed: Mapping[str, str], default: str) -> Order:
    """Read `name` or `-name`; `allowed` maps names to fields, a nullable one ends in "?". Raises UnknownSort."""
    chosen = sort or default
    field = allowed.get(chosen.removeprefix("-"))
    if field is None:
        raise UnknownSort(_("Sorting by “%(name)s” is not possible here.") % {"name": chosen[:60]})
    return Order(chosen, field.removesuffix("?"), chosen.startswith("-"), field.endswith("?"))


def take(
    rows: models.QuerySet[Any], *, order: Order, cursor: str, limit: int, values: tuple[str, ...] = ()
) -> Page[Any]:
    """Return up to `limit` rows after the cursor (1 query); with `values` as dicts of those fields.

    A nullable order takes 1 query more where the rows with a value end. Raises BadCursor for a cursor that was not
    made by this sort.
    """
    mark = _decode(rows.model, order, cursor) if cursor else None
    found: list[Any] = []
    if mark is None or mark[0] is not None:
        valued = rows.filter(**{f"{order.field}__isnull": False}) if order.is_nullable else rows
        found = _slice(valued, order, order.field, mark, limit, values)
    if order.is_nullable and len(found) <= limit:
        rest = mark if mark and mark[0] is None else None
        unset = rows.filter(**{f"{order.field}__isnull": True})
        found += _slice(unset, order, "pk", rest, limit - len(found), values)
    more = len(found) > limit
    found = found[:limit]
    return Page(found, _encode(order, found[-1]) if more else "", order.name)


def ordered(rows: models.QuerySet[Any], order: Order) -> models.QuerySet[Any]:
    """All rows in this order, for what reads them in one go."""
    sign, field = ("-" if order.is_descending else ""), models.F(order.field)
    first = field.desc(nulls_last=True) if order.is_descending else field.asc(nulls_last=True)
    return rows.order_by(first if order.is_nullable else f"{sign}{order.field}", f"{sign}pk")


def beside(rows: models.QuerySet[Any], order: Order, value: Any, pk: int) -> tuple[int | None, int | None]:
    """Return the ids before and after a row of this list, None at its ends (1 query).

    Of a nullable order only the rows that have a value, or only those without, are one list.
    """
    field = "pk" if value is None else order.field
    if order.is_nullable:
        rows = rows.filter(**{f"{order.field}__isnull": value is None})
    back = Order(order.name, order.field, not order.is_descending)
    sides = {}
    for name, one in (("before", back), ("after", order)):
        sign = "-" if one.is_descending else ""
        near = rows.filter(_after(one, field, value, pk)).order_by(f"{sign}{field}", f"{sign}pk")
        sides[name] = models.Subquery(near.values("pk")[:1])
    found = rows.model._base_manager.filter(pk=pk).values_list(*sides.values()).first()
    return found or (None, None)


def _slice(
    rows: models.QuerySet[Any],
    order: Order,
    field: str,
    mark: tuple[Any, int] | None,
    limit: int,
    values: tuple[str, ...],
) -> list[Any]:
    sign = "-" if order.is_descending else ""
    found = rows.order_by(f"{sign}pk") if field == "pk" else rows.order_by(f"{sign}{field}", f"{sign}pk")
    if mark:
        found = found.filter(_after(order, field, *mark))
    return list((found.values(*values, "pk", order.field) if values else found)[: limit + 1])


def _after(order: Order, field: str, value: Any, pk: int) -> Q:
    beyond = "lt" if order.is_descending else "gt"
    if field == "pk":
        return Q(**{f"pk__{beyond}": pk})
    bound = Q(**{f"{field}__{beyond}e": value})  # a plain bound lets the index find its start
    return bound & (Q(**{f"{field}__{beyond}": value}) | Q(**{f"pk__{beyond}": pk}))


def _encode(order: Order, row: Any) -> str:
    value, pk = (row[order.field], row["pk"]) if isinstance(row, dict) else (getattr(row, order.field), row.pk)
    if isinstance(value, datetime | date):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    text = json.dumps([order.name, value, pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(model: type[models.Model], order: Order, cursor: str) -> tuple[Any, int]:
    try:
        name, value, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        field = model._meta.get_field(order.field)
        value = field.to_python(value) if isinstance(field, models.Field) and value is not None else None
    except (binascii.Error, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise BadCursor(_("This page marker is not valid; start again from the first page.")) from error
    is_id = isinstance(pk, int) and not isinstance(pk, bool) and 0 <= pk <= MAX_ID
    if name != order.name or not is_id or (value is None and not order.is_nullable):
        raise BadCursor(_("This page marker belongs to another sort; start again from the first page."))
    return value, pk


def capped_count(rows: models.QuerySet[Any], cap: int = CAP) -> int | None:
    """Count up to the cap (1 query); None says that there are more."""
    found = rows.order_by()[: cap + 1].count()
    return found if found <= cap else None


@dataclass(frozen=True)
class Kept:
    """Counts and sums that are kept ready, so that neither has to be added up over all rows.

    `totals` are rows with `count`, the amount and its currency, in which paths are called as on the records
    themselves; `rest` those records that the person sees beside them. `names` are the filters and the paths of groups
    that both know: with any other the records are added up.
    """

    totals: Callable[[Any], models.QuerySet[Any]]
    rest: Callable[[Any], models.QuerySet[Any]]
    names: frozenset[str]

    def knows(self, names: Iterable[str]) -> bool:
        """Whether filters and groups of these names can be answered from here."""
        return self.names.issuperset(names)

    def count(self, user: Any, narrowed: Callable[[Any], Any], cap: int = CAP) -> int | None:
        """Count what the person sees of the narrowed rows (1 query); None says that there are more than the cap."""
        parts = ((self.totals, Sum("count")), (self.rest, Count("pk")))
        made = [narrowed(rows(user)).order_by().annotate(one=Value(1)).values("one") for rows, _counted in parts]
        kept, rest = (
            rows.annotate(number=counted).values_list("number")
            for rows, (_rows, counted) in zip(made, parts, strict=True)
        )
        found = sum(number or 0 for (number,) in kept.union(rest, all=True))
        return found if found <= cap else None


def count_of(page: Page[Any], count: Callable[[], int | None], *, cursor: str) -> int | None:
    """Count all rows behind a page: its own when it is the first and holds them all, else as `count` does."""
    return count() if cursor or page.next else len(page.rows)
