"""Contenders: the rivals in a project."""

from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import NO_NUL, Attitude, Id, In, Line, ListQuery, Long, Out, Page, sorts
from openpsm.buying import operations
from openpsm.buying.models import Contender
from openpsm.org.permissions import Permission

router = area("contenders")
Rank = Annotated[int, Field(ge=1, le=99)]


class ContenderOut(Out):
    """A rival; positions are −2 (we are far ahead) to 2 (they are far ahead), null unknown."""

    id: int
    version: int
    project_id: int
    competitor_id: int
    competitor_name: str
    product: int | None
    price: int | None
    solution: int | None
    service: int | None
    relations: int | None
    rank: int | None
    is_registered_earlier: bool
    last_move: str
    note: str


class ContenderQuery(ListQuery):
    """Filters of contenders."""

    project_id: Id | None = None
    competitor_id: Id | None = None
    sort: Annotated[str, sorts("id")] = "id"


class ContenderFields(In):
    """What we know of a rival."""

    product: Attitude | None = None
    price: Attitude | None = None
    solution: Attitude | None = None
    service: Attitude | None = None
    relations: Attitude | None = None
    rank: Rank | None = None
    is_registered_earlier: bool = False
    last_move: Line = ""
    note: Long = ""


class ContenderIn(ContenderFields):
    """A new rival, by id or by name; a name nobody has heard of makes a new competitor."""

    project_id: Id
    competitor_id: Id | None = None
    competitor_name: Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)] = ""


CONTENDERS = Listing(Contender, ContenderOut, aliases={"competitor_name": "competitor__name"}, sorts={"id": "id"})


@router.get("", response=Page[ContenderOut])
@permission(OPEN)
def contenders(request: ApiRequest, query: Query[ContenderQuery]) -> HttpResponse:
    """List the rivals in the projects that you see."""
    return CONTENDERS.page(request, query)


@router.post("", response={201: ContenderOut})
@permission(Permission.PROJECT_EDIT)
def create(request: ApiRequest, body: ContenderIn) -> HttpResponse:
    """Put a rival into the race."""
    made = operations.add_contender(by=request.auth, at=timezone.now(), **body.given())
    return CONTENDERS.written(request, made, status=201)


@router.get("/{id:pk}", response=ContenderOut)
@permission(OPEN)
def contender(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a contender."""
    return CONTENDERS.show(request, pk)


@router.patch("/{id:pk}", response=ContenderOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: ContenderFields) -> HttpResponse:
    """Change what we know of a rival; only what is sent is changed."""
    found = operations.update_contender(
        contender_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return CONTENDERS.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.PROJECT_EDIT, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take a rival out of the race."""
    operations.remove_contender(contender_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return gone()
