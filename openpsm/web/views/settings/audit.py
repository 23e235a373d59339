"""The audit log: who did what, when. Sealed values never appear, hidden fields neither."""

from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.core.models import Event
from openpsm.org.audit import events_visible_to, shown_data
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import DayField
from openpsm.web.lists import ANY, Column, Filter, Listing, show
from openpsm.web.views.settings import choices


def _name(_user: User) -> forms.Field:
    return forms.CharField(label=_("Event begins with"), required=False, max_length=100)


def _people(user: User) -> forms.Field:
    offered = [ANY, *((str(pk), name) for pk, name in choices.people(user))]
    return forms.ChoiceField(label=pgettext_lazy("who did it", "By"), required=False, choices=offered)


def _until(_user: User) -> forms.Field:
    return DayField(label=_("Up to the day"), required=False)


AUDIT = Listing(
    title=_("Audit log"),
    template="settings/_audit_rows.html",
    rows=events_visible_to,
    columns=(
        Column("name", _("Event")),
        Column("at", pgettext_lazy("when it happened", "At")),
        Column("by", pgettext_lazy("who did it", "By")),
        Column("subject", _("Record")),
        Column("data", _("What it says")),
        Column("seq", _("Number"), sort="number", css="num"),
    ),
    sorts={"number": "seq"},
    default_sort="-number",
    filters=(
        Filter("name", _name, lambda rows, value, _user: rows.filter(name__startswith=value.strip().casefold())),
        Filter("by", _people, lambda rows, value, _user: rows.filter(by=int(value))),
        Filter("until", _until, lambda rows, value, _user: rows.filter(at__date__lte=value)),
    ),
    empty={"icon": "history", "title": _("Nothing happened yet"), "text": ""},
    crumbs=lambda: [(_("Settings"), reverse("web:settings"))],
)


def _prepared(user: User, rows: list[Event]) -> list[dict[str, Any]]:
    return [{"event": event, "data": shown_data(user, event)} for event in rows]


@page(Permission.AUDIT_VIEW)
def audit(request: UserRequest) -> HttpResponse:
    """Events, the newest first."""
    return show(request, replace(AUDIT, prepare=lambda rows: _prepared(request.user, rows)))
