"""What the project itself says, and what people have stated about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from openpsm.core.dates import today
from openpsm.process import facts
from openpsm.process.facts import Answer
from openpsm.projects.models import Confirmation, Outcome, Project

OWN = (
    "project.graded",
    "project.grade",
    "project.possibility",
    "project.stage_days",
    "project.days_to_tender",
    "project.days_to_order",
    "project.boss_attitude_known",
    "project.debts",
)


@facts.provider(*OWN)
def project_facts(project_ids: Collection[int], on: date) -> dict[int, Mapping[str, Answer]]:
    """Answer what stands on the projects themselves (1 query)."""
    rows = Project.objects.filter(pk__in=project_ids).with_debt_counts()
    return {project.pk: own_answers(project, on) for project in rows}


def own_answers(project: Project, on: date) -> dict[str, Answer]:
    """Answer the facts of one project from its fields; it carries its debt counts."""
    tomorrow = on + timedelta(days=1) if project.outcome == Outcome.OPEN else None
    days = (on - today(project.stage_entered_at)).days
    boss = project.boss_attitude is not None
    return {
        "project.graded": Answer(bool(project.grade)),
        "project.grade": Answer(project.grade or None, source=project.grade_reason),
        "project.possibility": Answer(project.possibility, source=project.possibility_reason),
        "project.stage_days": Answer(days, turns_on=tomorrow),
        "project.days_to_tender": _days_until(project.tender_on, on, tomorrow, source=project.tender_source),
        "project.days_to_order": _days_until(project.order_on, on, tomorrow),
        "project.boss_attitude_known": Answer(boss, source=project.boss_attitude_source),
        "project.debts": Answer(project.debt_count),
    }


def _days_until(day: date | None, on: date, tomorrow: date | None, *, source: str = "") -> Answer:
    return Answer((day - on).days, source=source, turns_on=tomorrow) if day else Answer(None)


@facts.provider_of_stated
def stated_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Answer]]:
    """Answer what people have stated with evidence; what is computed by now is left to its provider (1 query)."""
    live = Confirmation.objects.filter(project_id__in=project_ids, kind=Confirmation.Kind.FACT, withdrawn_at=None)
    known = facts.stated_facts()
    found: dict[int, dict[str, Answer]] = {}
    for pk, name, evidence, at in live.values_list("project_id", "key", "evidence", "at"):
        if name in known:
            found.setdefault(pk, {})[name] = Answer(True, source=evidence, as_of=today(at))
    return found
