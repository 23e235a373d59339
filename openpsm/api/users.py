"""Users: who works here. Roles are handed out in the browser, after the password was asked again."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import NO_NUL, Day, Flag, Id, In, ListQuery, OneOfText, Out, Page, sorts
from openpsm.org import operations
from openpsm.org.models import User
from openpsm.org.operations import NewUser
from openpsm.org.permissions import Permission

router = area("users")
Text60 = Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]
Username = Annotated[str, StringConstraints(min_length=2, max_length=60, pattern=r"^[A-Za-z0-9.@+_-]+$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=NO_NUL)]
Phone = Annotated[str, StringConstraints(max_length=30, pattern=NO_NUL)]
Password = Annotated[str, StringConstraints(max_length=128, pattern=NO_NUL)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class UserOut(Out):
    """A member of staff."""

    id: int
    version: int
    username: str
    name: str
    title: str
    email: str
    phone: str
    department_id: int | None
    department_name: str | None
    is_active: bool
    joined_on: date | None
    created_at: datetime | None


class UserQuery(ListQuery):
    """Filters of users."""

    department_id: Id | None = None
    username: Username | None = None
    is_active: Flag | None = None
    sort: Annotated[str, sorts("name", "username", "id")] = "name"


class UserFields(In):
    """What an administrator keeps about a user."""

    email: Email = ""
    phone: Phone = ""
    title: Text60 = ""
    department_id: Id | None = None
    joined_on: Day | None = None


class UserIn(UserFields):
    """Somebody to invite: a link goes to `email`, or `password` is the initial one, to be changed at once."""

    username: Username
    name: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=NO_NUL)]
    role_keys: Annotated[list[Key], Field(max_length=20)] = []
    language: Annotated[str, OneOfText("", "zh-hans", "en")] = ""
    password: Password = ""


class UserChange(UserFields):
    """What may be changed; only what is sent is changed."""

    username: Username = "--"
    name: Text60 = ""


USERS = Listing(
    User,
    UserOut,
    aliases={"department_name": "department__name"},
    sorts={"name": "sort_key", "username": "username", "id": "id"},
    lookups={"username": "username__iexact"},
)


@router.get("", response=Page[UserOut])
@permission(OPEN)
def users(request: ApiRequest, query: Query[UserQuery]) -> HttpResponse:
    """List the staff."""
    return USERS.page(request, query)


@router.get("/me", response=UserOut)
@permission(OPEN)
def me(request: ApiRequest) -> HttpResponse:
    """Show whose token this is."""
    return USERS.show(request, request.auth.pk)


@router.post("", response={201: UserOut})
@permission(Permission.USER_ADMIN)
def create(request: ApiRequest, body: UserIn) -> HttpResponse:
    """Invite somebody; without a password a link to set one is mailed."""
    values = body.model_dump(exclude={"role_keys"})
    new = NewUser(**values, role_keys=tuple(body.role_keys), is_mailed=not body.password)
    made = operations.invite_user(new=new, by=request.auth, at=timezone.now())
    return USERS.written(request, made.user, status=201)


@router.get("/{id:pk}", response=UserOut)
@permission(OPEN)
def user(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a user."""
    return USERS.show(request, pk)


@router.patch("/{id:pk}", response=UserOut)
@permission(Permission.USER_ADMIN, versioned=True)
def change(request: ApiRequest, pk: Id, body: UserChange) -> HttpResponse:
    """Change a user."""
    found = operations.update_user(
        user_id=pk, version=request.version, changes=body.given(), by=request.auth, at=timezone.now()
    )
    return USERS.written(request, found)


@router.post("/{id:pk}/deactivate", response=UserOut)
@permission(Permission.USER_ADMIN, versioned=True)
def deactivate(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take away access at once: sessions, tokens, reset links and jobs end."""
    found = operations.deactivate_user(user_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return USERS.written(request, found)
