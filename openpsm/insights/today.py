"""What one person should do, decide and watch today, over all packages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from openpsm.core.dates import DAY, today
from openpsm.org.models import User
from openpsm.org.queries import TaskList, open_tasks_of
from openpsm.process.queries import NodeDefinition, StageDefinition
from openpsm.projects import queries, rules
from openpsm.projects.models import Confirmation, Project
from openpsm.registrations.models import Registration

AHEAD_DAYS = 14
TASKS_UNTIL = 366
MOST_PROJECTS = 300
SHOWN = 20
#: A gate is within reach with at most so many key nodes missing.
WITHIN_REACH = 1


@dataclass(frozen=True, slots=True)
class NearGate:
    """A project whose gate is open or lacks one key node."""

    project: Project
    stage: StageDefinition
    missing: tuple[NodeDefinition, ...]


@dataclass(frozen=True, slots=True)
class Stalled:
    """A project that does not move, with the days in its stage and since the last done activity (None: never)."""

    project: Project
    stage: StageDefinition
    stage_days: int
    quiet_days: int | None


@dataclass(frozen=True, slots=True)
class Dated:
    """Something that happens on a day, so many days from now."""

    record: Any
    on: date
    days: int


@dataclass(frozen=True, slots=True)
class Today:
    """The three columns; lists are cut at SHOWN rows."""

    tasks: TaskList
    steps: list[Dated] = field(default_factory=list)
    gates: list[NearGate] = field(default_factory=list)
    pending: list[Registration] = field(default_factory=list)
    stalled: list[Stalled] = field(default_factory=list)
    tenders: list[Dated] = field(default_factory=list)
    protections: list[Dated] = field(default_factory=list)


def today_of(user: User, *, at: datetime) -> Today:
    """Return the day of one person (7 queries, one of them for the parameters).

    Next steps and gates are those of projects they own; stalled projects, tenders and protections those they may see.
    """
    on = today(at)
    near = _mine_or_near(user, on)
    mine = [project for project in near if project.owner_id == user.pk]
    claims = _claims(user, on)
    return Today(
        tasks=open_tasks_of(user, on=on, until=on + TASKS_UNTIL * DAY),
        steps=_dated(((one, one.next_on) for one in mine if one.next_step and _is_due(one.next_on, on)), on),
        gates=_near_gates(mine),
        pending=[one for one in claims if one.status == Registration.Status.PENDING][:SHOWN],
        stalled=_stalled(user, on),
        tenders=_dated(((one, one.tender_on) for one in near if _is_ahead(one.tender_on, on)), on),
        protections=_dated(((one, one.protected_until) for one in claims if _is_ending(one)), on),
    )


def _mine_or_near(user: User, on: date) -> list[Project]:
    """One's own running projects, and visible ones with a tender near (1 query)."""
    near = Q(tender_on__gte=on, tender_on__lte=on + timedelta(days=AHEAD_DAYS))
    rows = Project.objects.visible_to(user).running().filter(Q(owner=user) | near)
    return list(rows.select_related("account", "owner", "kept_facts").order_by("-amount", "-pk")[:MOST_PROJECTS])


def _claims(user: User, on: date) -> list[Registration]:
    """Visible claims whose protection ends soon, and those that wait for an arbitration (1 query)."""
    status = Registration.Status
    ending = Q(status=status.LIVE, protected_until__gte=on, protected_until__lte=on + timedelta(days=AHEAD_DAYS))
    rows = Registration.objects.visible_to(user).filter(ending | Q(status=status.PENDING))
    return list(rows.select_related("owner").order_by("protected_until", "pk")[: 2 * SHOWN])


def _is_ending(claim: Registration) -> bool:
    return claim.status == Registration.Status.LIVE


def _is_due(day: date | None, on: date) -> bool:
    return day is not None and day <= on


def _is_ahead(day: date | None, on: date) -> bool:
    return day is not None and on <= day <= on + timedelta(days=AHEAD_DAYS)


def _dated(pairs: Iterable[tuple[Any, date | None]], on: date) -> list[Dated]:
    rows = [Dated(record, day, (day - on).days) for record, day in pairs if day is not None]
    return sorted(rows, key=lambda row: (row.on, row.record.pk))[:SHOWN]


def _near_gates(projects: list[Project]) -> list[NearGate]:
    """Judge the gates by the kept facts, those that are open first (1 query)."""
    keys: dict[int, set[str]] = {}
    live = Confirmation.objects.filter(project__in=projects, kind=Confirmation.Kind.NODE, withdrawn_at=None)
    for project_id, key in live.values_list("project_id", "key"):
        keys.setdefault(project_id, set()).add(key)
    judged = [_judged(project, keys.get(project.pk, set())) for project in projects]
    near = [gate for gate in judged if len(gate.missing) <= WITHIN_REACH]
    return sorted(near, key=lambda gate: len(gate.missing))[:SHOWN]


def _judged(project: Project, confirmed: set[str]) -> NearGate:
    stage = queries.process_of(project).stage(project.stage_id)
    missing = rules.missing(stage, facts=queries.kept_values(project), confirmed=confirmed)
    return NearGate(project, stage, tuple(missing))


def _stalled(user: User, on: date) -> list[Stalled]:
    """The largest visible projects that do not move (1 query and the parameters)."""
    rows = Project.objects.visible_to(user).stalled().select_related("account", "owner", "kept_facts")
    return [_standing(project, on) for project in rows.order_by("-amount", "-pk")[:SHOWN]]


def _standing(project: Project, on: date) -> Stalled:
    stage = queries.process_of(project).stage(project.stage_id)
    quiet = queries.kept_values(project).get("activities.last_done_days")
    return Stalled(project, stage, (on - today(project.stage_entered_at)).days, quiet)
