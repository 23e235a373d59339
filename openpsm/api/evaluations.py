"""Evaluations: is this project a chance for us? And the three first questions before them."""

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import (
    NO_NUL,
    Flag,
    Id,
    In,
    Key,
    ListQuery,
    Long,
    MoneyOut,
    NumberOut,
    OneOf,
    Out,
    Page,
    Quantity,
    sorts,
)
from openpsm.evaluation import operations, queries
from openpsm.evaluation.models import Evaluation, EvaluationModelVersion
from openpsm.evaluation.rules import score
from openpsm.org.models import User
from openpsm.org.permissions import Permission

router = area("evaluations")
on_project = area("evaluations")
Level = Annotated[int, Field(ge=0, le=5)]
Remark = Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)]
Note = Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)]
Decision = Annotated[str, OneOf(Evaluation.Decision)]


class EvaluationOut(Out):
    """An evaluation: score of 100, what it would be with all unknowns at worst and best, and what follows from it."""

    id: int
    project_id: int
    model: str
    model_version: int
    answers: dict[str, int | None]
    hard: dict[str, bool | None]
    remarks: dict[str, str]
    score: NumberOut
    low: NumberOut
    high: NumberOut
    passed: bool
    knock_outs: list[str]
    gaps: list[str]
    recommendation: str
    decision: str
    decision_reason: str
    decided_by_id: int | None
    decided_at: datetime | None
    hours_spent: NumberOut | None
    cost_spent: MoneyOut | None
    cost_currency: str
    by_id: int
    at: datetime


class EvaluationQuery(ListQuery):
    """Filters of evaluations."""

    project_id: Id | None = None
    passed: Flag | None = None
    sort: Annotated[str, sorts("id", "at")] = "-id"


class EvaluationIn(In):
    """Levels 0 to 5 by factor, null for unknown; `hard` says which hard conditions hold (true fails)."""

    model: Key | None = None
    answers: Annotated[dict[Key, Level | None], Field(max_length=100)]
    hard: Annotated[dict[Key, bool | None], Field(max_length=50)] = {}
    remarks: Annotated[dict[Key, Remark], Field(max_length=150)] = {}


class DecisionIn(In):
    """What is done about it; hours are those logged unless given."""

    decision: Decision
    reason: Long = ""
    hours_spent: Quantity | None = None


class QualificationOut(Out):
    """The three first questions; null is unknown."""

    version: int
    project_id: int
    has_need: bool | None
    can_pay: bool | None
    has_good_name: bool | None
    note: str


class QualificationIn(In):
    """Answers to the three first questions; null is unknown."""

    has_need: bool | None
    can_pay: bool | None
    has_good_name: bool | None
    note: Note = ""


def _judged(rows: list[Row], _user: User) -> list[Row]:
    """Add the recommendation, from the model's version that the evaluation was made with (1 query)."""
    versions = EvaluationModelVersion.objects.in_bulk({row["model_version_id"] for row in rows})
    for row in rows:
        content = versions[row["model_version_id"]].content
        row["recommendation"] = score(content, row["answers"], row["hard"]).recommendation
    return rows


EVALUATIONS = Listing(
    Evaluation,
    EvaluationOut,
    aliases={"model": "model_version__model__key", "model_version": "model_version__number", "passed": "is_passed"},
    extras=("model_version_id",),
    made=frozenset({"recommendation"}),
    finish=_judged,
    sorts={"id": "id", "at": "at"},
    lookups={"passed": "is_passed"},
)


@router.get("", response=Page[EvaluationOut])
@permission(OPEN)
def evaluations(request: ApiRequest, query: Query[EvaluationQuery]) -> HttpResponse:
    """List the evaluations of the projects that you see, newest first."""
    return EVALUATIONS.page(request, query)


@router.get("/{id:pk}", response=EvaluationOut)
@permission(OPEN)
def evaluation(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an evaluation."""
    return EVALUATIONS.show(request, pk)


@router.post("/{id:pk}/decide", response=EvaluationOut)
@permission(Permission.PROJECT_EDIT)
def decide(request: ApiRequest, pk: Id, body: DecisionIn) -> HttpResponse:
    """Decide on the latest evaluation of a project; each is decided once."""
    found = operations.decide(evaluation_id=pk, by=request.auth, at=timezone.now(), **body.given())
    return EVALUATIONS.written(request, found)


@on_project.post("/{id:pk}/evaluations", response={201: EvaluationOut})
@permission(Permission.PROJECT_EDIT)
def evaluate(request: ApiRequest, pk: Id, body: EvaluationIn) -> HttpResponse:
    """Evaluate a project with the newest version of a model, the default one unless named."""
    values = body.given()
    made = operations.evaluate(
        project_id=pk, model_key=values.pop("model", None), by=request.auth, at=timezone.now(), **values
    )
    return EVALUATIONS.written(request, made, status=201)


@on_project.get("/{id:pk}/qualification", response=QualificationOut)
@permission(OPEN)
def qualification(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show the answers to the three first questions; 404 as long as nobody gave any."""
    found = queries.qualification(pk, user=request.auth)
    if found is None:
        raise Evaluation.DoesNotExist
    return answer({name: getattr(found, name) for name in QualificationOut.model_fields})


@on_project.post("/{id:pk}/qualification", response=QualificationOut)
@permission(Permission.PROJECT_EDIT)
def qualify(request: ApiRequest, pk: Id, body: QualificationIn) -> HttpResponse:
    """Answer the three first questions; the last answers count."""
    found = operations.qualify(project_id=pk, by=request.auth, at=timezone.now(), **body.model_dump())
    return answer({name: getattr(found, name) for name in QualificationOut.model_fields})
