"""Taking over stock: existing business enters at its stated stage and dates, with its own right and its own review.

Rule: docs/business-rules.md#take-over
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events, memo
from openpsm.core.errors import InvalidInput
from openpsm.core.events import EventRow
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import queries as processes
from openpsm.projects.models import GateReview, Project
from openpsm.projects.operations.creating import Entry, NewProject, created, write_projects


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A project from elsewhere: the stage it is in, since when, and the row it stood in."""

    project: NewProject
    stage_key: str
    entered_at: datetime
    row: int | None = None


def take_over_projects(*, rows: Sequence[TakenOver], by: User, at: datetime, source: str) -> list[Project]:
    """Let existing projects enter at their stated stage, in the order of the rows; `source` names the file.

    Each leaves a review "taken over". Key nodes of the stages before count as unproven, not as debts; a stage behind
    the won gate makes the project won. Raises NotAllowed, InvalidInput with fields "<row>.<field>".
    """
    require(by, Permission.TAKE_OVER)
    with memo.ensured(), transaction.atomic():
        entries = [_entry(number, row, at) for number, row in enumerate(rows, 1)]
        projects = write_projects([row.project for row in rows], entries, by=by, at=at, is_for_others=True)
        reviews = [
            _review(project, entry, f"{source}:{row.row or number}", by=by, at=at)
            for number, (project, entry, row) in enumerate(zip(projects, entries, rows, strict=True), 1)
        ]
        GateReview.objects.bulk_create(reviews)
        record = [
            EventRow(review.project, data={**created(review.project, entry), "source": review.source})
            for review, entry in zip(reviews, entries, strict=True)
        ]
        events.record_many("project.taken_over", record, by=by, at=at)
    return projects


def _entry(number: int, row: TakenOver, at: datetime) -> Entry:
    given = row.project.process_version_id
    process = processes.definition(given) if given else processes.default_definition()
    stage = process.stage_called(row.stage_key)
    if stage is None:
        raise InvalidInput({f"{number}.stage_key": _("There is no such stage.")})
    if row.entered_at > at:
        raise InvalidInput({f"{number}.entered_at": _("This day has not come yet.")})
    return Entry(process, stage, row.entered_at, is_taken_over=True)


def _review(project: Project, entry: Entry, source: str, *, by: User, at: datetime) -> GateReview:
    earlier = entry.process.before(entry.stage.position)
    unproven = [f"{stage.key}:{node.key}" for stage in earlier for node in stage.key_nodes if not node.is_warning]
    return GateReview(
        project=project,
        stage_id=entry.stage.id,
        outcome=GateReview.Outcome.TAKEN_OVER,
        missing=unproven,
        source=source[:200],
        probability_before=project.probability,
        probability_after=project.probability,
        by=by,
        at=at,
    )
