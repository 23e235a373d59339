"""The list of registrations."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.models import Registration
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import groups
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of, label_of, link
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, PickedFilter, choices_of, mine, search
from openpsm.web.lists.page import show

KINDS, STATES = dict(Registration.Kind.choices), dict(Registration.Status.choices)


def _status(row: Row, _reader: Reader) -> Any:
    is_live = row["status"] == Registration.Status.LIVE
    css, mark = ("psm-state is-held", "✓ ") if is_live else ("psm-state", "")
    return format_html('<span class="{}">{}{}</span>', css, mark, STATES[row["status"]])


def _until(row: Row, reader: Reader) -> Any:
    """The last day of the protection, which holds on that day too."""
    until = row["protected_until"]
    if until is None or until >= reader.on:
        return until or NOTHING
    return format_html('<span class="is-missing">{} {}</span>', until, pgettext("protection", "is over"))


def _new(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE)
    return (_("Register"), reverse("web:registration-new")) if allowed else None


REGISTRATIONS = Listing(
    key="registrations",
    title=_("Registrations"),
    model=Registration,
    url="/registrations",
    home="/registrations/{pk}",
    rows=lambda user: Registration.objects.visible_to(user),
    columns=(
        Column("name", _("Name"), cell=link("/registrations/{pk}")),
        Column("kind", _("Kind"), **label_of("kind", lambda: KINDS)),
        Column("status", _("State"), cell=_status, plain=lambda row, _reader: str(STATES[row["status"]])),
        Column("owner", _("Owner"), ("owner__name",)),
        Column("registered_at", _("Registered"), plain=day_of("registered_at"), sort="registered"),
        Column("protected_until", _("Protected until"), cell=_until),
        Column("reason", _("Reason"), is_default=False),
    ),
    sorts={"registered": "registered_at"},
    default_sort="-registered",
    filters=(
        search(_("Name"), lambda rows, value, _user: rows.filter(name__icontains=value)),
        mine(),
        ChoiceFilter("status", _("State"), choices=choices_of(Registration.Status.choices)),
        ChoiceFilter("kind", _("Kind"), choices=choices_of(Registration.Kind.choices)),
        PickedFilter("owner", _("Owner"), source="people"),
        DayFilter("registered_at", _("Registered"), is_instant=True),
        DayFilter("protected_until", _("Protected until")),
    ),
    groups=(
        Group("owner", _("Owner"), "owner_id", "owner", groups.people),
        Group("status", _("State"), "status", "status", lambda keys, _reader: {key: STATES[key] for key in keys}),
        Group("month", _("Month"), "protected_until", "protected_until", groups.months, is_month=True),
    ),
    empty={
        "icon": "flag",
        "title": _("Nothing registered yet"),
        "text": _("Register a customer or project before you work on it: it is yours and protected from that moment."),
        "url": "/registrations/new",
        "action": _("Register a customer or project"),
    },
    primary=_new,
    ways=lambda: [
        ("/registrations", _("List"), "list", "here"),
        ("/registrations/arbitrations", _("Arbitration"), "scale", ""),
    ],
)


@page()
def registration_list(request: UserRequest) -> HttpResponse:
    """Own claims, those of one's departments and of visible records, newest first."""
    return show(request, REGISTRATIONS)
