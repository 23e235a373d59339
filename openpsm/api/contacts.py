"""Contacts: people at accounts. Phones, mail and chat names are null for who does not work on the account."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from openpsm.accounts import operations
from openpsm.accounts.models import Contact
from openpsm.accounts.operations import NewContact
from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import NO_NUL, Custom, Id, In, Line, ListQuery, Long, Out, Page, Reason, sorts
from openpsm.org import field_rules
from openpsm.org.models import User
from openpsm.org.permissions import Permission

router = area("contacts")
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=NO_NUL)]
Title = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]
Phone = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=NO_NUL)]
ChatName = Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]
PERSONAL = ("phone", "mobile", "email", "chat_name")


class ContactOut(Out):
    """A contact."""

    id: int
    version: int
    account_id: int
    account_name: str
    name: str
    title: str
    unit: str
    phone: str | None
    mobile: str | None
    email: str | None
    chat_name: str | None
    note: str
    purpose: str
    custom: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ContactQuery(ListQuery):
    """Filters of contacts; phones and mail cannot be searched."""

    account_id: Id | None = None
    sort: Annotated[str, sorts("name", "created_at")] = "name"


class ContactFields(In):
    """What is known of a person."""

    title: Title = ""
    unit: Title = ""
    phone: Phone = ""
    mobile: Phone = ""
    email: Email = ""
    chat_name: ChatName = ""
    note: Long = ""
    purpose: Line = ""
    custom: Custom = {}


class ContactIn(ContactFields):
    """A new contact."""

    account_id: Id
    name: PersonName


class ContactChange(ContactFields):
    """What may be changed; only what is sent is changed."""

    name: PersonName = ""


class EraseIn(In):
    """Why the person's data goes."""

    reason: Reason


def _masked(rows: list[Row], user: User) -> list[Row]:
    """Empty the personal fields of contacts whose account the user does not work on (2 queries)."""
    inside = field_rules.opened(user, Contact, [row["account_id"] for row in rows])
    for row in rows:
        if row["account_id"] not in inside:
            row.update(dict.fromkeys(PERSONAL))
    return rows


CONTACTS = Listing(
    Contact,
    ContactOut,
    aliases={"account_name": "account__name"},
    sorts={"name": "sort_key", "created_at": "created_at"},
    finish=_masked,
)


@router.get("", response=Page[ContactOut])
@permission(OPEN)
def contacts(request: ApiRequest, query: Query[ContactQuery]) -> HttpResponse:
    """List the contacts of the accounts that you see."""
    return CONTACTS.page(request, query)


@router.post("", response={201: ContactOut})
@permission(Permission.CONTACT_EDIT)
def create(request: ApiRequest, body: ContactIn) -> HttpResponse:
    """Add a person to an account."""
    row = NewContact(**body.model_dump())
    made = operations.create_contacts(rows=[row], by=request.auth, at=timezone.now())
    return CONTACTS.written(request, made[0], status=201)


@router.get("/{id:pk}", response=ContactOut)
@permission(OPEN)
def contact(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a contact."""
    return CONTACTS.show(request, pk)


@router.patch("/{id:pk}", response=ContactOut)
@permission(Permission.CONTACT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: ContactChange) -> HttpResponse:
    """Change a contact."""
    found = operations.update_contact(
        contact_id=pk, changes=body.given(), by=request.auth, at=timezone.now(), version=request.version
    )
    return CONTACTS.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.CONTACT_EDIT, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Move a contact to the recycle bin."""
    operations.delete_contact(contact_id=pk, by=request.auth, at=timezone.now(), version=request.version)
    return gone()


@router.post("/{id:pk}/restore", response=ContactOut)
@permission(Permission.CONTACT_EDIT)
def restore(request: ApiRequest, pk: Id) -> HttpResponse:
    """Bring a contact back from the recycle bin."""
    return CONTACTS.written(request, operations.restore_contact(contact_id=pk, by=request.auth, at=timezone.now()))


@router.post("/{id:pk}/erase", response={204: None})
@permission(Permission.ACCOUNT_DELETE)
def erase(request: ApiRequest, pk: Id, body: EraseIn) -> HttpResponse:
    """Erase a person's data for good, on their request."""
    operations.erase_contact(contact_id=pk, reason=body.reason, by=request.auth, at=timezone.now())
    return gone()
