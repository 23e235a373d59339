"""Projects: lists, reading and changing. Making one is a registration; moving one is in moves."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row, Shape
from openpsm.api.project_parts import parts_of
from openpsm.api.schemas import (
    NO_NUL,
    Attitude,
    Currency,
    Custom,
    Day,
    Flag,
    Hits,
    Id,
    In,
    Key,
    Line,
    ListQuery,
    Long,
    Money,
    MoneyOut,
    Name,
    NumberOut,
    OneOf,
    Out,
    Page,
    Percent,
    Quantity,
    Reason,
    Short,
    sorts,
)
from openpsm.core.errors import InvalidInput
from openpsm.core.money import default_currency
from openpsm.core.paging import Kept
from openpsm.core.text import localized
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import queries as processes
from openpsm.process.models import ProcessVersion
from openpsm.projects import operations
from openpsm.projects.models import (
    Outcome,
    PartyRole,
    Project,
    PurchasingForm,
    TeamRole,
)
from openpsm.projects.operations import NewProject
from openpsm.projects.queries import totals
from openpsm.registrations.matching import PARTS
from openpsm.registrations.operations import change_project, register

router = area("projects")
Region = Annotated[str, StringConstraints(pattern=r"^([0-9]{6})?$")]
Form = Annotated[str, OneOf(PurchasingForm)] | Annotated[str, Field(max_length=0)]
Role = Annotated[str, OneOf(PartyRole)]
PathRole = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]
Text80 = Annotated[str, StringConstraints(max_length=80, pattern=NO_NUL)]
Text300 = Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)]


class ProjectRow(Out):
    """A project as lists show it. `probability` is `possibility`, halved for each overridden gate with open debts."""

    id: int
    version: int
    name: str
    account_id: int
    account_name: str
    owner_id: int
    owner_name: str
    department_id: int
    stage: str
    stage_name: str
    stage_entered_at: datetime
    stage_due_on: date
    procurement_step: str | None
    outcome: Annotated[str, OneOf(Outcome)]
    is_finished: bool
    is_on_hold: bool
    amount: MoneyOut
    currency: str
    possibility: int | None
    probability: int
    grade: str
    purchasing_form: str
    tender_on: date | None
    order_on: date | None
    region: str
    product_line: str
    next_step: str
    next_on: date | None
    created_at: datetime
    updated_at: datetime


class PartyOut(Out):
    """An account's part in the project."""

    id: int
    account_id: int
    name: str
    role: Role
    note: str


class TeamMemberOut(Out):
    """Who of us works on it."""

    user_id: int
    name: str
    role: Annotated[str, OneOf(TeamRole)]


class WantedProductOut(Out):
    """What the customer may buy."""

    product_id: int
    name: str
    unit: str
    quantity: NumberOut | None
    note: str


class ProjectOut(ProjectRow):
    """A project with everything on it."""

    process: str
    process_version: int
    step_on: date | None
    step_source: str
    outcome_at: datetime | None
    hold_until: date | None
    possibility_reason: str
    is_grade_pinned: bool
    grade_reason: str
    is_contact_lowered: bool
    tender_source: str
    tender_number: str
    boss_attitude: int | None
    boss_attitude_source: str
    is_non_standard: bool
    site: str
    news_on: date | None
    news_source: str
    note: str
    custom: dict[str, Any]
    parties: list[PartyOut]
    team: list[TeamMemberOut]
    products: list[WantedProductOut]


class ProjectQuery(ListQuery):
    """Filters of projects; `stage` is the key of a stage, `mine` leaves those on whose team you are."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)] | None = None
    account_id: Id | None = None
    owner_id: Id | None = None
    member_id: Id | None = None
    department_id: Id | None = None
    stage: Key | None = None
    outcome: Annotated[str, OneOf(Outcome)] | None = None
    is_on_hold: Flag | None = None
    grade: Annotated[str, StringConstraints(pattern=r"^[A-D]$")] | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    product_line: Short | None = None
    currency: Currency | None = None
    amount_from: Money | None = None
    amount_to: Money | None = None
    tender_from: Day | None = None
    tender_to: Day | None = None
    order_from: Day | None = None
    order_to: Day | None = None
    next_from: Day | None = None
    next_to: Day | None = None
    purchasing_form: Annotated[str, OneOf(PurchasingForm)] | None = None
    tender_number: Text80 | None = None
    sort: Annotated[
        str, sorts("name", "amount", "created_at", "updated_at", "probability", "tender_on", "order_on", "id")
    ] = "-amount"


class ProjectFields(In):
    """What people fill in. `amount` is tax-inclusive; possibility and boss's attitude need their reason or source."""

    amount: Money = Decimal(0)
    currency: Currency = Field(default_factory=default_currency)
    product_line: Short = ""
    site: Line = ""
    region: Region = ""
    tender_on: Day | None = None
    tender_source: Line = ""
    tender_number: Text80 = ""
    order_on: Day | None = None
    purchasing_form: Form = ""
    possibility: Percent | None = None
    possibility_reason: Text300 = ""
    boss_attitude: Attitude | None = None
    boss_attitude_source: Line = ""
    is_non_standard: bool = False
    news_on: Day | None = None
    news_source: Line = ""
    note: Long = ""
    custom: Custom = {}


class PartyRef(In):
    """An account and its part."""

    account_id: Id
    role: Role


class WantedProductIn(In):
    """A product and how much of it."""

    product_id: Id
    quantity: Quantity | None = None


class ProjectChange(ProjectFields):
    """What may be changed; only what is sent is changed."""

    name: Name = ""
    next_step: Line = ""
    next_on: Day | None = None
    confirmed_different: Hits = []


class NewProjectIn(ProjectFields):
    """A project to be registered."""

    name: Name
    owner_id: Id | None = None
    process: Key | None = None
    parties: Annotated[list[PartyRef], Field(max_length=50)] = []
    products: Annotated[list[WantedProductIn], Field(max_length=200)] = []


class ProjectIn(NewProjectIn):
    """A project to be registered at a customer that you see; see /registrations for all others."""

    account_id: Id
    confirmed_different: Hits = []


class PartyIn(In):
    """An account and its part."""

    account_id: Id
    role: Role
    note: Line = ""


class TeamIn(In):
    """A colleague's part; null takes them off the team."""

    user_id: Id
    role: Annotated[str, OneOf(TeamRole)] | None


class HandOverIn(In):
    """The new owner, and the old one's part in the team, null for none."""

    owner_id: Id
    reason: Reason
    old_owner_role: Annotated[str, OneOf(TeamRole)] | None = None


class ProductsIn(In):
    """All products of the project; those not named are taken away."""

    products: Annotated[list[WantedProductIn], Field(max_length=200)]


def _named(rows: list[Row], _user: User) -> list[Row]:
    """Say stage and step by their keys, from the definitions in memory."""
    for row in rows:
        process = processes.definition(row["process_version_id"])
        stage = process.stage(row["stage_id"])
        row["stage"], row["stage_name"] = stage.key, localized(stage.name)
        row["procurement_step"] = process.step(row["step_id"]).key if row["step_id"] else None
    return rows


def _with_parts(rows: list[Row], user: User) -> list[Row]:
    """Add process, parties, team and products (1 query for each project)."""
    for row in _named(rows, user):
        process = processes.definition(row["process_version_id"])
        row["process"], row["process_version"] = process.key, process.number
        row.update(parts_of(row["id"]))
    return rows


_ALIASES = {"account_name": "account__name", "owner_name": "owner__name", "currency": "amount_currency"}
_EXTRAS = ("process_version_id", "stage_id", "step_id")
_MADE = frozenset({"stage", "stage_name", "procurement_step"})
PROJECTS = Listing(
    Project,
    ProjectRow,
    aliases=_ALIASES,
    extras=_EXTRAS,
    made=_MADE,
    finish=_named,
    sorts={
        "name": "sort_key",
        "amount": "amount",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "probability": "probability",
        "tender_on": "tender_on?",
        "order_on": "order_on?",
        "id": "id",
    },
    lookups={
        "member_id": "members__user",
        "currency": "amount_currency",
        "amount_from": "amount__gte",
        "amount_to": "amount__lte",
        "tender_from": "tender_on__gte",
        "tender_to": "tender_on__lte",
        "order_from": "order_on__gte",
        "order_to": "order_on__lte",
        "next_from": "next_on__gte",
        "next_to": "next_on__lte",
    },
    searches={"q": "matching", "stage": "in_stage"},
    kept=Kept(totals.seen, totals.beyond, frozenset({"owner_id", "department_id", "stage"})),
)
PROJECT = Shape(
    Project,
    ProjectOut,
    aliases=_ALIASES,
    extras=_EXTRAS,
    made=_MADE | {"process", "process_version", "parties", "team", "products"},
    finish=_with_parts,
)


@router.get("", response=Page[ProjectRow])
@permission(OPEN)
def projects(request: ApiRequest, query: Query[ProjectQuery]) -> HttpResponse:
    """List the projects that you see."""
    return PROJECTS.page(request, query)


@router.post("", response={201: ProjectOut})
@permission(Permission.REGISTRATION_CREATE)
def create(request: ApiRequest, body: ProjectIn) -> HttpResponse:
    """Register a project at a customer that you see; 409 `collision` or `confirm-different` with the hits."""
    made = register(
        account_id=body.account_id,
        project=new_project(body, account_id=body.account_id),
        confirmed_different=body.confirmed_different,
        by=request.auth,
        at=timezone.now(),
    )
    return PROJECT.written(request, made.project_id, status=201)


def new_project(body: NewProjectIn, *, account_id: int) -> NewProject:
    """Turn what was sent into what the operation takes."""
    values = body.model_dump(
        exclude={"process", "parties", "products", "confirmed_different", "account_id", *PARTS.values()}
    )
    return NewProject(
        **values,
        account_id=account_id,
        process_version_id=_version_of(body.process),
        parties=[(one.account_id, one.role) for one in body.parties],
        products=[(one.product_id, one.quantity) for one in body.products],
    )


def _version_of(process: str | None) -> int | None:
    """Return the newest version of the process (1 query where one is named)."""
    if process is None:
        return None
    version = ProcessVersion.objects.filter(process__key=process, process__is_active=True, published_at__isnull=False)
    found = version.order_by("-number").values_list("pk", flat=True).first()
    if found is None:
        raise InvalidInput({"process": _("There is no such process.")})
    return found


@router.get("/{id:pk}", response=ProjectOut)
@permission(OPEN)
def project(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a project."""
    return PROJECT.show(request, pk)


@router.patch("/{id:pk}", response=ProjectOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: ProjectChange) -> HttpResponse:
    """Change a project; a new name is checked for collisions like a registration."""
    changes = body.given()
    different = changes.pop("confirmed_different", ())
    if "currency" in changes:
        changes["amount_currency"] = changes.pop("currency")
    found = change_project(
        project_id=pk,
        changes=changes,
        confirmed_different=different,
        version=request.version,
        by=request.auth,
        at=timezone.now(),
    )
    return PROJECT.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.PROJECT_DELETE, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Move a project to the recycle bin; 409 once it has gate reviews or money."""
    operations.delete_project(project_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return gone()


@router.post("/{id:pk}/restore", response=ProjectOut)
@permission(OPEN)
def restore(request: ApiRequest, pk: Id) -> HttpResponse:
    """Bring a project back from the recycle bin."""
    return PROJECT.written(request, operations.restore_project(project_id=pk, by=request.auth, at=timezone.now()))


@router.post("/{id:pk}/owner", response={200: ProjectOut, 204: None})
@permission(OPEN, versioned=True)
def give(request: ApiRequest, pk: Id, body: HandOverIn) -> HttpResponse:
    """Give a project to somebody else; 204 if you do not see it any more."""
    found = operations.change_owner(
        project_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return PROJECT.written(request, found)


@router.post("/{id:pk}/team", response=ProjectOut)
@permission(Permission.PROJECT_TEAM, versioned=True)
def team(request: ApiRequest, pk: Id, body: TeamIn) -> HttpResponse:
    """Put a colleague on the team, change their part, or take them off."""
    found = operations.set_team(
        project_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return PROJECT.written(request, found)


@router.post("/{id:pk}/parties", response=ProjectOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def party(request: ApiRequest, pk: Id, body: PartyIn) -> HttpResponse:
    """Give an account a part in the project, or change the note on it."""
    operations.set_party(project_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given())
    return PROJECT.show(request, pk)


@router.delete("/{id:pk}/parties/{id:account_id}/{role}", response={204: None})
@permission(Permission.PROJECT_EDIT, versioned=True)
def remove_party(request: ApiRequest, pk: Id, account_id: Id, role: PathRole) -> HttpResponse:
    """Take a part of an account in the project away; the customer's last one stays."""
    operations.remove_party(
        project_id=pk, account_id=account_id, role=role, version=request.version, by=request.auth, at=timezone.now()
    )
    return gone()


@router.post("/{id:pk}/products", response=ProjectOut)
@permission(Permission.PROJECT_EDIT, versioned=True)
def products(request: ApiRequest, pk: Id, body: ProductsIn) -> HttpResponse:
    """Say what the customer may buy."""
    rows = [(one.product_id, one.quantity) for one in body.products]
    operations.set_products(project_id=pk, products=rows, version=request.version, by=request.auth, at=timezone.now())
    return PROJECT.show(request, pk)
