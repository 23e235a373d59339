"""Moving projects: gates, stages, outcomes, confirmations, grade."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from pydantic import Field, StringConstraints

from openpsm.api.answers import answer, gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.projects import PROJECT, ProjectOut
from openpsm.api.schemas import (
    NO_NUL,
    Currency,
    Day,
    Id,
    In,
    Key,
    Line,
    Long,
    Money,
    OneOf,
    Out,
    Quantity,
    Reason,
)
from openpsm.core.money import default_currency
from openpsm.org.permissions import Permission
from openpsm.projects import operations, queries
from openpsm.projects.models import ClosingReason, Confirmation, Project

router = area("projects")
Grade = Annotated[str, StringConstraints(pattern=r"^[A-D]$")]


class KeyNodeOut(Out):
    """A key node of the stage."""

    key: str
    label: str
    held: bool
    reason: str
    todo: str


class GateNodeOut(KeyNodeOut):
    """A key node with why it is asked for."""

    why: str


class GateOut(Out):
    """What keeps the project in its stage; `warnings` that do not hold speak up and do not block."""

    stage: str
    procurement_step: str | None
    key_nodes: list[GateNodeOut]
    warnings: list[GateNodeOut]
    can_advance: bool


class ConfirmationOut(Out):
    """A person's word on a key node (`stage:node`) or a fact."""

    id: int
    kind: Annotated[str, OneOf(Confirmation.Kind)]
    key: str
    evidence: str
    by_id: int
    at: datetime


class AdvanceIn(In):
    """A manager's reason overrides a closed gate, in the open."""

    override_reason: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] = ""


class BackIn(In):
    """An earlier stage, by its key."""

    stage: Key
    reason: Reason


class ReasonIn(In):
    """Why."""

    reason: Reason


class HoldIn(In):
    """Why it rests, and until when if that is known."""

    reason: Reason
    until: Day | None = None


class ClosingIn(In):
    """Why it ends without an order, who won it at which price (tax-inclusive), and where the customer went."""

    reason: Annotated[str, OneOf(ClosingReason)]
    reason_text: Long = ""
    winner_name: Line = ""
    competitor_id: Id | None = None
    winner_amount: Money | None = None
    winner_currency: Currency = Field(default_factory=default_currency)
    destination: Line = ""
    revisit_on: Day | None = None
    hours_spent: Quantity | None = None


class StepIn(In):
    """How far the customer's own purchase has come, by the step's key, since when, and who says so."""

    step: Key
    source: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
    on: Day


class NodeIn(In):
    """The word that a manual key node is held, with its evidence."""

    node_key: Key
    evidence: Long = ""
    activity_id: Id | None = None


class FactIn(In):
    """The word that a fact which nothing computes yet is true, with its evidence."""

    fact: Key
    evidence: Long = ""
    activity_id: Id | None = None


class GradeIn(In):
    """A grade that stays until it is null again."""

    grade: Grade | None
    reason: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)] = ""


def seen(request: ApiRequest, pk: int) -> Project:
    """Load a project that the caller sees, with what its gate needs (1 query); 404 for others."""
    rows = Project.objects.visible_to(request.auth).select_related("kept_facts", "account")
    found: Project = rows.get(pk=pk)
    return found


@router.get("/{id:pk}/gate", response=GateOut)
@permission(OPEN)
def gate(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show every key node of the stage: held or missing, why, and what to do about it."""
    found = queries.gate(seen(request, pk), at=timezone.now())
    return answer(
        {
            "stage": found.stage.key,
            "procurement_step": found.step.key if found.step else None,
            "key_nodes": [{**node.for_api(), "why": node.why} for node in found.key_nodes],
            "warnings": [{**node.for_api(), "why": node.why} for node in found.warnings],
            "can_advance": found.can_advance,
        }
    )


@router.post("/{id:pk}/advance", response=ProjectOut)
@permission(Permission.PROJECT_ADVANCE, versioned=True)
def advance(request: ApiRequest, pk: Id, body: AdvanceIn = AdvanceIn()) -> HttpResponse:  # noqa: B008
    """Try the gate of the stage; 409 `gate-blocked` with what is missing."""
    return _moved(request, operations.advance_stage, pk, override_reason=body.override_reason)


@router.post("/{id:pk}/back", response=ProjectOut)
@permission(Permission.PROJECT_ADVANCE, versioned=True)
def back(request: ApiRequest, pk: Id, body: BackIn) -> HttpResponse:
    """Return to an earlier stage; its gate has to be passed again."""
    return _moved(request, operations.go_back, pk, stage_key=body.stage, reason=body.reason)


@router.post("/{id:pk}/win", response=ProjectOut)
@permission(Permission.PROJECT_ADVANCE, versioned=True)
def win(request: ApiRequest, pk: Id, body: AdvanceIn = AdvanceIn()) -> HttpResponse:  # noqa: B008
    """Try every gate up to the one that wins the project."""
    return _moved(request, operations.win, pk, override_reason=body.override_reason)


@router.post("/{id:pk}/lose", response=ProjectOut)
@permission(Permission.PROJECT_CLOSE, versioned=True)
def lose(request: ApiRequest, pk: Id, body: ClosingIn) -> HttpResponse:
    """Report a project as lost."""
    return _moved(request, operations.lose, pk, **body.given())


@router.post("/{id:pk}/drop", response=ProjectOut)
@permission(Permission.PROJECT_CLOSE, versioned=True)
def drop(request: ApiRequest, pk: Id, body: ClosingIn) -> HttpResponse:
    """Give a project up of our own will."""
    return _moved(request, operations.drop, pk, **body.given())


@router.post("/{id:pk}/hold", response=ProjectOut)
@permission(Permission.PROJECT_CLOSE, versioned=True)
def hold(request: ApiRequest, pk: Id, body: HoldIn) -> HttpResponse:
    """Let a project rest."""
    return _moved(request, operations.hold, pk, **body.given())


@router.post("/{id:pk}/resume", response=ProjectOut)
@permission(Permission.PROJECT_CLOSE, versioned=True)
def resume(request: ApiRequest, pk: Id, body: ReasonIn) -> HttpResponse:
    """Go on with a project that rested."""
    return _moved(request, operations.resume, pk, reason=body.reason)


@router.post("/{id:pk}/reopen", response=ProjectOut)
@permission(Permission.PROJECT_CLOSE, versioned=True)
def reopen(request: ApiRequest, pk: Id, body: ReasonIn) -> HttpResponse:
    """Open a lost or dropped project again."""
    return _moved(request, operations.reopen, pk, reason=body.reason)


@router.post("/{id:pk}/step", response=ProjectOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def step(request: ApiRequest, pk: Id, body: StepIn) -> HttpResponse:
    """State the customer's own procurement step."""
    return _moved(request, operations.set_procurement_step, pk, step_key=body.step, source=body.source, on=body.on)


@router.post("/{id:pk}/grade", response=ProjectOut)
@permission(Permission.GRADE_PIN, versioned=True)
def grade(request: ApiRequest, pk: Id, body: GradeIn) -> HttpResponse:
    """Fix the grade with a reason, or with null let it be computed again."""
    if body.grade is None:
        return _moved(request, operations.unpin_grade, pk)
    return _moved(request, operations.pin_grade, pk, grade=body.grade, reason=body.reason)


@router.post("/{id:pk}/confirmations", response={201: ConfirmationOut})
@permission(Permission.PROJECT_EDIT, versioned=True)
def confirm(request: ApiRequest, pk: Id, body: NodeIn) -> HttpResponse:
    """Confirm a manual key node of the stage."""
    return _given(request, operations.confirm_node, pk, **body.given())


@router.post("/{id:pk}/facts", response={201: ConfirmationOut})
@permission(Permission.PROJECT_EDIT, versioned=True)
def fact(request: ApiRequest, pk: Id, body: FactIn) -> HttpResponse:
    """State a fact that nothing computes yet."""
    return _given(request, operations.state_fact, pk, **body.given())


@router.post("/confirmations/{id:pk}/withdraw", response={204: None})
@permission(Permission.PROJECT_EDIT)
def withdraw(request: ApiRequest, pk: Id, body: ReasonIn) -> HttpResponse:
    """Take a word back; debts that it had settled are owed again."""
    operations.withdraw_confirmation(confirmation_id=pk, reason=body.reason, by=request.auth, at=timezone.now())
    return gone()


def _moved(request: ApiRequest, operation: Callable[..., Project], pk: int, **values: Any) -> HttpResponse:
    found = operation(project_id=pk, version=request.version, by=request.auth, at=timezone.now(), **values)
    return PROJECT.written(request, found)


def _given(request: ApiRequest, operation: Callable[..., Confirmation], pk: int, **values: Any) -> HttpResponse:
    made = operation(project_id=pk, version=request.version, by=request.auth, at=timezone.now(), **values)
    return answer({name: getattr(made, name) for name in ConfirmationOut.model_fields}, status=201)
