"""Reading evaluations, models, and the effort that went into a project."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from openpsm.evaluation import rules
from openpsm.evaluation.models import Evaluation, EvaluationModelVersion, Qualification
from openpsm.evaluation.rules import Result
from openpsm.org.models import User
from openpsm.projects.models import ProjectFacts


def latest_version(model_key: str | None = None) -> EvaluationModelVersion:
    """Return the newest version of a model, of the default one unless named (1 query).

    Raises EvaluationModelVersion.DoesNotExist.
    """
    wanted = {"model__key": model_key} if model_key else {"model__is_default": True}
    versions = EvaluationModelVersion.objects.filter(published_at__isnull=False, **wanted)
    return versions.select_related("model").latest("number")


def model_content(version_id: int) -> dict[str, Any]:
    """Return groups, factors with their levels, hard conditions and the three first questions (1 query)."""
    content: dict[str, Any] = EvaluationModelVersion.objects.values_list("content", flat=True).get(pk=version_id)
    return content


def history(project_id: int, *, user: User) -> list[Evaluation]:
    """Return the project's evaluations, newest first, with authors and model (1 query beside the reach)."""
    rows = Evaluation.objects.visible_to(user).filter(project_id=project_id)
    return list(rows.select_related("by", "decided_by", "model_version__model").order_by("-pk"))


def qualification(project_id: int, *, user: User) -> Qualification | None:
    """Return the answers to the three first questions, None before anybody answered (1 query beside the reach)."""
    found: Qualification | None = Qualification.objects.visible_to(user).filter(project_id=project_id).first()
    return found


def result(evaluation: Evaluation) -> Result:
    """Score a kept evaluation again, for its recommendation (no query when the model version is loaded)."""
    return rules.score(evaluation.model_version.content, evaluation.answers, evaluation.hard)


@dataclass(frozen=True)
class Effort:
    """What a project has taken so far: hours and money of its done activities.

    `cost` is in `currency`, the installation's; costs in other currencies are not added.
    """

    hours: Decimal
    cost: Decimal
    currency: str


def effort_spent(project_id: int) -> Effort:
    """Return the effort logged on a project so far, from the kept facts (1 query)."""
    kept = ProjectFacts.objects.filter(pk=project_id).values_list("answers", flat=True).first()
    return effort(kept or {})


def effort(answers: Mapping[str, Mapping[str, Any]]) -> Effort:
    """Read the effort from kept answers of the fact providers (no query)."""
    hours, cost = (
        Decimal(str((answers.get(name) or {}).get("value") or 0)) for name in ("activities.hours", "activities.cost")
    )
    return Effort(hours, cost, settings.OPENPSM_CURRENCY)
