"""Evaluations, made through the operation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openpsm.evaluation import content, operations
from openpsm.evaluation.models import Evaluation, Qualification
from openpsm.projects.models import Project
from tests.factories import AT

FACTORS = tuple(factor["key"] for factor in content.shipped()["factors"])


def answers_for(score: int) -> dict[str, int | None]:
    """Answers of the shipped model that score 56, 60 or 68."""
    changes: Mapping[int, dict[str, int]] = {
        56: {"product": 2, "price": 2},
        60: {},
        68: {"relationship": 4, "product": 4, "price": 4, "solution": 4},
    }
    return {**dict.fromkeys(FACTORS, 3), **changes[score]}


def make_evaluation(project: Project, *, score: int = 68, at: datetime = AT, **fields: Any) -> Evaluation:
    """An evaluation by the project's owner."""
    given: dict[str, Any] = {"answers": answers_for(score), "by": project.owner, "at": at} | fields
    return operations.evaluate(project_id=project.pk, **given)


def qualify_project(project: Project, *, at: datetime = AT, **fields: Any) -> Qualification:
    """The three first questions, all yes unless said otherwise."""
    given: dict[str, Any] = {
        "has_need": True,
        "can_pay": True,
        "has_good_name": True,
        "by": project.owner,
        "at": at,
    } | fields
    return operations.qualify(project_id=project.pk, **given)
