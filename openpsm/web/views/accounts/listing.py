"""The list of accounts."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, AccountKind, Division
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import ANY, Column, Filter, Listing, show


def _matching(rows: Any, value: str, _user: User) -> Any:
    return rows.matching(value)


FILTERS = (
    Filter(
        "q",
        lambda _user: forms.CharField(label=_("Name, pinyin or credit code"), required=False, max_length=80),
        _matching,
    ),
    Filter(
        "kind",
        lambda _user: forms.ChoiceField(label=_("Kind"), required=False, choices=[ANY, *AccountKind.choices]),
        lambda rows, value, _user: rows.filter(kind=value),
    ),
    Filter(
        "mine",
        lambda _user: forms.BooleanField(label=_("Mine"), required=False),
        lambda rows, _value, user: rows.filter(owner=user),
    ),
    Filter(
        "pool",
        lambda _user: forms.BooleanField(label=_("In the public pool"), required=False),
        lambda rows, _value, _user: rows.filter(owner=None, is_unassigned=False),
    ),
)
VALUES = ("id", "name", "short_name", "kind", "region", "owner__name", "is_unassigned", "created_at")


def _prepare(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    regions = Division.objects.filter(pk__in={row["region"] for row in rows if row["region"]})
    names = dict(regions.values_list("code", "full_name"))
    for row in rows:
        row["kind_label"] = AccountKind(row["kind"]).label
        row["region_name"] = names.get(row["region"], row["region"])
    return rows


def _register(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE)
    return (_("Register a customer"), reverse("web:registration-new")) if allowed else None


ACCOUNTS = Listing(
    title=_("Accounts"),
    template="accounts/_rows.html",
    rows=lambda user: Account.objects.visible_to(user),
    columns=(
        Column("name", _("Account"), sort="name"),
        Column("kind", _("Kind")),
        Column("region", _("Region")),
        Column("owner", _("Owner")),
        Column("created_at", _("Created on"), sort="newest"),
    ),
    sorts={"name": "sort_key", "newest": "created_at"},
    default_sort="name",
    filters=FILTERS,
    values=VALUES,
    prepare=_prepare,
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
