"""What pages and API show of handovers: what a person has that would move, and what became of what moved.

Rule: docs/business-rules.md#handover
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Count, Model, Q, QuerySet
from django.utils.functional import Promise

from openpsm.core import links
from openpsm.org.models import Handover, HandoverItem, User
from openpsm.org.operations.handover import belongings, require_handing_over

#: So many of a kind are named before it is handed over; the rest is a number.
NAMED = 5


@dataclass(frozen=True)
class Kind:
    """One kind of things that would move, and the first of them that the reader may read."""

    key: str
    label: str | Promise
    count: int
    names: list[str]


@dataclass
class Line:
    """One thing that moved; `name` and `pk` only where the reader sees it."""

    item: HandoverItem
    name: str = ""

    @property
    def state(self) -> str:
        """Return confirmed, contested, passed_on or waiting."""
        item = self.item
        if item.confirmed_at:
            return "confirmed"
        return "passed_on" if item.passed_on_at else "contested" if item.contested_at else "waiting"


@dataclass
class Group:
    """The things of one kind."""

    key: str
    label: str | Promise
    lines: list[Line] = field(default_factory=list)


def plan(giver: User, by: User) -> list[Kind]:
    """Return what would move, kind by kind (2 queries a kind). Raises NotAllowed for who may not hand over."""
    require_handing_over(by, giver)
    found = []
    for one in belongings(giver):
        names = _names(one.rows[0]._meta.label_lower, [row.pk for row in one.rows[:NAMED]], by)
        found.append(Kind(one.kind, one.link.label, len(one.rows), list(names.values())))
    return found


def groups(handover: Handover, user: User) -> list[Group]:
    """Return the things of a handover that the user may know of, by kind (1 query, and 1 a kind of record)."""
    labels = {f"{one.model}.{one.field}": one.label for one in links.declared("org.user")}
    items = HandoverItem.objects.visible_to(user).filter(handover=handover).select_related("receiver").order_by("pk")
    found: dict[str, Group] = {}
    by_model: dict[str, list[Line]] = {}
    for item in items:
        group = found.setdefault(item.kind, Group(item.kind, labels.get(item.kind, item.kind)))
        group.lines.append(Line(item))
        by_model.setdefault(item.subject_type, []).append(group.lines[-1])
    for label, lines in by_model.items():
        names = _names(label, [line.item.subject_id for line in lines], user)
        for line in lines:
            line.name = names.get(line.item.subject_id, "")
    return list(found.values())


def with_counts(rows: QuerySet[Handover]) -> QuerySet[Handover]:
    """Add how many things of each handover there are, still wait, and are contested."""
    waiting = Q(items__confirmed_at=None, items__passed_on_at=None)
    return rows.annotate(
        things=Count("items"),
        waiting=Count("items", filter=waiting),
        contested=Count("items", filter=waiting & Q(items__contested_at__isnull=False)),
    )


def _names(label: str, pks: Iterable[int], user: User) -> dict[int, str]:
    """Return what those of these records that the user sees are called (1 query)."""
    model: Any = apps.get_model(label)
    rows = model._default_manager.all()
    if not hasattr(rows, "visible_to"):
        return {}
    return {row.pk: _name(row) for row in rows.visible_to(user).filter(pk__in=list(pks)).order_by("pk")}


def _name(row: Model) -> str:
    """The name or title of a record; one that has neither is known by what it belongs to."""
    for attribute in ("name", "title", "purpose", "result"):
        if text := getattr(row, attribute, ""):
            return str(text)[:80]
    return ""
