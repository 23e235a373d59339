"""A contact as a card for the phone (vCard 4.0): what the person may read of it, and on record that it was taken."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Contact
from openpsm.core import events
from openpsm.core.errors import NotAllowed
from openpsm.org import field_rules
from openpsm.org.models import User

GUARDED = frozenset({"phone", "mobile", "email", "chat_name"})
LONGEST_LINE = 75


def export_card(*, contact_id: int, by: User, at: datetime) -> str:
    """Return the card of a contact that the user sees and may reach, and leave an event.

    Raises DoesNotExist, NotAllowed for whoever may not read phones and mail there.
    """
    with transaction.atomic():
        contact: Contact = Contact.objects.visible_to(by).select_related("account").get(pk=contact_id)
        if field_rules.hidden_on(by, contact) & GUARDED:
            raise NotAllowed(_("Phones and mail of this person are not open to you."))
        events.record("contact.exported", subject=contact, root=contact.account, by=by, at=at)
    return card_of(contact)


def card_of(contact: Contact) -> str:
    """Return the text of the card; notes and reasons stay here, they are ours."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{_escaped(contact.name)}", f"N:{_escaped(contact.name)};;;;"]
    lines.append(f"ORG:{_escaped(contact.account.name)}" + (f";{_escaped(contact.unit)}" if contact.unit else ""))
    for name, value in (
        ("TITLE", contact.title),
        ("TEL;TYPE=cell", contact.mobile),
        ("TEL;TYPE=work", contact.phone),
        ("EMAIL", contact.email),
        ("X-WECHAT", contact.chat_name),
    ):
        if value:
            lines.append(f"{name}:{_escaped(value)}")
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCARD"])


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return "".join(text.replace("\r\n", "\n").replace("\n", "\\n").split("\r"))


def _folded(line: str) -> str:
    """Break a line after 75 octets, never within a character."""
    parts, size = [""], 0
    for sign in line:
        width = len(sign.encode())
        if size + width > LONGEST_LINE:
            parts.append(" ")
            size = 1
        parts[-1] += sign
        size += width
    return "\r\n".join(parts)
