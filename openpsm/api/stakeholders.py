"""Stakeholders: people of a project's buying decision. Supporter labels show to their author's line of command only."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.answers import answer, gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import (
    NO_NUL,
    Attitude,
    Custom,
    Day,
    Id,
    In,
    Key,
    Line,
    ListQuery,
    Long,
    OneOf,
    Out,
    Page,
    Percent,
    Reason,
    sorts,
)
from openpsm.buying import operations
from openpsm.buying.models import Stakeholder, SupporterLabel
from openpsm.buying.models.people import PersonalNeed, PowerClass, ProjectRole, SupporterKind
from openpsm.org.models import User
from openpsm.org.permissions import Permission

router = area("stakeholders")
PersonName = Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]
Title = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]
Role = Annotated[str, OneOf(ProjectRole)] | Annotated[str, Field(max_length=0)]
Need = Annotated[str, OneOf(PersonalNeed)] | Annotated[str, Field(max_length=0)]
Power = Annotated[int, OneOf(PowerClass)]
Kind = Annotated[str, OneOf(SupporterKind)]


class LabelOut(Out):
    """That a stakeholder is our insider, sponsor or coach."""

    id: int
    version: int
    kind: Kind
    shares_information: bool
    acts_for_us: bool
    guides_us: bool
    reason: str
    author_id: int
    at: datetime


class StakeholderOut(Out):
    """A person, or a post whose holder nobody knows yet. `attitude` is −2 (against) to 2 (champion), null unknown."""

    id: int
    version: int
    project_id: int
    account_id: int | None
    contact_id: int | None
    name: str
    title: str
    buying_roles: list[str]
    project_role: str
    is_purchasing: bool
    is_boss: bool
    is_outside: bool
    has_veto: bool
    power_class: int | None
    weight: int | None
    attitude: int | None
    attitude_on: date | None
    personal_need: str
    reports_to_id: int | None
    cover_id: int | None
    contacted_on: date | None
    next_step: str
    note: str
    custom: dict[str, Any]
    labels: list[LabelOut]


class StakeholderQuery(ListQuery):
    """Filters of stakeholders."""

    project_id: Id | None = None
    contact_id: Id | None = None
    sort: Annotated[str, sorts("id")] = "id"


class StakeholderFields(In):
    """What may be said of a person; attitude and weights have calls of their own."""

    name: PersonName = ""
    title: Title = ""
    account_id: Id | None = None
    contact_id: Id | None = None
    buying_roles: Annotated[list[Key], Field(max_length=10)] = []
    project_role: Role = ""
    is_purchasing: bool = False
    is_boss: bool = False
    is_outside: bool = False
    has_veto: bool = False
    power_class: Power | None = None
    weight: Percent | None = None
    personal_need: Need = ""
    reports_to_id: Id | None = None
    cover_id: Id | None = None
    contacted_on: Day | None = None
    next_step: Line = ""
    note: Long = ""
    custom: Custom = {}


class StakeholderIn(StakeholderFields):
    """A new person of the buying decision."""

    project_id: Id
    attitude: Attitude | None = None
    attitude_reason: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)] = ""


class AttitudeIn(In):
    """How the person stands towards us, or towards a contender, and why we think so."""

    value: Attitude
    reason: Reason
    seen_on: Day | None = None
    contender_id: Id | None = None


class LabelIn(In):
    """A label and what speaks for it; refused with the reason where the conditions do not hold."""

    kind: Kind
    reason: Reason
    shares_information: bool = False
    acts_for_us: bool = False
    guides_us: bool = False


class EndIn(In):
    """Why it ends."""

    reason: Reason


def _with_labels(rows: list[Row], user: User) -> list[Row]:
    """Add the labels that the user may read (1 query)."""
    wanted = ("stakeholder_id", *LabelOut.model_fields)
    visible = SupporterLabel.objects.visible_to(user)
    labels = list(visible.filter(stakeholder__in=[row["id"] for row in rows]).values(*wanted))
    for row in rows:
        mine = [label for label in labels if label["stakeholder_id"] == row["id"]]
        row["labels"] = [{name: label[name] for name in LabelOut.model_fields} for label in mine]
    return rows


STAKEHOLDERS = Listing(Stakeholder, StakeholderOut, made=frozenset({"labels"}), finish=_with_labels, sorts={"id": "id"})


@router.get("", response=Page[StakeholderOut])
@permission(OPEN)
def stakeholders(request: ApiRequest, query: Query[StakeholderQuery]) -> HttpResponse:
    """List the people of the projects that you see."""
    return STAKEHOLDERS.page(request, query)


@router.post("", response={201: StakeholderOut})
@permission(Permission.PROJECT_EDIT)
def create(request: ApiRequest, body: StakeholderIn) -> HttpResponse:
    """Put a person into a project's buying decision."""
    made = operations.add_stakeholder(by=request.auth, at=timezone.now(), **body.given())
    return STAKEHOLDERS.written(request, made, status=201)


@router.get("/{id:pk}", response=StakeholderOut)
@permission(OPEN)
def stakeholder(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a stakeholder."""
    return STAKEHOLDERS.show(request, pk)


@router.patch("/{id:pk}", response=StakeholderOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: StakeholderFields) -> HttpResponse:
    """Change what we know of a person; only what is sent is changed."""
    found = operations.update_stakeholder(
        stakeholder_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return STAKEHOLDERS.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.PROJECT_EDIT, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take a person out of the buying decision."""
    operations.remove_stakeholder(stakeholder_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return gone()


@router.post("/{id:pk}/attitude", response=StakeholderOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def attitude(request: ApiRequest, pk: Id, body: AttitudeIn) -> HttpResponse:
    """State an attitude; the history keeps them all."""
    found = operations.set_attitude(
        stakeholder_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return STAKEHOLDERS.written(request, found)


@router.post("/{id:pk}/labels", response={201: LabelOut})
@permission(Permission.INSIDER_VIEW)
def label(request: ApiRequest, pk: Id, body: LabelIn) -> HttpResponse:
    """Label a person as insider, sponsor or coach; 409 `label-refused` says which condition fails."""
    made = operations.label_supporter(stakeholder_id=pk, by=request.auth, at=timezone.now(), **body.given())
    return answer({name: getattr(made, name) for name in LabelOut.model_fields}, status=201)


@router.post("/labels/{id:pk}/end", response={204: None})
@permission(Permission.INSIDER_VIEW, versioned=True)
def end_label(request: ApiRequest, pk: Id, body: EndIn) -> HttpResponse:
    """End a label."""
    operations.end_label(label_id=pk, reason=body.reason, version=request.version, by=request.auth, at=timezone.now())
    return gone()
