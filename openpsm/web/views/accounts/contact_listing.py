"""The list of contacts: people at visible accounts; how to reach them row by row, where it is open to the reader."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.accounts import operations
from openpsm.accounts.models import Contact
from openpsm.core.text import sort_key
from openpsm.org import field_rules
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.lists.bulk import Action, set_field
from openpsm.web.lists.cells import Editor
from openpsm.web.lists.declaration import Column, Listing, Reader, Row, day_of
from openpsm.web.lists.filters import DayFilter, PickedFilter, TextFilter, search
from openpsm.web.lists.page import show

REACH = ("phone", "mobile", "email", "chat_name")


def _name(row: Row, _reader: Reader) -> Any:
    url = f"/accounts/{row['account_id']}#contact-{row['pk']}"
    return format_html('<a class="psm-row" href="{}">{}</a>', url, row["name"])


def _account(row: Row, _reader: Reader) -> Any:
    return format_html('<a class="text-reset" href="/accounts/{}">{}</a>', row["account_id"], row["account__name"])


def _prepare(rows: list[Row], reader: Reader) -> list[Row]:
    """Empty what is closed to the reader in each row (the scope's query, once)."""
    shown = [name for name in REACH if rows and name in rows[0]]
    if shown:
        inside = field_rules.opened(reader.user, Contact, (row["account_id"] for row in rows))
        for row in rows:
            if row["account_id"] not in inside:
                row.update(dict.fromkeys(shown))
    return rows


def _matching(rows: Any, value: str, _user: User) -> Any:
    return (
        rows.filter(name__icontains=value)
        | rows.filter(sort_key__startswith=sort_key(value))
        | rows.filter(account__name__icontains=value)
    )


def _rows(user: User) -> Any:
    return Contact.objects.visible_to(user)


def _update(pk: int, changes: dict[str, Any], by: User, at: datetime) -> Any:
    return operations.update_contact(contact_id=pk, changes=changes, by=by, at=at)


def _editor(field: str, longest: int) -> Editor:
    def save(pk: int, value: Any, version: int | None, by: User, at: datetime) -> Any:
        return operations.update_contact(contact_id=pk, changes={field: value}, by=by, at=at, version=version)

    return Editor(lambda: forms.CharField(max_length=longest, required=False), save, EDIT, field)


def _delete(pk: int, _values: dict[str, Any], by: User, at: datetime) -> Any:
    operations.delete_contact(contact_id=pk, by=by, at=at)
    return {}


def _restore(pk: int, _kept: Any, by: User, at: datetime) -> Any:
    operations.restore_contact(contact_id=pk, by=by, at=at)


EDIT = Permission.CONTACT_EDIT
UNIT = pgettext_lazy("of a customer", "Department")
PURPOSE = _("Why we keep this person's data")
CONTACTS = Listing(
    key="contacts",
    title=_("Contacts"),
    model=Contact,
    url="/contacts",
    home="/contacts/{pk}",
    rows=_rows,
    columns=(
        Column("name", pgettext_lazy("of a person", "Name"), ("name", "account_id"), _name, sort="name"),
        Column(
            "account",
            _("Account"),
            ("account__name", "account_id"),
            _account,
            lambda row, _reader: row["account__name"],
        ),
        Column("title", _("Post"), edit=_editor("title", 100)),
        Column("unit", UNIT, edit=_editor("unit", 100)),
        Column("mobile", _("Mobile phone")),
        Column("phone", _("Phone"), is_default=False),
        Column("email", _("E-mail"), is_default=False),
        Column("chat_name", _("WeChat"), is_default=False),
        Column("purpose", PURPOSE, is_default=False, edit=_editor("purpose", 200)),
        Column("created_at", _("Created on"), plain=day_of("created_at"), sort="created", is_default=False),
    ),
    sorts={"name": "sort_key", "created": "id"},
    default_sort="name",
    extras=("account_id",),
    filters=(
        search(_("Name or account"), _matching),
        PickedFilter("account", _("Account"), source="accounts"),
        TextFilter("title", _("Post")),
        TextFilter("unit", UNIT),
        DayFilter("created_at", _("Created on"), is_instant=True),
    ),
    actions=(
        *(
            set_field(key, label, _rows, _update, EDIT, forms.CharField(label=name, max_length=longest, required=False))
            for key, label, name, longest in (
                ("unit", _("Set the department"), UNIT, 100),
                ("purpose", _("Say why we keep their data"), PURPOSE, 200),
            )
        ),
        Action("delete", _("Move to the recycle bin"), EDIT, dict, _delete, _restore),
    ),
    has_custom=True,
    prepare=_prepare,
    empty={
        "icon": "address-book",
        "title": _("No contact yet"),
        "text": _("People are added on the page of their account: whom you met belongs to whom you sell to."),
    },
)


@page()
def contact_list(request: UserRequest) -> HttpResponse:
    """People at visible accounts, by name."""
    return show(request, CONTACTS)
