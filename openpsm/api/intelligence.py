"""Intelligence: what is known of a project, from whom, and what will be asked by when."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import NO_NUL, Day, Flag, Id, In, ListQuery, Long, OneOf, Out, Page, sorts
from openpsm.buying import operations
from openpsm.buying.models import IntelligenceItem
from openpsm.buying.models.market import Element
from openpsm.buying.operations import NewIntelligence
from openpsm.org import field_rules
from openpsm.org.models import User
from openpsm.org.permissions import Permission

router = area("intelligence")
Kind = Annotated[str, OneOf(Element)]
State = Annotated[str, OneOf(IntelligenceItem.State)]
Source = Annotated[str, OneOf(IntelligenceItem.Source)] | Annotated[str, Field(max_length=0)]
Person = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]


class IntelligenceOut(Out):
    """One piece of information; `replaced_by_id` names the newer one in its place.

    `source_person` is null where you may not know who the inside source is.
    """

    id: int
    version: int
    project_id: int
    kind: Kind
    state: State
    text: str
    source: str
    source_person: str | None
    got_on: date | None
    ask_by: date | None
    is_confirmed: bool
    confirmed_by_id: int | None
    confirmed_at: datetime | None
    replaced_by_id: int | None
    created_at: datetime
    created_by_id: int | None


class IntelligenceQuery(ListQuery):
    """Filters of intelligence; `is_current` true leaves out what was replaced."""

    project_id: Id | None = None
    kind: Kind | None = None
    state: State | None = None
    is_current: Flag | None = None
    sort: Annotated[str, sorts("id", "created_at")] = "-id"


class IntelligenceFields(In):
    """What may be corrected; the kind never."""

    state: State = IntelligenceItem.State.KNOWN.value
    text: Long = ""
    source: Source = ""
    source_person: Person = ""
    got_on: Day | None = None
    ask_by: Day | None = None


class IntelligenceIn(In):
    """New information. Known and partly known ones need text and source, unknown ones `ask_by`."""

    project_id: Id
    kind: Kind
    state: State
    text: Long = ""
    source: Source = ""
    source_person: Person = ""
    got_on: Day | None = None
    ask_by: Day | None = None


class ReplaceIn(In):
    """Newer information of the same kind."""

    kind: Kind
    state: State
    text: Long = ""
    source: Source = ""
    source_person: Person = ""
    got_on: Day | None = None
    ask_by: Day | None = None


def _masked(rows: list[Row], user: User) -> list[Row]:
    """Empty the inside sources that the user may not know (1 query where there are any)."""
    inside = {row["id"] for row in rows if row["source"] == IntelligenceItem.Source.INSIDER}
    closed = inside - field_rules.opened(user, IntelligenceItem, inside)
    for row in rows:
        if row["id"] in closed:
            row["source_person"] = None
    return rows


ITEMS = Listing(
    IntelligenceItem,
    IntelligenceOut,
    finish=_masked,
    sorts={"id": "id", "created_at": "created_at"},
    lookups={"is_current": "replaced_by__isnull"},
)


@router.get("", response=Page[IntelligenceOut])
@permission(OPEN)
def intelligence(request: ApiRequest, query: Query[IntelligenceQuery]) -> HttpResponse:
    """List what is known of the projects that you see, newest first."""
    return ITEMS.page(request, query)


@router.post("", response={201: IntelligenceOut})
@permission(Permission.PROJECT_EDIT)
def create(request: ApiRequest, body: IntelligenceIn) -> HttpResponse:
    """Record what is known, or that it is unknown and by when somebody asks, which makes a task."""
    made = operations.add_intelligence(by=request.auth, at=timezone.now(), **body.given())
    return ITEMS.written(request, made, status=201)


@router.get("/{id:pk}", response=IntelligenceOut)
@permission(OPEN)
def item(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a piece of information."""
    return ITEMS.show(request, pk)


@router.patch("/{id:pk}", response=IntelligenceOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: IntelligenceFields) -> HttpResponse:
    """Correct a piece of information; only what is sent is changed."""
    found = operations.update_intelligence(
        item_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return ITEMS.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.PROJECT_EDIT, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take away what was a mistake."""
    operations.remove_intelligence(item_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return gone()


@router.post("/{id:pk}/confirm", response=IntelligenceOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def confirm(request: ApiRequest, pk: Id) -> HttpResponse:
    """Vouch for what is known or partly known."""
    found = operations.confirm_intelligence(item_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return ITEMS.written(request, found)


@router.post("/{id:pk}/replace", response={201: IntelligenceOut})
@permission(Permission.PROJECT_EDIT, versioned=True)
def replace(request: ApiRequest, pk: Id, body: ReplaceIn) -> HttpResponse:
    """Put newer information in its place; the old one stays in the history."""
    note = NewIntelligence(**body.model_dump())
    made = operations.replace_intelligence(
        item_id=pk, note=note, version=request.version, by=request.auth, at=timezone.now()
    )
    return ITEMS.written(request, made, status=201)
