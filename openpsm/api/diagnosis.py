"""The diagnosis of a project: where it stands, how it is, and what to do next."""

from datetime import date
from typing import Literal

from django.http import HttpResponse
from django.utils import timezone

from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.moves import KeyNodeOut, seen
from openpsm.api.schemas import Id, Out
from openpsm.insights.diagnosis import diagnose

router = area("projects")


class HealthOut(Out):
    """How the project is."""

    level: Literal["green", "amber", "red"]
    reasons: list[str]


class NextActionOut(Out):
    """What to do, why and until when; lower priorities come first."""

    key: str
    what: str
    why: str
    how: str
    due: date
    priority: int


class DiagnosisOut(Out):
    """Where the project stands and what comes next, most urgent first."""

    position: Literal["behind", "in-step", "ahead"]
    steps_behind: int
    procurement_step: str | None
    matching_stage: str
    stage: str
    real_stage: str
    skipped: list[KeyNodeOut]
    health: HealthOut
    days_to_tender: int | None
    next_actions: list[NextActionOut]
    verdict: Literal["collect-first", "decide", "go-on", "drop"]
    verdict_text: str


@router.get("/{id:pk}/diagnosis", response=DiagnosisOut)
@permission(OPEN)
def diagnosis(request: ApiRequest, pk: Id) -> HttpResponse:
    """Say where the project stands, how it is, and what to do next."""
    return answer(diagnose(seen(request, pk), at=timezone.now()).for_api())
