"""What one person should do, decide and watch today, over all packages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Q

from openpsm.core.dates import DAY, today
from openpsm.insights.models import Snooze
from openpsm.org.models import Approval, User
from openpsm.org.queries import TaskList, approvals_waiting_for, open_tasks_of
from openpsm.process.queries import NodeDefinition, StageDefinition
from openpsm.projects import queries, rules
from openpsm.projects.models import Confirmation, Project
from openpsm.registrations.arbitration import KIND
from openpsm.registrations.models import Registration

Kind, Status = Snooze.Kind, Registration.Status
T = TypeVar("T")
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
    approvals: list[Approval] = field(default_factory=list)
    gates: list[NearGate] = field(default_factory=list)
    pending: list[Registration] = field(default_factory=list)
    stalled: list[Stalled] = field(default_factory=list)
    tenders: list[Dated] = field(default_factory=list)
    protections: list[Dated] = field(default_factory=list)


def today_of(user: User, *, at: datetime) -> Today:
    """Return the day of one person (8 queries).

    Next steps and gates are those of projects they own; stalled projects, tenders and protections those they may see.
    What they have put off until a later day is left out.
    """
    on = today(at)
    put_off = _put_off(user, on)
    near = _mine_or_near(user, on)
    mine = [project for project in near if project.owner_id == user.pk]
    claims = _claims(user, on)
    approvals = approvals_waiting_for(user, on=on, limit=SHOWN)
    asked = {one.subject_id for one in approvals if one.kind == KIND}
    return Today(
        tasks=open_tasks_of(user, on=on, until=on + TASKS_UNTIL * DAY),
        steps=_dated(((one, one.next_on) for one in _left(mine, Kind.STEP, put_off) if _is_step_due(one, on)), on),
        approvals=approvals,
        gates=_near_gates(_left(mine, Kind.GATE, put_off)),
        pending=[one for one in _left(claims, Kind.PENDING, put_off) if _is_pending(one) and one.pk not in asked][
            :SHOWN
        ],
        stalled=_stalled(user, on, put_off[Kind.STALLED]),
        tenders=_dated(
            ((one, one.tender_on) for one in _left(near, Kind.TENDER, put_off) if _is_ahead(one.tender_on, on)), on
        ),
        protections=_dated(
            ((one, one.protected_until) for one in _left(claims, Kind.PROTECTION, put_off) if _is_ending(one)), on
        ),
    )


def _put_off(user: User, on: date) -> dict[str, set[int]]:
    """Return the ids of records by kind of line (1 query)."""
    found: dict[str, set[int]] = defaultdict(set)
    for kind, pk in Snooze.objects.filter(user=user, until__gt=on).values_list("kind", "record_id"):
        found[kind].add(pk)
    return found


def _left(records: Iterable[T], kind: str, put_off: Mapping[str, set[int]]) -> list[T]:
    hidden = put_off.get(kind, set())
    return [one for one in records if one.pk not in hidden]  # type: ignore[attr-defined]  # models


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


def _is_pending(claim: Registration) -> bool:
    return claim.status == Registration.Status.PENDING


def _is_ending(claim: Registration) -> bool:
    return claim.status == Registration.Status.LIVE


def _is_step_due(project: Project, on: date) -> bool:
    return bool(project.next_step) and project.next_on is not None and project.next_on <= on


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


def _stalled(user: User, on: date, put_off: Collection[int]) -> list[Stalled]:
    """The largest visible projects that do not move (1 query)."""
    rows = Project.objects.visible_to(user).stalled().exclude(pk__in=put_off)
    rows = rows.select_related("account", "owner", "kept_facts")
    return [_standing(project, on) for project in rows.order_by("-amount", "-pk")[:SHOWN]]


def _standing(project: Project, on: date) -> Stalled:
    stage = queries.process_of(project).stage(project.stage_id)
    quiet = queries.kept_values(project).get("activities.last_done_days")
    return Stalled(project, stage, (on - today(project.stage_entered_at)).days, quiet)
