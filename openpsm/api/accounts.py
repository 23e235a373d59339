"""Accounts. Making one is a registration: see registrations."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.accounts import operations
from openpsm.accounts.models import Account, AccountKind, AccountMember, AccountName
from openpsm.accounts.operations import NewAccount
from openpsm.api.answers import gone, moved
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row, Shape
from openpsm.api.schemas import (
    NO_NUL,
    Custom,
    Flag,
    Hits,
    Id,
    In,
    Line,
    ListQuery,
    Long,
    Name,
    OneOf,
    Out,
    Page,
    Short,
    sorts,
)
from openpsm.duplicates.queries import kept_for
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.operations import add_account_name, change_account, give_account, register

router = area("accounts")
Kind = Annotated[str, OneOf(AccountKind)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Region = Annotated[str, StringConstraints(pattern=r"^([0-9]{6})?$")]
Industry = Annotated[str, StringConstraints(pattern=r"^([A-Z][0-9]{0,4}|[0-9]{2,4})?$")]
Code = Annotated[str, StringConstraints(max_length=30, pattern=NO_NUL)]


class AccountRow(Out):
    """An account as lists show it. Without owner it lies in the public pool, or waits to be distributed."""

    id: int
    version: int
    name: str
    short_name: str
    kind: Kind
    uscc: str
    country: str
    region: str
    industry: str
    domain: str
    owner_id: int | None
    owner_name: str | None
    department_id: int | None
    is_unassigned: bool
    created_at: datetime
    updated_at: datetime


class AccountNameOut(Out):
    """Another name by which the account is found."""

    id: int
    kind: Annotated[str, OneOf(AccountName.Kind)]
    name: str
    source: str = Field(description="how it became known: typed, import, registration, arbitration, merge; or unknown")


class AccountMemberOut(Out):
    """Who works on the account."""

    user_id: int
    name: str
    is_owner: bool


class AccountOut(AccountRow):
    """An account with everything on it."""

    address: str
    phone: str
    parent_id: int | None
    note: str
    custom: dict[str, Any]
    names: list[AccountNameOut]
    members: list[AccountMemberOut]


class AccountQuery(ListQuery):
    """Filters of accounts; `q` looks in all names, pinyin included."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)] | None = None
    kind: Kind | None = None
    uscc: Code | None = None
    region: Region | None = None
    industry: Industry | None = None
    owner_id: Id | None = None
    department_id: Id | None = None
    has_owner: Flag | None = None
    is_unassigned: Flag | None = None
    parent_id: Id | None = None
    sort: Annotated[str, sorts("name", "created_at")] = "name"


class NameIn(In):
    """Another name."""

    kind: Annotated[str, OneOf(AccountName.Kind)]
    name: Name


class AccountFields(In):
    """What is known of an account."""

    short_name: Short = ""
    kind: Kind = AccountKind.BUYER.value
    uscc: Code = ""
    country: Country = "CN"
    region: Region = ""
    address: Line = ""
    industry: Industry = ""
    domain: Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)] = ""
    phone: Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)] = ""
    parent_id: Id | None = None
    note: Long = ""
    custom: Custom = {}


class NewAccountIn(AccountFields):
    """An account to be registered; `emails` of its people help to find collisions and are not stored."""

    name: Name
    other_names: Annotated[list[NameIn], Field(max_length=20)] = []
    emails: Annotated[list[Line], Field(max_length=20)] = []

    def as_new(self) -> NewAccount:
        """Turn what was sent into what the operation takes."""
        values = self.model_dump(exclude={"other_names", "emails", "account_hit", "confirmed_different"})
        return NewAccount(**values, other_names=[(one.kind, one.name) for one in self.other_names])


class AccountIn(NewAccountIn):
    """An account to be registered. `account_hit` claims the hit of that key out of the public pool instead."""

    account_hit: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{20})?$")] = ""
    confirmed_different: Hits = []


class AccountChange(AccountFields):
    """What may be changed; only what is sent is changed."""

    name: Name = ""
    confirmed_different: Hits = []


class AccountMemberIn(In):
    """A colleague."""

    user_id: Id


class AccountOwnerIn(In):
    """The new owner; null puts the account into the public pool, with a reason that everybody reads there."""

    owner_id: Id | None
    reason: Line = ""


def _with_names(rows: list[Row], _user: User) -> list[Row]:
    """Add names and members (2 queries)."""
    ids = [row["id"] for row in rows]
    names = list(AccountName.objects.filter(account__in=ids).order_by("pk"))
    members = list(AccountMember.objects.filter(account__in=ids).select_related("user"))
    for row in rows:
        mine = [one for one in names if one.account_id == row["id"]]
        row["names"] = [{"id": one.pk, "kind": one.kind, "name": one.name, "source": one.source} for one in mine]
        row["members"] = [
            {"user_id": one.user_id, "name": one.user.name, "is_owner": one.is_owner}
            for one in members
            if one.account_id == row["id"]
        ]
    return rows


ACCOUNTS = Listing(
    Account,
    AccountRow,
    aliases={"owner_name": "owner__name"},
    sorts={"name": "sort_key", "created_at": "created_at"},
    lookups={"has_owner": "owner__isnull"},
    negated=frozenset({"has_owner"}),
    searches={"q": "matching"},
)
ACCOUNT = Shape(
    Account,
    AccountOut,
    aliases={"owner_name": "owner__name"},
    made=frozenset({"names", "members"}),
    finish=_with_names,
)


@router.get("", response=Page[AccountRow])
@permission(OPEN)
def accounts(request: ApiRequest, query: Query[AccountQuery]) -> HttpResponse:
    """List the accounts that you see."""
    return ACCOUNTS.page(request, query)


@router.post("", response={201: AccountOut})
@permission(Permission.REGISTRATION_CREATE)
def create(request: ApiRequest, body: AccountIn) -> HttpResponse:
    """Register an account; 409 `collision` or `confirm-different` with the hits."""
    made = register(
        account=body.as_new(),
        account_hit=body.account_hit,
        emails=body.emails,
        confirmed_different=body.confirmed_different,
        by=request.auth,
        at=timezone.now(),
    )
    return ACCOUNT.written(request, made.account_id, status=201)


@router.get("/{id:pk}", response={200: AccountOut, 307: None})
@permission(OPEN)
def account(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an account; 307 to the one that it has become part of."""
    try:
        return ACCOUNT.show(request, pk)
    except Account.DoesNotExist:
        kept = kept_for(pk, request.auth)
        if kept is None:
            raise
        return moved(request.path, kept)


@router.patch("/{id:pk}", response=AccountOut)
@permission(Permission.ACCOUNT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: AccountChange) -> HttpResponse:
    """Change an account; a new name is checked for collisions like a registration."""
    changes = body.given()
    different = changes.pop("confirmed_different", ())
    found = change_account(
        account_id=pk,
        changes=changes,
        confirmed_different=different,
        by=request.auth,
        at=timezone.now(),
        version=request.version,
    )
    return ACCOUNT.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.ACCOUNT_DELETE, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Move an account to the recycle bin; 409 while it has projects."""
    operations.delete_account(account_id=pk, by=request.auth, at=timezone.now(), version=request.version)
    return gone()


@router.post("/{id:pk}/restore", response=AccountOut)
@permission(OPEN)
def restore(request: ApiRequest, pk: Id) -> HttpResponse:
    """Bring an account back from the recycle bin."""
    return ACCOUNT.written(request, operations.restore_account(account_id=pk, by=request.auth, at=timezone.now()))


@router.post("/{id:pk}/owner", response={200: AccountOut, 204: None})
@permission(Permission.ACCOUNT_EDIT, versioned=True)
def give(request: ApiRequest, pk: Id, body: AccountOwnerIn) -> HttpResponse:
    """Give an account to a colleague or to the pool; 204 if you do not see it any more."""
    found = give_account(
        account_id=pk, by=request.auth, at=timezone.now(), version=request.version, **body.model_dump()
    )
    return ACCOUNT.written(request, found)


@router.post("/{id:pk}/names", response={201: AccountOut})
@permission(Permission.ACCOUNT_EDIT)
def add_name(request: ApiRequest, pk: Id, body: NameIn) -> HttpResponse:
    """Add a short, former, English or other name."""
    add_account_name(account_id=pk, by=request.auth, at=timezone.now(), **body.given())
    return ACCOUNT.show(request, pk, status=201)


@router.post("/{id:pk}/members", response={201: AccountOut})
@permission(Permission.ACCOUNT_EDIT)
def add_member(request: ApiRequest, pk: Id, body: AccountMemberIn) -> HttpResponse:
    """Put a colleague on the account's team."""
    operations.add_account_member(account_id=pk, user_id=body.user_id, by=request.auth, at=timezone.now())
    return ACCOUNT.show(request, pk, status=201)


@router.delete("/{id:pk}/members/{id:user_id}", response={204: None})
@permission(Permission.ACCOUNT_EDIT)
def remove_member(request: ApiRequest, pk: Id, user_id: Id) -> HttpResponse:
    """Take a colleague off the account's team."""
    operations.remove_account_member(account_id=pk, user_id=user_id, by=request.auth, at=timezone.now())
    return gone()
