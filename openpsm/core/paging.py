"""Keyset paging: the next page starts after the last row seen, so that any depth costs the same.

A cursor is opaque to its reader: URL-safe text holding the sort, its value on the last row, and that row's id.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError

T = TypeVar("T")
MAX_ID = 2**63 - 1


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
    """One sort: its name as the address has it, the model field (never null) and the direction."""

    name: str
    field: str
    is_descending: bool


def order_of(sort: str, allowed: Mapping[str, str], default: str) -> Order:
    """Read `name` or `-name`; `allowed` maps names to fields that are never null. Raises UnknownSort."""
    chosen = sort or default
    field = allowed.get(chosen.removeprefix("-"))
    if field is None:
        raise UnknownSort(_("Sorting by “%(name)s” is not possible here.") % {"name": chosen[:60]})
    return Order(chosen, field, chosen.startswith("-"))


def take(
    rows: models.QuerySet[Any], *, order: Order, cursor: str, limit: int, values: tuple[str, ...] = ()
) -> Page[Any]:
    """Return up to `limit` rows after the cursor (1 query); with `values` as dicts of those fields.

    Raises BadCursor for a cursor that was not made by this sort.
    """
    sign = "-" if order.is_descending else ""
    ordered = rows.order_by(f"{sign}{order.field}", f"{sign}pk")
    if cursor:
        ordered = ordered.filter(_after(rows.model, order, cursor))
    found: list[Any] = list((ordered.values(*values, "pk", order.field) if values else ordered)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(found, _encode(order, found[-1]) if more else "", order.name)


def _after(model: type[models.Model], order: Order, cursor: str) -> Q:
    value, pk = _decode(model, order, cursor)
    beyond = "lt" if order.is_descending else "gt"
    bound = Q(**{f"{order.field}__{beyond}e": value})  # a plain bound lets the index find its start
    return bound & (Q(**{f"{order.field}__{beyond}": value}) | Q(**{f"pk__{beyond}": pk}))


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
        value = field.to_python(value) if isinstance(field, models.Field) else None
    except (binascii.Error, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise BadCursor(_("This page marker is not valid; start again from the first page.")) from error
    is_id = isinstance(pk, int) and not isinstance(pk, bool) and 0 <= pk <= MAX_ID
    if name != order.name or not is_id or value is None:
        raise BadCursor(_("This page marker belongs to another sort; start again from the first page."))
    return value, pk


def capped_count(rows: models.QuerySet[Any], cap: int = 10_000) -> int | None:
    """Count up to the cap (1 query); None says that there are more."""
    found = rows.order_by()[: cap + 1].count()
    return found if found <= cap else None


def count_of(page: Page[Any], rows: models.QuerySet[Any], *, cursor: str) -> int | None:
    """Count all rows behind a page: its own when it is the first and holds them all, else by 1 query up to the cap."""
    return capped_count(rows) if cursor or page.next else len(page.rows)
