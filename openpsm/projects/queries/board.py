"""The board: running projects by stage, the columns with their sums and first cards.

Rule: docs/business-rules.md#board
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from openpsm.core.dates import today
from openpsm.org.models import Department, User
from openpsm.process import queries as processes
from openpsm.process.queries import ProcessDefinition, StageDefinition
from openpsm.projects import rules
from openpsm.projects.models import Confirmation, Project
from openpsm.projects.queries import totals
from openpsm.projects.queries.totals import Sums
from openpsm.projects.querysets import MARKS, ProjectQuerySet

CARDS = 20
#: Won projects stay on the board until they have passed the last gate.
ON_BOARD = Q(outcome__in=("open", "won"), is_finished=False, is_on_hold=False)
_VALUES = (
    *("id", "name", "account__name", "owner__name", "owner_id", "process_version_id", "stage_id", "stage_entered_at"),
    *("amount", "amount_currency", "grade", "probability", "possibility", "is_stalled", "is_indebted", "outcome"),
    *("next_step", "next_on", "tender_on", "version", "kept_facts__answers"),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which projects: a part of the name, a department with all below it, an owner, a grade, a mark (`MARKS`)."""

    q: str = ""
    department: int | None = None
    owner: int | None = None
    grade: str = ""
    mark: str = ""

    def narrow(self, projects: ProjectQuerySet, on: date) -> ProjectQuerySet:
        """Narrow visible projects."""
        rows = projects.filter(self._kept())
        rows = rows.matching(self.q) if self.q else rows
        rows = rows.filter(grade=self.grade) if self.grade else rows
        return rows.with_mark(self.mark, on) if self.mark in MARKS else rows

    def kept(self) -> Q | None:
        """Return the same for the kept totals, None where they do not know what is asked for."""
        return None if self.q or self.grade or self.mark else self._kept()

    def _kept(self) -> Q:
        chosen = Q(owner=self.owner) if self.owner else Q()
        if self.department:
            root = Department.objects.filter(pk=self.department).values("path")[:1]
            chosen &= Q(department__in=Department.objects.filter(path__startswith=Subquery(root)).values("pk"))
        return chosen


@dataclass(frozen=True, slots=True)
class Dot:
    """A key node of the stage in which a project stands."""

    title: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One project: its columns (`values`), days in the stage, days that it was planned to last, key nodes."""

    values: Mapping[str, Any]
    days: int
    expected_days: int
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One stage; `more` is the id after which the next cards follow, None when all are there."""

    stage: StageDefinition
    sums: Sums
    cards: tuple[Card, ...]
    more: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """The columns of one process; `processes` are the latest versions of all published ones."""

    process: ProcessDefinition
    processes: tuple[ProcessDefinition, ...]
    columns: tuple[Column, ...]


def board_of(
    user: User, chosen: Filter, *, at: datetime, process: str = "", stages: Collection[str] | None = None
) -> Board:
    """Return the board that a person sees, all of it or these stages, cards by amount.

    At most 4 queries, whatever there is: the versions; the sums, kept where totals are kept of what is asked for and
    else grouped, and those of projects seen as a team member only; the cards. 1 more where key nodes are manual.
    """
    latest, versions = _processes(process)
    columns = [one for one in latest[0].stages if stages is None or one.key in stages]
    ids = {one.key: _ids(one.key, versions) for one in columns}
    rows = _rows(user, chosen, today(at))
    cards = _cards(_first(rows, ids.values()), versions, at)
    sums = _sums(user, chosen, rows, [pk for found in ids.values() for pk in found], today(at))
    return Board(latest[0], tuple(latest), tuple(_column(one, ids[one.key], cards, sums) for one in columns))


def funnel_of(
    user: User, chosen: Filter, *, at: datetime, process: str = ""
) -> tuple[ProcessDefinition, list[tuple[StageDefinition, Sums]]]:
    """Return a process and its stages with the sums of the board's columns (at most 3 queries)."""
    latest, versions = _processes(process)
    ids = {one.key: _ids(one.key, versions) for one in latest[0].stages}
    rows = _rows(user, chosen, today(at))
    sums = _sums(user, chosen, rows, [pk for found in ids.values() for pk in found], today(at))
    return latest[0], [(one, _added(ids[one.key], sums)) for one in latest[0].stages]


def more_cards(
    user: User, chosen: Filter, *, stage: str, after: int, at: datetime, process: str = ""
) -> tuple[list[Card], int | None]:
    """Return the cards of a column that follow a project, and after which one there are more (at most 3 queries)."""
    _latest, versions = _processes(process)
    last = Project.objects.visible_to(user).filter(pk=after).values("amount")[:1]
    rows = _rows(user, chosen, today(at)).filter(stage__in=_ids(stage, versions), amount__lte=Subquery(last))
    rows = rows.filter(Q(amount__lt=Subquery(last)) | Q(pk__lt=after)).order_by("-amount", "-pk")
    found = list(rows.values(*_VALUES)[: CARDS + 1])
    cards = _cards_of(found[:CARDS], versions, at)
    return cards, found[CARDS - 1]["id"] if len(found) > CARDS else None


def _processes(key: str) -> tuple[list[ProcessDefinition], list[ProcessDefinition]]:
    """Return the latest version of each process, the chosen one first, and all versions of that one (1 query)."""
    found = [processes.definition(version.pk) for version in processes.published_versions()]
    latest = list({one.key: one for one in reversed(found)}.values())[::-1]
    latest.sort(key=lambda one: one.key != key)
    return latest, [one for one in found if one.key == latest[0].key]


def _ids(key: str, versions: Sequence[ProcessDefinition]) -> list[int]:
    """The stage of this key in all versions of the process: running projects keep theirs."""
    return [stage.id for version in versions if (stage := version.stage_called(key))]


def _rows(user: User, chosen: Filter, on: date) -> ProjectQuerySet:
    return chosen.narrow(Project.objects.visible_to(user).filter(ON_BOARD), on)


def _first(rows: QuerySet[Project], stages: Collection[Sequence[int]]) -> QuerySet[Project]:
    """The first cards of each column and one more, in one statement in which each column reads its own index range."""
    parts: list[str] = []
    values: list[Any] = []
    for ids in stages:
        part = rows.filter(stage__in=ids).order_by("-amount", "-pk").values("pk")[: CARDS + 1]
        sql, given = part.query.sql_with_params()
        parts.append(f"SELECT * FROM ({sql}) AS part{len(parts)}")  # noqa: S608 - put together by Django
        values += given
    return Project.objects.filter(pk__in=RawSQL(" UNION ALL ".join(parts), values))  # noqa: S611 - as above


def _cards(rows: QuerySet[Project], versions: Sequence[ProcessDefinition], at: datetime) -> dict[int, list[Card]]:
    found: dict[int, list[Card]] = defaultdict(list)
    for card in _cards_of(list(rows.order_by("-amount", "-pk").values(*_VALUES)), versions, at):
        found[card.values["stage_id"]].append(card)
    return found


def _cards_of(rows: Sequence[Mapping[str, Any]], versions: Sequence[ProcessDefinition], at: datetime) -> list[Card]:
    by_id = {stage.id: stage for version in versions for stage in version.stages}
    confirmed = _confirmed(rows, by_id.values())
    return [_card(row, by_id[row["stage_id"]], confirmed.get(row["id"], set()), today(at)) for row in rows]


def _confirmed(rows: Sequence[Mapping[str, Any]], stages: Collection[StageDefinition]) -> dict[int, set[str]]:
    """Return the confirmed key nodes by project (1 query, none where no node is manual)."""
    found: dict[int, set[str]] = defaultdict(set)
    if any(node.is_manual for stage in stages for node in stage.key_nodes):
        live = Confirmation.objects.filter(kind=Confirmation.Kind.NODE, withdrawn_at=None)
        ids = [row["id"] for row in rows]
        for pk, key in live.filter(project__in=ids).values_list("project_id", "key"):
            found[pk].add(key)
    return found


def _card(row: Mapping[str, Any], stage: StageDefinition, confirmed: set[str], on: date) -> Card:
    known = {name: answer.get("value") for name, answer in (row["kept_facts__answers"] or {}).items()}
    nodes = [node for node in stage.key_nodes if not node.is_warning]
    dots = tuple(Dot(node.title, rules.is_held(stage, node, facts=known, confirmed=confirmed)) for node in nodes)
    return Card(row, (on - today(row["stage_entered_at"])).days, stage.expected_days, dots)


def _sums(user: User, chosen: Filter, rows: QuerySet[Project], stages: Sequence[int], on: date) -> dict[int, Sums]:
    """Return the sums by stage (1–2 queries)."""
    narrowed, within = chosen.kept(), totals.reachable(user)
    if narrowed is None:
        found = totals.of(rows.filter(stage__in=stages), "stage")
    else:
        states = Q(state__in=("open", "won"), stage__in=stages)
        found = totals.kept(states & narrowed & (within or Q()), "stage")
    if narrowed is not None and within is not None:
        beyond = chosen.narrow(totals.beyond(user), on).filter(ON_BOARD, stage__in=stages)
        found += totals.of(beyond, "stage")
    return totals.group(found, lambda row: row["stage"])


def _column(
    stage: StageDefinition, ids: Sequence[int], cards: Mapping[int, list[Card]], sums: Mapping[int, Sums]
) -> Column:
    found = sorted((card for pk in ids for card in cards.get(pk, ())), key=_order)
    shown = found[:CARDS]
    return Column(stage, _added(ids, sums), tuple(shown), shown[-1].values["id"] if len(found) > CARDS else None)


def _added(ids: Sequence[int], sums: Mapping[int, Sums]) -> Sums:
    added = Sums()
    for pk in ids:
        if pk in sums:
            added.absorb(sums[pk])
    return added


def _order(card: Card) -> tuple[Any, int]:
    return (-card.values["amount"], -card.values["id"])
