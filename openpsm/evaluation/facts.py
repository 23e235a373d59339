"""What evaluations know about a project. The latest one counts."""

from collections.abc import Collection
from datetime import date

from django.db.models import Max
from django.utils import timezone

from openpsm.evaluation import rules
from openpsm.evaluation.models import Evaluation, Qualification
from openpsm.process.facts import Answer, provider


@provider("evaluation.qualified")
def qualification_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Answer]]:
    """Answer whether the three first questions are all yes (1 query)."""
    rows = Qualification.objects.filter(project_id__in=project_ids)
    found = rows.values_list("project_id", "has_need", "can_pay", "has_good_name", "updated_at")
    return {
        pk: {"evaluation.qualified": Answer(rules.is_qualified(answers), as_of=timezone.localdate(at))}
        for pk, *answers, at in found
    }


LATEST = (
    "evaluation.passed",
    "evaluation.score",
    "evaluation.hard_failed",
    "evaluation.decided",
    "evaluation.out_of_reach",
)


@provider(*LATEST)
def evaluation_facts(project_ids: Collection[int], on: date) -> dict[int, dict[str, Answer]]:
    """Answer from the latest evaluation of each project; without one all is unknown but that none passed (1 query)."""
    latest = Evaluation.objects.filter(project_id__in=project_ids).values("project_id").annotate(last=Max("pk"))
    rows = Evaluation.objects.filter(pk__in=latest.values("last")).select_related("model_version")
    found = {row.project_id: _answers(row) for row in rows}
    none: dict[str, Answer] = {"evaluation.passed": Answer(False)}
    return {pk: found.get(pk, none) for pk in project_ids}


def _answers(row: Evaluation) -> dict[str, Answer]:
    as_of = timezone.localdate(row.at)
    values = {
        "passed": row.is_passed,
        "score": row.score,
        "hard_failed": bool(row.knock_outs),
        "decided": bool(row.decision),
        "out_of_reach": row.high < row.model_version.content["pass_mark"],
    }
    return {f"evaluation.{name}": Answer(value, as_of=as_of) for name, value in values.items()}
