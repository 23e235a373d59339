"""Contacts: personal values go into events sealed under the contact's key, so that erasing a person erases them.

Rule: docs/business-rules.md#field-classes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, Contact
from openpsm.accounts.operations import keys
from openpsm.core import custom, events, memo
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.core.text import is_placeholder, sort_key
from openpsm.core.versions import Origin, bump, require_version
from openpsm.org import field_rules
from openpsm.org.access import require
from openpsm.org.bin import require_kept
from openpsm.org.models import User
from openpsm.org.permissions import Permission

#: What a person may change, and which of it says something about the person rather than about the post.
EDITABLE = ("name", "title", "unit", "phone", "mobile", "email", "chat_name", "note", "purpose", "custom")
PERSONAL = ("name", "phone", "mobile", "email", "chat_name", "note", "custom")
ERASED_NAME = "—"


@dataclass(frozen=True)
class NewContact:
    """A person at an account."""

    account_id: int
    name: str
    title: str = ""
    unit: str = ""
    phone: str = ""
    mobile: str = ""
    email: str = ""
    chat_name: str = ""
    note: str = ""
    purpose: str = ""
    custom: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


def create_contacts(*, rows: Sequence[NewContact], by: User, at: datetime) -> list[Contact]:
    """Create contacts of visible accounts on which the caller may edit contacts. Raises DoesNotExist, NotAllowed.

    A row with `origin` needs the right to take over stock.
    """
    if any(row.origin for row in rows):
        require(by, Permission.TAKE_OVER)
    accounts = _accounts({row.account_id for row in rows}, by)
    with memo.ensured():
        contacts = [_draft(row, accounts[row.account_id], by, at) for row in rows]
    with transaction.atomic():
        Contact.objects.bulk_create(contacts)
        keys.mark_contacts(contacts)
        made = [EventRow(subject=one, root=one.account, data=_public(one), sealed=_sealed(one)) for one in contacts]
        events.record_many("contact.created", made, by=by, at=at)
    return contacts


def _accounts(ids: set[int], by: User) -> dict[int, Account]:
    found: dict[int, Account] = Account.objects.visible_to(by).select_related("department").in_bulk(ids)
    if ids - found.keys():
        raise Account.DoesNotExist
    worked_on = field_rules.opened(by, "accounts.contact", ids)
    require(by, Permission.CONTACT_EDIT)
    for pk in ids - worked_on:
        require(by, Permission.CONTACT_EDIT, on=found[pk])
    return found


def require_contact_edit(by: User, account: Account) -> None:
    """Raise NotAllowed unless the caller works on the account or on one of its projects and may edit contacts."""
    if field_rules.opened(by, "accounts.contact", [account.pk]):
        require(by, Permission.CONTACT_EDIT)
    else:
        require(by, Permission.CONTACT_EDIT, on=account)


def _draft(row: NewContact, account: Account, by: User, at: datetime) -> Contact:
    contact = Contact(account=account, updated_at=at, created_by_id=row.origin.by_id if row.origin else by.pk)
    contact.created_at = (row.origin and row.origin.at) or at
    _fill(contact, row)
    return contact


def _fill(contact: Contact, row: NewContact) -> None:
    for name in EDITABLE:
        setattr(contact, name, getattr(row, name))
    contact.custom = custom.clean(Contact, row.custom)
    _clean(contact)


def check_new_contact(row: NewContact) -> None:
    """Raise InvalidInput for what `create_contacts` would refuse in the fields of a row; no query but custom fields."""
    _fill(Contact(), row)


def _clean(contact: Contact) -> None:
    for name in EDITABLE[:-1]:
        setattr(contact, name, str(getattr(contact, name)).strip())
    errors: dict[str, str] = {}
    if is_placeholder(contact.name):
        errors["name"] = _("Please enter the person's real name.")
    if contact.email:
        try:
            validate_email(contact.email)
        except ValidationError as error:
            errors["email"] = str(error.messages[0])
    for name in EDITABLE[:-1]:
        limit = getattr(Contact._meta.get_field(name), "max_length", None)
        if limit and len(getattr(contact, name)) > limit:
            errors[name] = _("At most %(n)s signs fit here.") % {"n": limit}
    if errors:
        raise InvalidInput(errors)
    contact.sort_key = sort_key(contact.name)


def _public(contact: Contact) -> dict[str, Any]:
    return {"account": contact.account_id, "title": contact.title, "unit": contact.unit}


def _sealed(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in PERSONAL if getattr(contact, name)}


def _locked(contact_id: int, by: User, version: int | None) -> Contact:
    lock_rows(Contact, [contact_id])
    rows = Contact.objects.visible_to(by).select_related("account", "account__department")
    contact: Contact = rows.get(pk=contact_id)
    require_contact_edit(by, contact.account)
    require_version(contact, version)
    return contact


def update_contact(
    *, contact_id: int, changes: Mapping[str, Any], by: User, at: datetime, version: int | None = None
) -> Contact:
    """Change a contact. Who may not read a phone may not overwrite it. Raises NotAllowed, Stale, InvalidInput."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise InvalidInput({name: _("This field cannot be changed.") for name in sorted(unknown)})
    with transaction.atomic():
        contact = _locked(contact_id, by, version)
        field_rules.require_open(by, contact, changes)
        before = {name: getattr(contact, name) for name in EDITABLE}
        for name, value in changes.items():
            kept = contact.custom
            setattr(contact, name, custom.clean(Contact, value, existing=kept) if name == "custom" else value)
        _clean(contact)
        old = {name: value for name, value in before.items() if getattr(contact, name) != value}
        if not old:
            return contact
        contact.save(update_fields=[*old, "sort_key", *bump(contact, at=at)])
        keys.mark_contacts([contact])
        _record_change(contact, old, by, at)
    return contact


def _record_change(contact: Contact, old: dict[str, Any], by: User, at: datetime) -> None:
    new = {name: getattr(contact, name) for name in old}
    sealed = {f"old.{name}": old[name] for name in old if name in PERSONAL}
    sealed |= {f"new.{name}": new[name] for name in new if name in PERSONAL}
    events.record(
        "contact.changed",
        subject=contact,
        root=contact.account,
        by=by,
        at=at,
        sealed=sealed or None,
        fields=sorted(old),
        old={name: value for name, value in old.items() if name not in PERSONAL},
        new={name: value for name, value in new.items() if name not in PERSONAL},
    )


def delete_contact(*, contact_id: int, by: User, at: datetime, version: int | None = None) -> Contact:
    """Move a contact to the recycle bin."""
    with transaction.atomic():
        contact = _locked(contact_id, by, version)
        contact.deleted_at = at
        contact.save(update_fields=["deleted_at", *bump(contact, at=at)])
        keys.mark_contacts([contact])
        events.record("contact.deleted", subject=contact, root=contact.account, by=by, at=at)
    return contact


def _locked_even_deleted(contact_id: int, by: User) -> Contact:
    """Lock a contact of an account that the caller sees, in the recycle bin or not."""
    lock_rows(Contact, [contact_id])
    rows = Contact.objects.filter(account__in=Account.objects.visible_to(by))
    contact: Contact = rows.select_related("account", "account__department").get(pk=contact_id)
    return contact


def restore_contact(*, contact_id: int, by: User, at: datetime) -> Contact:
    """Bring a contact back from the recycle bin; an erased person does not come back."""
    with transaction.atomic():
        contact = _locked_even_deleted(contact_id, by)
        require_contact_edit(by, contact.account)
        if contact.erased_at is not None:
            raise DomainError(_("This contact is not in the recycle bin."), code="not-deleted")
        require_kept(contact.deleted_at, at=at)
        contact.deleted_at = None
        contact.save(update_fields=["deleted_at", *bump(contact, at=at)])
        keys.mark_contacts([contact])
        events.record("contact.restored", subject=contact, root=contact.account, by=by, at=at)
    return contact


def erase_contact(*, contact_id: int, reason: str, by: User, at: datetime) -> Contact:
    """Erase a person on request, for good: the row stays without the person, sealed values lose their key.

    One in the recycle bin is erased as well. Other packages blank their own copies through the links registry
    (`erase`). Needs the right to delete accounts. Raises NotAllowed, InvalidInput, DomainError "erased".
    """
    from openpsm.core import links  # only this rare operation walks the registry

    if is_placeholder(reason):
        raise InvalidInput({"reason": _("Please say why the person's data is erased.")})
    with transaction.atomic():
        contact = _locked_even_deleted(contact_id, by)
        require(by, Permission.ACCOUNT_DELETE, on=contact.account)
        if contact.erased_at is not None:
            raise DomainError(_("This person's data is erased already."), code="erased")
        for link in links.declared("accounts.contact"):
            if link.erase:
                link.erase(target=contact, by=by, at=at)
        _blank(contact, at)
        events.erase(contact)
        events.record("contact.erased", subject=contact, root=contact.account, by=by, at=at, reason=reason)
    return contact


def _blank(contact: Contact, at: datetime) -> None:
    for name in EDITABLE[:-1]:
        setattr(contact, name, "")
    contact.name, contact.sort_key, contact.custom = ERASED_NAME, "", {}
    contact.erased_at = contact.deleted_at = at
    bump(contact, at=at)
    contact.save()
    keys.mark_contacts([contact])
