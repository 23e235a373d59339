"""Criteria: what the customer will judge by."""

from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field

from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import Flag, Id, In, ListQuery, Long, Name, OneOf, Out, Page, Percent, sorts
from openpsm.buying import operations
from openpsm.buying.models import Criterion
from openpsm.org.permissions import Permission

router = area("criteria")
Origin = Annotated[str, OneOf(Criterion.Origin)]
Fit = Annotated[int, Field(ge=0, le=5)]


class CriterionOut(Out):
    """A purchase criterion; `our_fit` is 0 to 5, `weight` in percent."""

    id: int
    version: int
    project_id: int
    text: str
    weight: int | None
    our_fit: int | None
    origin: Origin
    set_by_id: int | None
    is_shaped_by_us: bool
    is_knock_out: bool
    is_adopted: bool
    note: str


class CriterionQuery(ListQuery):
    """Filters of criteria."""

    project_id: Id | None = None
    is_knock_out: Flag | None = None
    is_shaped_by_us: Flag | None = None
    sort: Annotated[str, sorts("id")] = "id"


class CriterionFields(In):
    """What is known of a criterion."""

    text: Name = ""
    weight: Percent | None = None
    our_fit: Fit | None = None
    origin: Origin = Criterion.Origin.NEUTRAL.value
    set_by_id: Id | None = None
    is_shaped_by_us: bool = False
    is_knock_out: bool = False
    is_adopted: bool = False
    note: Long = ""


class CriterionIn(CriterionFields):
    """A new criterion."""

    project_id: Id
    text: Name


CRITERIA = Listing(Criterion, CriterionOut, sorts={"id": "id"})


@router.get("", response=Page[CriterionOut])
@permission(OPEN)
def criteria(request: ApiRequest, query: Query[CriterionQuery]) -> HttpResponse:
    """List the criteria of the projects that you see."""
    return CRITERIA.page(request, query)


@router.post("", response={201: CriterionOut})
@permission(Permission.PROJECT_EDIT)
def create(request: ApiRequest, body: CriterionIn) -> HttpResponse:
    """Record what the customer will judge by."""
    made = operations.add_criterion(by=request.auth, at=timezone.now(), **body.given())
    return CRITERIA.written(request, made, status=201)


@router.get("/{id:pk}", response=CriterionOut)
@permission(OPEN)
def criterion(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a criterion."""
    return CRITERIA.show(request, pk)


@router.patch("/{id:pk}", response=CriterionOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: CriterionFields) -> HttpResponse:
    """Change a criterion; only what is sent is changed."""
    found = operations.update_criterion(
        criterion_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return CRITERIA.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.PROJECT_EDIT, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take a criterion out of the list."""
    operations.remove_criterion(criterion_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return gone()
