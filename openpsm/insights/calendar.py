"""The calendar: tenders, orders, planned visits, ends of protection and one's own tasks, day by day.

Rule: docs/business-rules.md#calendar
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from openpsm.activities.models import Activity, ActivityKind
from openpsm.core.dates import DAY
from openpsm.core.models.calendar import Holiday
from openpsm.org.models import Task, User
from openpsm.projects.models import Project
from openpsm.projects.queries.board import Filter
from openpsm.registrations.models import Registration

KINDS = ("tender", "order", "visit", "protection", "task")
#: So many of each kind are shown at most; the page says when there are more.
MOST = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """Something on a day; `record_id` is that of a project, activity, claim or task, by `kind`."""

    kind: str
    on: date
    title: str
    detail: str
    record_id: int


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day: `holiday` is its name, empty on ordinary days; `is_working` is false on weekends and days off."""

    on: date
    is_working: bool
    holiday: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days asked for; `is_cut` says that some kind has more than is shown."""

    days: tuple[CalendarDay, ...]
    is_cut: bool


def calendar_of(
    user: User, chosen: Filter, *, first: date, last: date, on: date, kinds: Collection[str] = KINDS
) -> Calendar:
    """Return all days from first to last, both included, of what the person sees (5 queries at most).

    Filters are about projects: with one of them only what belongs to such a project is shown.
    """
    projects = chosen.narrow(Project.objects.visible_to(user).running(), on)
    visible_in_parts = Project.objects.visible_in_parts(user)
    is_narrowed = chosen != Filter()
    span = (first, last)
    parts = [
        _dates([chosen.narrow(part.running(), on) for part in visible_in_parts], span, kinds),
        _visits(user, projects if is_narrowed else None, span) if "visit" in kinds else [],
        _protections(user, projects if is_narrowed else None, span) if "protection" in kinds else [],
        _tasks(user, projects if is_narrowed else None, span) if "task" in kinds else [],
    ]
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in (one for part in parts for one in part):
        by_day[entry.on].append(entry)
    days = _days(first, last, by_day)
    return Calendar(tuple(days), any(len(part) >= MOST for part in parts))


def _dates(parts: Sequence[Any], span: tuple[date, date], kinds: Collection[str]) -> list[Entry]:
    """Tenders and orders of running projects (1 query)."""
    wanted = [name for name in ("tender", "order") if name in kinds]
    if not wanted:
        return []
    within = Q()
    for name in wanted:
        within |= Q(**{f"{name}_on__range": span})
    names = ("pk", "name", "owner__name", "tender_on", "order_on", "amount")
    first, *others = (part.filter(within).order_by().values(*names) for part in parts)
    rows = first.union(*others, all=True) if others else first
    found = []
    for row in rows.order_by("-amount", "-pk")[:MOST]:
        for name in wanted:
            day = row[f"{name}_on"]
            if day is not None and span[0] <= day <= span[1]:
                found.append(Entry(name, day, row["name"], row["owner__name"], row["pk"]))
    return found


def _of(rows: Any, projects: Any) -> Any:
    return rows if projects is None else rows.filter(project__in=projects.order_by().values("pk"))


def _visits(user: User, projects: Any, span: tuple[date, date]) -> list[Entry]:
    planned = Activity.objects.visible_to(user).filter(state=Activity.State.PLANNED, planned_on__range=span)
    rows = _of(planned, projects).order_by("planned_on", "pk")[:MOST]
    labels = dict(ActivityKind.choices)
    return [
        Entry(
            "visit", row["planned_on"], row["account__name"], f"{labels[row['kind']]} · {row['owner__name']}", row["pk"]
        )
        for row in rows.values("pk", "planned_on", "kind", "account__name", "owner__name")
    ]


def _protections(user: User, projects: Any, span: tuple[date, date]) -> list[Entry]:
    live = Registration.objects.visible_to(user).filter(status=Registration.Status.LIVE, protected_until__range=span)
    rows = _of(live, projects).order_by("protected_until", "pk")[:MOST]
    values = rows.values("pk", "protected_until", "name", "owner__name")
    return [Entry("protection", r["protected_until"], r["name"], r["owner__name"], r["pk"]) for r in values]


def _tasks(user: User, projects: Any, span: tuple[date, date]) -> list[Entry]:
    own = Task.objects.open().filter(owner=user, due_on__range=span)
    own = own if projects is None else own.filter(project_id__in=projects.order_by().values("pk"))
    return [Entry("task", one.due_on, one.title, "", one.pk) for one in own.order_by("due_on", "pk")[:MOST]]


def _days(first: date, last: date, entries: dict[date, list[Entry]]) -> Iterable[CalendarDay]:
    """Put the entries on their days, with holidays and worked weekends (1 query)."""
    rows = Holiday.objects.filter(day__range=(first, last)).values_list("day", "name", "is_working")
    special = {day: (name, is_working) for day, name, is_working in rows}
    order = KINDS.index
    for offset in range((last - first).days + 1):
        day = first + offset * DAY
        name, is_working = special.get(day, ("", day.weekday() < 5))
        found = sorted(entries.get(day, ()), key=lambda one: (order(one.kind), one.title))
        yield CalendarDay(day, is_working, name, tuple(found))


def month_span(on: date) -> tuple[date, date]:
    """Return the Monday before the month and the Sunday after it, so that weeks are whole."""
    first = on.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return week_span(first)[0], week_span(following - DAY)[1]


def week_span(on: date) -> tuple[date, date]:
    """Return Monday and Sunday of the week."""
    monday = on - on.weekday() * DAY
    return monday, monday + 6 * DAY
