"""Registrations: claims on customers and projects, checked for collisions."""

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.accounts import Code, NewAccountIn
from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import area, permission
from openpsm.api.lists import Listing
from openpsm.api.projects import NewProjectIn, new_project
from openpsm.api.schemas import NO_NUL, Day, Hits, Id, In, Line, ListQuery, Name, OneOf, Out, Page, Short, sorts
from openpsm.org.permissions import Permission
from openpsm.registrations import operations
from openpsm.registrations.matching import PARTS, Claim, ProjectClaim
from openpsm.registrations.models import Registration

router = area("registrations")
Kind = Annotated[str, OneOf(Registration.Kind)]
Status = Annotated[str, OneOf(Registration.Status)]


class RegistrationOut(Out):
    """A claim; it is protected up to and including `protected_until`."""

    id: int
    version: int
    kind: Kind
    status: Status
    name: str
    account_id: int | None
    project_id: int | None
    owner_id: int
    owner_name: str
    registered_at: datetime
    protected_until: date | None


class RegistrationQuery(ListQuery):
    """Filters of registrations."""

    kind: Kind | None = None
    status: Status | None = None
    owner_id: Id | None = None
    account_id: Id | None = None
    project_id: Id | None = None
    sort: Annotated[str, sorts("id", "registered_at")] = "-id"


class HitOut(Out):
    """A record that may mean the same; `id` and `label` only of those that you see, `key` to answer to it."""

    kind: Kind
    class_: Annotated[Literal["same", "possible", "related"], Field(alias="class")]
    score: int
    reasons: list[str]
    key: str
    owner: str
    stage: str
    is_in_pool: bool
    id: int | None = None
    label: str | None = None


class HitsOut(Out):
    """What a claim would run into, best first."""

    hits: list[HitOut]


class RegisteredProjectIn(NewProjectIn):
    """A project and who else has a part in it, by name, so that it is found through any of them."""

    end_user: Line = ""
    contractor: Line = ""
    design_institute: Line = ""


class RegistrationIn(In):
    """A new customer or a known one, and a project or none.

    `account_hit` answers to a hit on the customer: the project goes there, and one in the pool is claimed.
    """

    account: NewAccountIn | None = None
    account_id: Id | None = None
    account_hit: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{20})?$")] = ""
    project: RegisteredProjectIn | None = None
    confirmed_different: Hits = []


class AccountClaimIn(In):
    """What is known of a customer."""

    name: Name
    uscc: Code = ""
    phones: Annotated[list[Line], Field(max_length=10)] = []
    emails: Annotated[list[Line], Field(max_length=10)] = []
    domain: Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)] = ""
    other_names: Annotated[list[Line], Field(max_length=20)] = []


class ProjectClaimIn(In):
    """What is known of a project: its parties by name, `account` the customer's without `account_id`, `on` its day."""

    name: Name
    account_id: Id | None = None
    site: Line = ""
    product_line: Short = ""
    tender_number: Annotated[str, StringConstraints(max_length=80, pattern=NO_NUL)] = ""
    account: Line = ""
    end_user: Line = ""
    contractor: Line = ""
    design_institute: Line = ""
    on: Day | None = None


class CheckIn(In):
    """A claim to be looked at and not stored."""

    account: AccountClaimIn | None = None
    project: ProjectClaimIn | None = None


REGISTRATIONS = Listing(
    Registration,
    RegistrationOut,
    aliases={"owner_name": "owner__name"},
    sorts={"id": "id", "registered_at": "registered_at"},
)


@router.get("", response=Page[RegistrationOut])
@permission("open")
def registrations(request: ApiRequest, query: Query[RegistrationQuery]) -> HttpResponse:
    """List the claims that you see, newest first."""
    return REGISTRATIONS.page(request, query)


@router.post("", response={201: RegistrationOut})
@permission(Permission.REGISTRATION_CREATE)
def create(request: ApiRequest, body: RegistrationIn) -> HttpResponse:
    """Register a customer, a project, or both; 409 `collision` or `confirm-different` with the hits."""
    made = operations.register(
        account=body.account.as_new() if body.account else None,
        account_id=body.account_id,
        account_hit=body.account_hit,
        project=new_project(body.project, account_id=body.account_id or 0) if body.project else None,
        emails=body.account.emails if body.account else (),
        parts={name: getattr(body.project, name) for name in PARTS.values()} if body.project else {},
        confirmed_different=body.confirmed_different,
        by=request.auth,
        at=timezone.now(),
    )
    return REGISTRATIONS.written(request, made, status=201)


@router.post("/check", response=HitsOut, by_alias=True)
@permission(Permission.REGISTRATION_CREATE, is_write=False)
def check(request: ApiRequest, body: CheckIn) -> HttpResponse:
    """Say what a claim would run into; nothing is stored but that it was asked. 60 an hour."""
    found = operations.check_claim(
        account=claim_of(body.account) if body.account else None,
        project=ProjectClaim(**body.project.model_dump()) if body.project else None,
        by=request.auth,
        at=timezone.now(),
    )
    return answer({"hits": [hit.for_api() for hit in found]})


def claim_of(body: AccountClaimIn) -> Claim:
    """Return what is compared of a customer."""
    return Claim(
        name=body.name,
        uscc=body.uscc,
        phones=tuple(body.phones),
        emails=tuple(body.emails),
        domain=body.domain,
        other_names=tuple(body.other_names),
    )


@router.get("/{id:pk}", response=RegistrationOut)
@permission("open")
def registration(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a claim."""
    return REGISTRATIONS.show(request, pk)
