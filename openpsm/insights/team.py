"""The manager's board: departments and people with their figures, and what needs a manager now.

Rule: docs/business-rules.md#team-board
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from openpsm.core.dates import today
from openpsm.org import access
from openpsm.org.models import Department, User
from openpsm.org.permissions import Permission
from openpsm.process.queries import StageDefinition
from openpsm.projects import queries
from openpsm.projects.models import Project
from openpsm.projects.queries import totals
from openpsm.projects.queries.totals import Sums
from openpsm.projects.querysets import TENDER_DAYS

EXCEPTIONS = 20


@dataclass(slots=True)
class Figures:
    """Running projects of a department with all below it, or of a person."""

    sums: Sums = field(default_factory=Sums)
    tenders: int = 0


@dataclass(frozen=True, slots=True)
class Branch:
    """A department in the tree, with its depth below the topmost ones shown."""

    id: int
    name: str
    depth: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Person:
    """An owner of running projects."""

    id: int
    name: str
    department: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Alarm:
    """A project that needs a manager now, and why: the gravest reason first."""

    project: Project
    stage: StageDefinition
    reasons: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class Team:
    """All of it. `department` is the branch looked at, None for all in reach."""

    whole: Figures
    department: Department | None
    branches: list[Branch]
    people: list[Person]
    alarms: list[Alarm]


def leads_a_team(user: User) -> bool:
    """Whether the board has more to show than one's own projects: managers, and roles that see the projects of others.

    No query beside the reach.
    """
    own = access.reach(user)
    return (
        bool(own.managed)
        or own.holds(Permission.PROJECT_VIEW_ALL)
        or any(Permission.PROJECT_VIEW_ALL in held for _path, held in own.below)
    )


def team_of(user: User, *, at: datetime, department: int | None = None) -> Team:
    """Return the board of a manager, of one branch if a department is given (5 queries).

    The totals are kept ones and hold no project that the user does not see; tenders are counted by their index.
    Raises Department.DoesNotExist.
    """
    on = today(at)
    tree = list(Department.objects.visible_to(user).order_by("path"))
    chosen = _chosen(tree, department)
    path = (chosen.path or "") if chosen else ""
    shown = [one for one in tree if (one.path or "").startswith(path)] if chosen else tree
    narrowed = Q(department__in=[one.pk for one in shown]) if chosen else Q()
    within = totals.reachable(user) or Q()
    rows = totals.kept(narrowed & within & Q(state="open"), "owner", "department")
    tenders = _tenders(within & narrowed, on)
    by_person = _by(rows, tenders, "owner")
    by_department = _by(rows, tenders, "department")
    return Team(
        whole=_whole(by_department.values()),
        department=chosen,
        branches=_branches(shown, by_department),
        people=_people(by_person, rows, tree),
        alarms=_alarms(user, narrowed, on),
    )


def _chosen(tree: Sequence[Department], pk: int | None) -> Department | None:
    if pk is None:
        return None
    found = next((one for one in tree if one.pk == pk), None)
    if found is None:
        raise Department.DoesNotExist
    return found


def _tenders(narrowed: Q, on: date) -> list[dict[str, Any]]:
    """Count the tenders of the next days by owner and department (1 query, read from an index of running projects)."""
    soon = Project.objects.filter(deleted_at=None).running().filter(narrowed)
    rows = soon.filter(tender_on__gte=on, tender_on__lte=on + timedelta(days=TENDER_DAYS)).order_by()
    return [dict(row) for row in rows.values("owner", "department").annotate(n=Count("pk"))]


def _by(rows: Iterable[Mapping[str, Any]], tenders: Iterable[Mapping[str, Any]], key: str) -> dict[int, Figures]:
    found: dict[int, Figures] = defaultdict(Figures)
    for row in rows:
        found[row[key]].sums.add(row)
    for row in tenders:
        found[row[key]].tenders += row["n"]
    return dict(found)


def _whole(parts: Iterable[Figures]) -> Figures:
    whole = Figures()
    for part in parts:
        whole.sums.absorb(part.sums)
        whole.tenders += part.tenders
    return whole


def _branches(tree: Sequence[Department], known: Mapping[int, Figures]) -> list[Branch]:
    """Add each department's figures to all above it; branches without a project are left out."""
    added: dict[int, Figures] = defaultdict(Figures)
    ids = {one.pk for one in tree}
    for one in tree:
        if one.pk in known:
            for pk in _steps(one):
                if pk in ids:
                    added[pk].sums.absorb(known[one.pk].sums)
                    added[pk].tenders += known[one.pk].tenders
    filled = [one for one in tree if one.pk in added]
    top = min((len(_steps(one)) for one in filled), default=0)
    ordered = sorted(filled, key=_steps)
    return [Branch(one.pk, one.name, len(_steps(one)) - top, added[one.pk]) for one in ordered]


def _steps(department: Department) -> tuple[int, ...]:
    return tuple(int(step) for step in (department.path or "").strip("/").split("/") if step)


def _people(
    known: Mapping[int, Figures], rows: Iterable[Mapping[str, Any]], tree: Sequence[Department]
) -> list[Person]:
    """Name the owners (1 query), those with the most that stands still first."""
    names = dict(User.objects.filter(pk__in=known).values_list("pk", "name"))
    called, homes = {one.pk: one.name for one in tree}, {row["owner"]: row["department"] for row in rows}
    people = [Person(pk, names.get(pk, "—"), called.get(homes.get(pk, 0), ""), one) for pk, one in known.items()]
    return sorted(people, key=lambda one: (-one.figures.sums.stalled, -one.figures.sums.count, one.name, one.id))


def _alarms(user: User, narrowed: Q, on: date) -> list[Alarm]:
    """The largest running projects that owe key nodes, stand still, or face a tender unevaluated (1 query)."""
    near = Q(tender_on__gte=on, tender_on__lte=on + timedelta(days=TENDER_DAYS))
    wrong = (
        Q(is_indebted=True)
        | Q(is_stalled=True, grade__in=("A", "B"))
        | near & (Q(is_unevaluated=True) | Q(next_step=""))
    )
    rows = Project.objects.visible_to(user).running().filter(narrowed).filter(wrong)
    rows = rows.select_related("account", "owner").order_by("-amount", "-pk")[:EXCEPTIONS]
    return [_alarm(project, on) for project in rows]


def _alarm(project: Project, on: date) -> Alarm:
    stage = queries.process_of(project).stage(project.stage_id)
    days = (on - today(project.stage_entered_at)).days
    is_near = project.tender_on is not None and 0 <= (project.tender_on - on).days <= TENDER_DAYS
    reasons = [
        ("tender-unevaluated", is_near and project.is_unevaluated),
        ("tender-no-step", is_near and not project.next_step),
        ("debts", project.is_indebted),
        ("stalled", project.is_stalled),
    ]
    return Alarm(project, stage, tuple(name for name, is_so in reasons if is_so), days)
