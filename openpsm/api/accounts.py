"""Accounts. Making one is a registration: see registrations."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from openpsm.accounts import operations
from openpsm.accounts.models import Account, AccountKind, AccountMember, AccountName
from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row, Shape
from openpsm.api.schemas import (
    NO_NUL,
    Custom,
    Flag,
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
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.operations import change_account

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


class MemberOut(Out):
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
    members: list[MemberOut]


class AccountQuery(ListQuery):
    """Filters of accounts; `q` looks in all names, pinyin included."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)] | None = None
    kind: Kind | None = None
    uscc: Code | None = None
    region: Region | None = None
    industry: Industry | None = None
    owner_id: Id | None = None
    department_id: Id | None = None
    in_pool: Flag | None = None
    sort: Annotated[str, sorts("name", "created_at")] = "name"


class AccountIn(In):
    """What registering an account tells."""

    name: Name
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


class AccountChange(AccountIn):
    """What may be changed; only what is sent is changed."""

    name: Name = ""


class NameIn(In):
    """Another name."""

    kind: Annotated[str, OneOf(AccountName.Kind)]
    name: Name


class MemberIn(In):
    """A colleague."""

    user_id: Id


class OwnerIn(In):
    """The new owner; null puts the account into the public pool."""

    owner_id: Id | None


def _with_names(rows: list[Row], _user: User) -> list[Row]:
    """Add names and members (2 queries)."""
    ids = [row["id"] for row in rows]
    names = list(AccountName.objects.filter(account__in=ids).values("account_id", "id", "kind", "name"))
    members = list(AccountMember.objects.filter(account__in=ids).select_related("user"))
    for row in rows:
        row["names"] = [{key: one[key] for key in ("id", "kind", "name")} for one in names if one["account_id"] == row["id"]]
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
    lookups={"in_pool": "owner__isnull"},
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


@router.get("/{id:pk}", response=AccountOut)
@permission(OPEN)
def account(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an account."""
    return ACCOUNT.show(request, pk)


@router.patch("/{id:pk}", response=AccountOut)
@permission(Permission.ACCOUNT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: AccountChange) -> HttpResponse:
    """Change an account; a new name is checked for collisions like a registration."""
    found = change_account(
        account_id=pk, changes=body.given(), by=request.auth, at=timezone.now(), version=request.version
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
def give(request: ApiRequest, pk: Id, body: OwnerIn) -> HttpResponse:
    """Give an account to a colleague or to the pool; 204 if you do not see it any more."""
    found = operations.set_account_owner(
        account_id=pk, owner_id=body.owner_id, by=request.auth, at=timezone.now(), version=request.version
    )
    return ACCOUNT.written(request, found)


@router.post("/{id:pk}/names", response={201: AccountOut})
@permission(Permission.ACCOUNT_EDIT)
def add_name(request: ApiRequest, pk: Id, body: NameIn) -> HttpResponse:
    """Add a short, former, English or other name."""
    operations.add_account_name(account_id=pk, by=request.auth, at=timezone.now(), **body.given())
    return ACCOUNT.show(request, pk, status=201)


@router.post("/{id:pk}/members", response={201: AccountOut})
@permission(Permission.ACCOUNT_EDIT)
def add_member(request: ApiRequest, pk: Id, body: MemberIn) -> HttpResponse:
    """Put a colleague on the account's team."""
    operations.add_account_member(account_id=pk, user_id=body.user_id, by=request.auth, at=timezone.now())
    return ACCOUNT.show(request, pk, status=201)


@router.delete("/{id:pk}/members/{id:user_id}", response={204: None})
@permission(Permission.ACCOUNT_EDIT)
def remove_member(request: ApiRequest, pk: Id, user_id: Id) -> HttpResponse:
    """Take a colleague off the account's team."""
    operations.remove_account_member(account_id=pk, user_id=user_id, by=request.auth, at=timezone.now())
    return gone()
