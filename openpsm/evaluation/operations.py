"""Evaluate a project, decide on the result, answer the three first questions, publish a model."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, Message
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.evaluation import content as contents
from openpsm.evaluation import queries, rules
from openpsm.evaluation.models import Evaluation, EvaluationModel, EvaluationModelVersion, Qualification
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project
from openpsm.projects.operations.records import locked, require_open

Decision = Evaluation.Decision
LONGEST_REMARK = 1_000


def evaluate(
    *,
    project_id: int,
    answers: Mapping[str, int | None],
    by: User,
    at: datetime,
    hard: Mapping[str, bool | None] | None = None,
    remarks: Mapping[str, str] | None = None,
    model_key: str | None = None,
) -> Evaluation:
    """Score an open project with the latest version of a model (the default one unless named) and keep the result.

    Answers map factor to level, None is unknown. The latest evaluation counts, earlier ones stay readable. Raises
    InvalidInput for unknown factors, DomainError "closed". Rule: docs/business-rules.md#evaluation
    """
    with transaction.atomic():
        project = _open_project(project_id, by)
        version = queries.latest_version(model_key)
        result = rules.score(version.content, answers, hard or {})
        evaluation = Evaluation.objects.create(
            project=project,
            model_version=version,
            answers={factor["key"]: answers.get(factor["key"]) for factor in version.content["factors"]},
            hard=dict(hard or {}),
            remarks=_clean_remarks(version.content, remarks or {}),
            score=result.score,
            low=result.low,
            high=result.high,
            is_passed=result.passed,
            knock_outs=list(result.knock_outs),
            gaps=list(result.gaps),
            by=by,
            at=at,
        )
        projects.refresh_locked(projects=[project], at=at, by=by)
        events.record("evaluation.recorded", subject=evaluation, root=project, by=by, at=at, **_summary(evaluation))
    return evaluation


def _open_project(project_id: int, by: User) -> Project:
    project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT)
    require_open(project)
    return project


def _clean_remarks(content: Mapping[str, Any], remarks: Mapping[str, str]) -> dict[str, str]:
    """Keep the remarks that say something, each of a factor or a hard condition of the model."""
    known = {row["key"] for name in ("factors", "hard_conditions") for row in content.get(name, ())}
    errors: dict[str, Message] = {
        f"remarks.{key}": _("There is no such factor.") for key in remarks if key not in known
    }
    errors |= {
        f"remarks.{key}": _("This text is too long.") for key, text in remarks.items() if len(text) > LONGEST_REMARK
    }
    if errors:
        raise InvalidInput(errors)
    return {key: text.strip() for key, text in remarks.items() if text.strip()}


def _summary(evaluation: Evaluation) -> dict[str, Any]:
    names = ("answers", "hard", "score", "low", "high", "is_passed", "knock_outs", "gaps")
    return {"model_version": evaluation.model_version_id} | {name: getattr(evaluation, name) for name in names}


def decide(
    *,
    evaluation_id: int,
    decision: str,
    by: User,
    at: datetime,
    reason: str = "",
    hours_spent: Decimal | None = None,
) -> Evaluation:
    """Decide on the latest evaluation of an open project: drop it, lower the contact level, or go on if it passed.

    Kept with the hours (those logged unless given) and the money spent so far. Dropping needs the right to close.
    Raises InvalidInput, DomainError "evaluation-outdated", "evaluation-decided".
    Rule: docs/business-rules.md#evaluation
    """
    with transaction.atomic():
        found = Evaluation.objects.visible_to(by).values_list("project_id", flat=True).get(pk=evaluation_id)
        project = _open_project(found, by)
        evaluation = _undecided(project, evaluation_id)
        _check_decision(evaluation, decision, reason, hours_spent)
        effort = queries.effort_spent(project.pk)
        evaluation.decision, evaluation.decision_reason = decision, reason.strip()
        evaluation.decided_by, evaluation.decided_at = by, at
        evaluation.hours_spent = effort.hours if hours_spent is None else hours_spent
        evaluation.cost_spent, evaluation.cost_currency = effort.cost, effort.currency
        evaluation.save()
        _follow(evaluation, by=by, at=at)
        names = ("decision", "hours_spent", "cost_spent", "cost_currency")
        data = {name: getattr(evaluation, name) for name in names}
        events.record("evaluation.decided", subject=evaluation, root=project, by=by, at=at, reason=reason, **data)
    return evaluation


def _undecided(project: Project, evaluation_id: int) -> Evaluation:
    """Return the evaluation if it is the one that counts and nobody decided yet."""
    latest: Evaluation = project.evaluations.latest("pk")
    if latest.pk != evaluation_id:
        raise DomainError(
            _("The project has been evaluated again. Decide on the latest evaluation."), code="evaluation-outdated"
        )
    if latest.decision:
        raise DomainError(_("This evaluation has been decided. Evaluate the project again."), code="evaluation-decided")
    return latest


def _check_decision(evaluation: Evaluation, decision: str, reason: str, hours_spent: Decimal | None) -> None:
    errors: dict[str, Message] = {}
    if decision not in rules.open_decisions(evaluation.is_passed):
        errors["decision"] = _("Below the pass mark there are two ways: drop the project or lower the contact level.")
    if decision != Decision.GO_ON and (not reason.strip() or is_placeholder(reason)):
        errors["reason"] = _("Say in a sentence why, so that others can learn from it.")
    try:
        hours = Evaluation._meta.get_field("hours_spent").to_python(hours_spent)
    except ValidationError as error:
        errors["hours_spent"] = error.messages[0]
    else:
        if hours is not None and hours < 0:
            errors["hours_spent"] = _("Hours cannot be negative.")
    if errors:
        raise InvalidInput(errors)


def _follow(evaluation: Evaluation, *, by: User, at: datetime) -> None:
    """Do to the project what was decided."""
    pk, reason = evaluation.project_id, evaluation.decision_reason
    if evaluation.decision == Decision.DROP:
        projects.drop(
            project_id=pk,
            reason="evaluation_failed",
            reason_text=reason,
            hours_spent=evaluation.hours_spent,
            by=by,
            at=at,
        )
    elif evaluation.decision == Decision.LOWER_CONTACT:
        projects.lower_contact(project_id=pk, reason=reason, by=by, at=at)
    else:
        projects.refresh_facts(project_ids=[pk], at=at)


def qualify(
    *,
    project_id: int,
    has_need: bool | None,
    can_pay: bool | None,
    has_good_name: bool | None,
    by: User,
    at: datetime,
    note: str = "",
    version: int | None = None,
) -> Qualification:
    """Answer the three first questions; None is unknown. All three yes make a qualified prospect."""
    answers: dict[str, Any] = {"has_need": has_need, "can_pay": can_pay, "has_good_name": has_good_name}
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT)
        qualification = _qualification(project, by=by, at=at, version=version)
        for name, value in (answers | {"note": note.strip()}).items():
            setattr(qualification, name, value)
        _check_fields(qualification)
        qualification.save()
        projects.refresh_locked(projects=[project], at=at, by=by)
        events.record("qualification.answered", subject=qualification, root=project, by=by, at=at, **answers)
    return qualification


def _qualification(project: Project, *, by: User, at: datetime, version: int | None) -> Qualification:
    found: Qualification | None = Qualification.objects.filter(project=project).first()
    if found is None:
        return Qualification(project=project, created_at=at, updated_at=at, created_by=by)
    require_version(found, version)
    bump(found, at=at)
    return found


def _check_fields(qualification: Qualification) -> None:
    try:
        qualification.clean_fields(exclude=["project", "created_by"])
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from None


def publish_model(*, content: Mapping[str, Any], by: User, at: datetime) -> EvaluationModelVersion:
    """Publish a model, or a new version of the one with this key. Evaluations made before keep their version.

    Raises InvalidModel with every problem found.
    """
    require(by, Permission.PROCESS_ADMIN)
    return _publish(content, by=by, at=at)


def install(at: datetime) -> None:
    """Publish the shipped nine-factor model unless a model with its key exists (1 query when it does)."""
    shipped = contents.shipped()
    if not EvaluationModel.objects.filter(key=shipped["key"]).exists():
        _publish(shipped, by=None, at=at)


def _publish(content: Mapping[str, Any], *, by: User | None, at: datetime) -> EvaluationModelVersion:
    contents.check(content)
    with transaction.atomic():
        is_first = not EvaluationModel.objects.exists()
        start = {"name": content["name"], "is_default": is_first, "created_at": at, "updated_at": at, "created_by": by}
        model, _is_new = EvaluationModel.objects.get_or_create(key=content["key"], defaults=start)
        number = (model.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        body = {key: value for key, value in content.items() if key not in ("key", "version")}
        version: EvaluationModelVersion = model.versions.create(number=number, content=body, published_at=at)
        events.record("evaluation_model.published", subject=version, by=by, at=at, key=model.key, number=number)
    return version
