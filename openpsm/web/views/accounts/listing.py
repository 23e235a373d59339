"""The list of accounts."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, AccountKind, Division, Industry
from openpsm.accounts.operations import add_account_member, remove_account_member
from openpsm.core.errors import DomainError
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.operations.bulk import SAME
from openpsm.org.permissions import Permission
from openpsm.registrations.operations import change_account, give_account
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.pickers import PickerField
from openpsm.web.lists import groups
from openpsm.web.lists.bulk import Action, set_field
from openpsm.web.lists.cells import Editor
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of, label_of, link
from openpsm.web.lists.filters import (
    ChoiceFilter,
    DayFilter,
    DepartmentFilter,
    FlagFilter,
    PickedFilter,
    TextFilter,
    choices_of,
    mine,
    search,
)
from openpsm.web.lists.page import show

EDIT = Permission.ACCOUNT_EDIT
KINDS = dict(AccountKind.choices)


def with_code_names(rows: list[Row], _reader: Reader) -> list[Row]:
    """Name regions and industries, where they are shown (1 query each)."""
    for path, model in (("region", Division), ("industry", Industry)):
        codes = {row[path] for row in rows if row.get(path)}
        if codes:
            field = "full_name" if path == "region" else "name"
            names = dict(model.objects.filter(pk__in=codes).values_list("code", field))
            for row in rows:
                row[f"{path}_name"] = names.get(row[path], row[path])
    return rows


def code_columns(path: str) -> dict[str, Any]:
    """The `cell` and `plain` of a column whose code `with_code_names` has named."""
    return {
        "cell": lambda row, _reader: row.get(f"{path}_name") or row[path] or NOTHING,
        "plain": lambda row, _reader: row.get(f"{path}_name") or row[path] or None,
    }


def _owner(row: Row, _reader: Reader) -> Any:
    if row["owner__name"]:
        return row["owner__name"]
    text = _t("to be distributed") if row["is_unassigned"] else _t("public pool")
    return format_html('<span class="psm-muted">{}</span>', text)


def _register(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE)
    return (_("Register a customer"), reverse("web:registration-new")) if allowed else None


def _rows(user: User) -> Any:
    return Account.objects.visible_to(user)


def _update(pk: int, changes: dict[str, Any], by: User, at: datetime) -> Any:
    return change_account(account_id=pk, changes=changes, by=by, at=at)


def _editor(field: str, make: Any) -> Editor:
    def save(pk: int, value: Any, version: int | None, by: User, at: datetime) -> Any:
        return change_account(account_id=pk, changes={field: value}, by=by, at=at, version=version)

    return Editor(make, save, EDIT, field)


def _line(longest: int) -> Any:
    return lambda: forms.CharField(max_length=longest, required=False)


def _give(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    old = _rows(by).values_list("owner_id", flat=True).get(pk=pk)
    if old == values["owner"]:
        return SAME
    give_account(account_id=pk, owner_id=values["owner"], by=by, at=at)
    return {"old": old, "new": values["owner"]}


def _give_back(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    if _rows(by).values_list("owner_id", flat=True).get(pk=pk) != kept["new"]:
        raise DomainError(_t("Somebody has changed this since."), code="changed-since")
    give_account(account_id=pk, owner_id=kept["old"], reason=_t("Taken back: it was nobody's before."), by=by, at=at)


def _join(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    if _rows(by).filter(pk=pk, members__user=values["user"]).exists():
        return SAME
    add_account_member(account_id=pk, user_id=values["user"], by=by, at=at)
    return {"user": values["user"]}


def _leave(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    remove_account_member(account_id=pk, user_id=kept["user"], by=by, at=at)


ACCOUNTS = Listing(
    key="accounts",
    title=_("Accounts"),
    model=Account,
    url="/accounts",
    home="/accounts/{pk}",
    rows=_rows,
    columns=(
        Column("name", _("Account"), ("name", "short_name"), link("/accounts/{pk}", below="short_name"), sort="name"),
        Column("kind", _("Kind"), **label_of("kind", lambda: KINDS)),
        Column("region", _("Region"), **code_columns("region")),
        Column("owner", _("Owner"), ("owner__name", "is_unassigned"), _owner),
        Column("created_at", _("Created on"), plain=day_of("created_at"), sort="newest"),
        Column("short_name", _("Short name"), is_default=False, edit=_editor("short_name", _line(60))),
        Column("uscc", _("Credit code"), is_default=False),
        Column("industry", _("Industry"), is_default=False, **code_columns("industry")),
        Column("department", _("Department"), ("department__name",), is_default=False),
        Column("parent", _("Parent company"), ("parent__name",), is_default=False),
        Column("address", _("Address"), is_default=False, edit=_editor("address", _line(200))),
        Column("phone", _("Switchboard"), is_default=False),
        Column("domain", _("Web domain"), is_default=False),
        Column("country", _("Country"), is_default=False),
        Column("note", _("Note"), cell=lambda row, _r: Truncator(row["note"]).chars(60) or NOTHING, is_default=False),
        Column("updated_at", _("Changed on"), plain=day_of("updated_at"), is_default=False),
    ),
    sorts={"name": "sort_key", "newest": "created_at"},
    default_sort="name",
    filters=(
        search(_("Name, pinyin or credit code")),
        mine(),
        FlagFilter(
            "pool",
            _("In the public pool"),
            "owner",
            lambda rows, _value, _user: rows.filter(owner=None, is_unassigned=False),
            True,
        ),
        ChoiceFilter("kind", _("Kind"), choices=choices_of(AccountKind.choices)),
        PickedFilter("region", _("Region"), source="divisions", starts_with=True),
        PickedFilter("industry", _("Industry"), source="industries", starts_with=True),
        PickedFilter("owner", _("Owner"), source="people"),
        DepartmentFilter("department", _("Department")),
        PickedFilter("parent", _("Parent company"), source="accounts"),
        DayFilter("created_at", _("Created on"), is_instant=True),
        TextFilter("address", _("Address")),
        FlagFilter(
            "unassigned",
            _("To be distributed"),
            "is_unassigned",
            lambda rows, _value, _user: rows.filter(is_unassigned=True),
        ),
    ),
    groups=(
        Group("owner", _("Owner"), "owner_id", "owner", groups.people),
        Group("department", _("Department"), "department_id", "department", groups.departments),
        Group("kind", _("Kind"), "kind", "kind", lambda keys, _reader: {key: KINDS[key] for key in keys}),
    ),
    actions=(
        Action(
            "owner",
            _("Give to another owner"),
            EDIT,
            lambda: {"owner": PickerField("people", label=_("New owner"))},
            _give,
            _give_back,
        ),
        Action(
            "team",
            _("Add somebody to the team"),
            EDIT,
            lambda: {"user": PickerField("people", label=_("Colleague"))},
            _join,
            _leave,
        ),
        set_field(
            "region",
            _("Set the region"),
            _rows,
            _update,
            EDIT,
            PickerField("divisions", label=_("Region"), required=False),
        ),
        set_field(
            "industry",
            _("Set the industry"),
            _rows,
            _update,
            EDIT,
            PickerField("industries", label=_("Industry"), required=False),
        ),
        set_field(
            "kind",
            _("Set the kind"),
            _rows,
            _update,
            EDIT,
            forms.ChoiceField(label=_("Kind"), choices=AccountKind.choices),
        ),
    ),
    has_custom=True,
    prepare=with_code_names,
    empty={
        "icon": "building",
        "title": _("No account yet"),
        "text": _(
            "Register the first customer: the name is checked against everything known, and it is yours from then on."
        ),
        "url": "/registrations/new",
        "action": _("Register a customer"),
    },
    primary=_register,
)


@page()
def account_list(request: UserRequest) -> HttpResponse:
    """Accounts that the person may see, by name unless asked otherwise."""
    return show(request, ACCOUNTS)
