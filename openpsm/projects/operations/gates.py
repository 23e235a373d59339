"""Passing gates: one stage, several in a row, up to the won one, and going back.

No gate is skipped: whatever moves a project forward comes through `_run`. Rules: docs/business-rules.md#gates, #debts
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events, memo
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.events import EventRow
from openpsm.core.versions import bump
from openpsm.org.access import require_supervision
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import facts
from openpsm.process.facts import Answer
from openpsm.process.queries import ProcessDefinition, StageDefinition
from openpsm.projects import queries, rules
from openpsm.projects.models import Debt, GateReview, Outcome, Project, StageVisit
from openpsm.projects.operations.facts import (
    DERIVED,
    ask_after_move,
    asked,
    derive,
    grades,
    keep,
    plain,
    record_grades,
    settle_debts,
)
from openpsm.projects.operations.records import locked, require_open, require_reason
from openpsm.projects.operations.totals import count_projects
from openpsm.projects.queries import Gate, NodeState

Judgement = GateReview.Outcome
Plan = Callable[[ProcessDefinition, StageDefinition], list[StageDefinition]]
MOVED = ("stage", "stage_entered_at", "stage_due_on", "outcome", "outcome_at", "is_finished", *DERIVED)


class GateBlocked(DomainError):
    """Key nodes are missing. `passed` gates were passed before this one; the blocked try is on record already."""

    code = "gate-blocked"

    def __init__(self, missing: Sequence[NodeState], *, stage: StageDefinition, passed: int = 0) -> None:
        labels = _("; ").join(node.label for node in missing)
        message = _("The gate of “%(stage)s” stays closed. Missing: %(missing)s") % {
            "stage": stage.title,
            "missing": labels,
        }
        super().__init__(message, stage=stage.key, key_nodes=[node.for_api() for node in missing])
        self.missing, self.stage, self.passed = list(missing), stage, passed


@dataclass(slots=True)
class Attempt:
    """One try at one gate and what it left behind."""

    gate: Gate
    outcome: Judgement
    review: GateReview
    visit: StageVisit | None = None
    entered: StageDefinition | None = None


def advance_stage(
    *, project_id: int, by: User, at: datetime, version: int | None = None, override_reason: str = ""
) -> Project:
    """Try the gate of the project's stage and, if it opens, enter the next one.

    Every try leaves a gate review: passed, blocked, or overridden with a manager's reason (the missing key nodes stay
    as debts and halve the probability until they are made good). The gate that the process marks so wins the project,
    the last one finishes it. Raises NotAllowed, Stale, GateBlocked, DomainError ("closed", "finished").
    At most 13 statements, 1 per provider of facts, 2 for the user's reach.
    Rule: docs/business-rules.md#gates
    """
    return _run(lambda _process, stage: [stage], project_id, by, at, version, override_reason)


def advance_towards(*, project_id: int, stage_key: str, by: User, at: datetime, version: int | None = None) -> Project:
    """Try gate after gate until the project stands in the stage, as a drag over several columns does.

    Stops at the first closed gate: what was passed stays passed, and GateBlocked says where it stopped. Raises
    DomainError "not-ahead" for a stage that does not lie ahead. 3 more statements per further gate.
    """

    def plan(process: ProcessDefinition, stage: StageDefinition) -> list[StageDefinition]:
        target = process.stage_called(stage_key)
        if target is None or target.position <= stage.position:
            raise DomainError(_("This stage does not lie ahead of the project."), code="not-ahead")
        return rules.gates_until(process.stages, start=stage.position, target=target.position)

    return _run(plan, project_id, by, at, version, "")


def win(*, project_id: int, by: User, at: datetime, version: int | None = None, override_reason: str = "") -> Project:
    """Try every gate up to the one that marks the project won, or override them in the open with a reason.

    Raises DomainError "already-won". Rule: docs/business-rules.md#outcomes
    """

    def plan(process: ProcessDefinition, stage: StageDefinition) -> list[StageDefinition]:
        last = next(one for one in process.stages if one.is_won_gate)
        if stage.position > last.position:
            raise DomainError(_("This project is won already."), code="already-won")
        return rules.gates_until(process.stages, start=stage.position, target=last.position + 1)

    return _run(plan, project_id, by, at, version, override_reason)


def go_back(
    *, project_id: int, stage_key: str, reason: str, by: User, at: datetime, version: int | None = None
) -> Project:
    """Return to an earlier stage with a reason; its gate and those after it have to be passed again.

    A won project that goes back behind the won gate is open again. Debts stay until they are made good.
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_ADVANCE, version=version)
        require_open(project)
        reason = require_reason(reason)
        process = queries.process_of(project)
        old, target = process.stage(project.stage_id), process.stage_called(stage_key)
        if target is None or target.position >= old.position:
            raise DomainError(_("This stage does not lie behind the project."), code="not-behind")
        answers = asked([project], at=at)
        values = {"stage_id": old.id, "outcome": Judgement.WENT_BACK, "reason": reason, "by": by, "at": at}
        GateReview.objects.create(project=project, **values)
        StageVisit.objects.create(project=project, stage_id=old.id, entered_at=project.stage_entered_at, left_at=at)
        before = grades([project])
        _reopen_before_won_gate(project, process, target)
        settle_debts([project], answers=answers, at=at, by=by)
        _enter(project, target, answers[project.pk], at=at)
        keep([project], answers=answers, at=at)
        count_projects([project])
        record_grades([project], before=before, at=at, by=by)
        events.record("project.went_back", subject=project, by=by, at=at, stage=old.key, to=target.key, reason=reason)
    return project


def _reopen_before_won_gate(project: Project, process: ProcessDefinition, target: StageDefinition) -> None:
    won_gate = next(stage for stage in process.stages if stage.is_won_gate)
    project.is_finished = False
    if target.position <= won_gate.position:
        project.outcome, project.outcome_at = Outcome.OPEN, None


def _run(plan: Plan, project_id: int, by: User, at: datetime, version: int | None, override_reason: str) -> Project:
    """Try the planned gates in order until one stays closed; every move forward comes through here."""
    reason = require_reason(override_reason, field="override_reason") if override_reason.strip() else ""
    with memo.ensured(), transaction.atomic(), events.together():
        project = locked(project_id, by=by, permission=Permission.PROJECT_ADVANCE, version=version)
        _require_movable(project)
        process = queries.process_of(project)
        stages = plan(process, process.stage(project.stage_id))
        answers, before = asked([project], at=at), grades([project])
        settle_debts([project], answers=answers, at=at, by=by)
        is_changed = bool(derive([project], answers=answers, on=today(at)))
        attempts = _try_all(project, stages, answers[project.pk], by=by, at=at, reason=reason)
        if is_changed and attempts[0].outcome == Judgement.BLOCKED:  # any other outcome has saved the project
            project.save(update_fields=DERIVED)
        keep([project], answers=answers, at=at)
        count_projects([project])
        _write(project, attempts)
        _record(project, attempts, by=by, at=at)
        record_grades([project], before=before, at=at, by=by)
    last = attempts[-1]
    if last.outcome == Judgement.BLOCKED:  # raised after the commit, so that the blocked try stays on record
        raise GateBlocked(last.gate.missing, stage=last.gate.stage, passed=len(attempts) - 1)
    return project


def _require_movable(project: Project) -> None:
    require_open(project)
    if project.is_on_hold:
        raise DomainError(_("This project is on hold. Resume it first."), code="on-hold")
    if project.is_finished:
        raise DomainError(_("This project has passed its last gate."), code="finished")


def _try_all(
    project: Project,
    stages: Sequence[StageDefinition],
    answers: dict[str, Answer],
    *,
    by: User,
    at: datetime,
    reason: str,
) -> list[Attempt]:
    confirmations = queries.node_confirmations(project.pk, stages)
    attempts = []
    for stage in stages:
        nodes = queries.node_states(stage, facts=facts.values(answers), confirmations=confirmations)
        attempts.append(_try(project, Gate(stage, None, nodes), answers, by=by, at=at, reason=reason))
        if attempts[-1].outcome == Judgement.BLOCKED:
            break
    return attempts


def _try(project: Project, gate: Gate, answers: dict[str, Answer], *, by: User, at: datetime, reason: str) -> Attempt:
    outcome = rules.outcome(gate.missing, reason)
    review = _review(project, gate, answers, outcome=outcome, by=by, at=at, reason=reason)
    attempt = Attempt(gate, outcome, review)
    if outcome == Judgement.OVERRIDDEN:
        require_supervision(by, Permission.GATE_OVERRIDE, on=project)  # never the project's own owner
        project.debt_count += len(gate.missing)
        project.debt_reviews += 1
        derive([project], answers={project.pk: answers}, on=today(at))
        review.probability_after = project.probability
    if outcome != Judgement.BLOCKED:
        _move(project, attempt, answers, at=at)
    return attempt


def _review(
    project: Project,
    gate: Gate,
    answers: dict[str, Answer],
    *,
    outcome: Judgement,
    by: User,
    at: datetime,
    reason: str,
) -> GateReview:
    names = sorted({name for node in gate.stage.key_nodes for name in node.facts})
    return GateReview(
        project=project,
        stage_id=gate.stage.id,
        outcome=outcome,
        reason=reason,
        missing=[node.key for node in gate.missing],
        warnings=[node.key for node in gate.warnings],
        facts={name: plain(answers[name].value) for name in names if name in answers},
        evidence=_evidence(gate, answers, names),
        probability_before=project.probability,
        probability_after=project.probability,
        by=by,
        at=at,
    )


def _evidence(gate: Gate, answers: dict[str, Answer], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return whose word the gate took: confirmations of manual nodes, and facts that name their source."""
    given = [(node.key, node.confirmation) for node in gate.nodes if node.confirmation]
    words: list[dict[str, Any]] = [
        {"node": key, "confirmation": word.pk, "by": word.by_id, "evidence": word.evidence} for key, word in given
    ]
    known = [(name, answers[name]) for name in names if name in answers]
    return words + [{"fact": name, "source": answer.source} for name, answer in known if answer.source]


def _move(project: Project, attempt: Attempt, answers: dict[str, Answer], *, at: datetime) -> None:
    stage = attempt.gate.stage
    if stage.is_won_gate and project.outcome == Outcome.OPEN:
        project.outcome, project.outcome_at = Outcome.WON, at
    attempt.visit = StageVisit(project=project, stage_id=stage.id, entered_at=project.stage_entered_at, left_at=at)
    attempt.entered = queries.process_of(project).following(stage.id)
    project.is_finished = attempt.entered is None
    _enter(project, attempt.entered or stage, answers, at=at)


def _enter(project: Project, stage: StageDefinition, answers: dict[str, Answer], *, at: datetime) -> None:
    """Put the project into the stage and ask again what depends on it (1 statement and the providers of such facts).

    The caller counts it when all moves are made.
    """
    if project.stage_id != stage.id:
        project.stage_id, project.stage_entered_at = stage.id, at
        project.stage_due_on = due_on(stage, at)
    derive([project], answers={project.pk: answers}, on=today(at))
    project.save(update_fields=[*MOVED, *bump(project, at=at)])
    ask_after_move(project, answers, at=at)


def due_on(stage: StageDefinition, entered_at: datetime) -> Any:
    """Return the last day that the stage is planned to last."""
    return today(entered_at) + timedelta(days=stage.expected_days)


def _write(project: Project, attempts: Sequence[Attempt]) -> None:
    """Insert reviews, debts and visits, each kind in one statement."""
    GateReview.objects.bulk_create([attempt.review for attempt in attempts])
    debts = [
        Debt(project=project, review=attempt.review, stage_id=attempt.gate.stage.id, node_key=node.key)
        for attempt in attempts
        if attempt.outcome == Judgement.OVERRIDDEN
        for node in attempt.gate.missing
    ]
    Debt.objects.bulk_create(debts)
    StageVisit.objects.bulk_create([attempt.visit for attempt in attempts if attempt.visit])


def _record(project: Project, attempts: Sequence[Attempt], *, by: User, at: datetime) -> None:
    rows = [EventRow(project, data=_event(attempt)) for attempt in attempts]
    passed = [row for row, attempt in zip(rows, attempts, strict=True) if attempt.outcome != Judgement.BLOCKED]
    events.record_many("project.advanced", passed, by=by, at=at)
    events.record_many("project.blocked", [row for row in rows if row not in passed], by=by, at=at)


def _event(attempt: Attempt) -> dict[str, Any]:
    stage, is_passed = attempt.gate.stage, attempt.outcome != Judgement.BLOCKED
    return {
        "stage": stage.key,
        "to": attempt.entered.key if attempt.entered else "",
        "outcome": attempt.outcome.value,
        "reason": attempt.review.reason,
        "missing": attempt.review.missing,
        "warnings": attempt.review.warnings,
        "won": stage.is_won_gate and is_passed,
        "finished": stage.is_final and is_passed,
    }
