"""Taking over stock: existing business enters at its stated stage and dates, with its own right and its own review.

Rule: docs/business-rules.md#take-over
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from openpsm.core import bulk, events, memo
from openpsm.core.errors import InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.core.versions import Origin
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import queries as processes
from openpsm.process.queries import ProcessDefinition, StageDefinition
from openpsm.projects.models import (
    DROP_REASONS,
    LOSE_REASONS,
    ClosingReason,
    ClosingReport,
    Confirmation,
    GateReview,
    Outcome,
    Project,
)
from openpsm.projects.operations.creating import Entry, NewProject, created, write_projects
from openpsm.projects.operations.totals import count_projects

_OUTCOMES = frozenset({"", *Outcome.values})
_REASONS: Mapping[str, Collection[str]] = {
    Outcome.LOST.value: LOSE_REASONS | {""},
    Outcome.DROPPED.value: DROP_REASONS,
}


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A project from elsewhere: the stage it is (or ended) in, since when, and the row it stood in.

    `outcome` lost or dropped closes it at `ended_at` for a reason: a lost one without known reason has "other". Without
    `stage_key` it is in the first stage, or if won in the one behind the won gate.
    """

    project: NewProject
    stage_key: str
    entered_at: datetime
    row: int | None = None
    outcome: str = ""
    ended_at: datetime | None = None
    reason: str = ""
    reason_text: str = ""
    destination: str = ""
    origin: Origin | None = None


def take_over_projects(*, rows: Sequence[TakenOver], by: User, at: datetime, source: str) -> list[Project]:
    """Let existing projects enter at their stated stage, in the order of the rows; `source` names the file.

    Each leaves a review "taken over". Key nodes of the stages before count as unproven, not as debts; a stage behind
    the won gate makes the project won. Raises NotAllowed, InvalidInput with fields "<row>.<field>".
    """
    require(by, Permission.TAKE_OVER)
    with memo.ensured(), transaction.atomic():
        entries = [_entry(number, row, at) for number, row in enumerate(rows, 1)]
        projects = write_projects([row.project for row in rows], entries, by=by, at=at, is_for_others=True)
        _write_reports(projects, rows, source)
        reviews = [
            _review(project, entry, f"{source}:{row.row or number}", by=by, at=at)
            for number, (project, entry, row) in enumerate(zip(projects, entries, rows, strict=True), 1)
        ]
        bulk.write(GateReview, reviews)
        record = [
            EventRow(project, data={**created(project, entry), "source": review["source"], "outcome": project.outcome})
            for project, review, entry in zip(projects, reviews, entries, strict=True)
        ]
        events.record_many("project.taken_over", record, by=by, at=at)
    return projects


def _entry(number: int, row: TakenOver, at: datetime) -> Entry:
    given = row.project.process_version_id
    process = processes.definition(given) if given else processes.default_definition()
    stage = stage_of(process, row.stage_key, row.outcome)
    if stage is None:
        raise InvalidInput({f"{number}.stage_key": _("There is no such stage.")})
    errors = {f"{number}.{name}": text for name, text in problems_of_entry(process, stage, row, at).items()}
    if errors:
        raise InvalidInput(errors)
    ended_at = row.ended_at or row.entered_at
    closed = (Outcome(row.outcome), ended_at) if row.outcome in (Outcome.LOST, Outcome.DROPPED) else None
    return Entry(process, stage, row.entered_at, is_taken_over=True, closed=closed, origin=row.origin)


def stage_of(process: ProcessDefinition, key: str, outcome: str) -> StageDefinition | None:
    """Return the stage of the key; without one the first, or for a won project the one behind the won gate."""
    if key:
        return process.stage_called(key)
    if outcome != Outcome.WON:
        return process.stages[0]
    return next((stage for gate, stage in pairwise(process.stages) if gate.is_won_gate), None)


def problems_of_entry(
    process: ProcessDefinition, stage: StageDefinition, row: TakenOver, at: datetime
) -> dict[str, str]:
    """Return what speaks against taking the project over at this stage with this end, by field."""
    errors = {}
    is_behind = any(one.is_won_gate for one in process.before(stage.position))
    if row.entered_at > at:
        errors["entered_at"] = _("This day has not come yet.")
    if row.ended_at is not None and (row.ended_at > at or row.ended_at < row.entered_at):
        errors["ended_at"] = _("It ended before it began, or in the future.")
    if row.outcome not in _OUTCOMES:
        errors["outcome"] = _("This choice does not exist.")
    if (row.outcome == Outcome.WON) != is_behind and row.outcome and (is_behind or row.outcome == Outcome.WON):
        errors["outcome"] = _("A won project stands behind the won gate, and only a won one does.")
    if "outcome" not in errors and row.reason not in _REASONS.get(row.outcome, {row.reason}):
        errors["reason"] = _("Please choose a reason.")
    return errors


def _write_reports(projects: Sequence[Project], rows: Sequence[TakenOver], source: str) -> None:
    """Write the closing reports, in the name of whoever owned the project: the importer did not lose it."""
    bulk.write(
        ClosingReport,
        [
            {
                "project_id": project.pk,
                "outcome": project.outcome,
                "reason": row.reason or ClosingReason.OTHER.value,
                "reason_text": row.reason_text or _("Taken over from %(source)s") % {"source": source},
                "destination": row.destination[:200],
                "by_id": (row.origin and row.origin.by_id) or project.owner_id,
                "at": project.outcome_at,
            }
            for project, row in zip(projects, rows, strict=True)
            if project.outcome in (Outcome.LOST, Outcome.DROPPED)
        ],
    )


def withdraw_projects(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Move projects that an import brought to the recycle bin unless somebody worked on them; returns their ids.

    Work is a change (`versions` are those that the import left), a review after the first, a confirmation or an
    activity. A fixed number of statements.
    """
    require(by, Permission.TAKE_OVER)
    with transaction.atomic():
        lock_rows(Project, versions)
        rows = Project.objects.visible_to(by).filter(pk__in=versions)
        worked_on = GateReview.objects.filter(project__in=versions).exclude(outcome=GateReview.Outcome.TAKEN_OVER)
        activities: Any = next(one for one in Project._meta.related_objects if one.get_accessor_name() == "activities")
        done = activities.related_model._base_manager.filter(deleted_at=None)
        used: Any
        for used in (worked_on, Confirmation.objects.all(), done):
            rows = rows.exclude(pk__in=used.filter(project__in=versions).values("project_id"))
        projects = [one for one in rows if one.version == versions[one.pk]]
        ids = {one.pk for one in projects}
        changes = {"deleted_at": at, "updated_at": at, "version": F("version") + 1}
        Project.objects.filter(pk__in=ids).update(**changes)
        for one in projects:
            one.deleted_at = at
        count_projects(projects)
        events.record_many("project.deleted", [EventRow(one) for one in projects], by=by, at=at)
    return ids


def _review(project: Project, entry: Entry, source: str, *, by: User, at: datetime) -> dict[str, Any]:
    """Return the columns of the review that says where the project came from."""
    earlier = entry.process.before(entry.stage.position)
    unproven = [f"{stage.key}:{node.key}" for stage in earlier for node in stage.key_nodes if not node.is_warning]
    return {
        "project_id": project.pk,
        "stage_id": entry.stage.id,
        "outcome": GateReview.Outcome.TAKEN_OVER.value,
        "missing": unproven,
        "source": source[:200],
        "probability_before": project.probability,
        "probability_after": project.probability,
        "by_id": by.pk,
        "at": at,
    }
