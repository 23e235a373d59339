"""Gate reviews: every try to leave a stage, as it was."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import Id, ListQuery, OneOf, Out, Page, sorts
from openpsm.projects.models import GateReview

router = area("gate-reviews")
Outcome = Annotated[str, OneOf(GateReview.Outcome)]


class GateReviewOut(Out):
    """One try; `facts` is what the gate saw, the probability is in percent."""

    id: int
    project_id: int
    stage: str
    outcome: Outcome
    reason: str
    missing: list[str]
    warnings: list[str]
    facts: dict[str, Any]
    evidence: list[Any]
    probability_before: int | None
    probability_after: int | None
    source: str
    by_id: int
    by_name: str
    at: datetime


class GateReviewQuery(ListQuery):
    """Filters of gate reviews."""

    project_id: Id | None = None
    outcome: Outcome | None = None
    by_id: Id | None = None
    sort: Annotated[str, sorts("id", "at")] = "-id"


REVIEWS = Listing(
    GateReview,
    GateReviewOut,
    aliases={"stage": "stage__key", "by_name": "by__name"},
    through_project=True,
    sorts={"id": "id", "at": "at"},
)


@router.get("", response=Page[GateReviewOut])
@permission(OPEN)
def reviews(request: ApiRequest, query: Query[GateReviewQuery]) -> HttpResponse:
    """List the tries in the projects that you see, newest first."""
    return REVIEWS.page(request, query)


@router.get("/{id:pk}", response=GateReviewOut)
@permission(OPEN)
def review(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show one try."""
    return REVIEWS.show(request, pk)
