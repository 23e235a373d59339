"""The list of registrations."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from openpsm.core import parameters
from openpsm.core.dates import today
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.models import Registration
from openpsm.registrations.parameters import WARNING_DAYS
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import groups
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of, label_of, link
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, FlagFilter, PickedFilter, choices_of, mine, search
from openpsm.web.lists.page import show

KINDS, STATES = dict(Registration.Kind.choices), dict(Registration.Status.choices)


def _status(row: Row, _reader: Reader) -> Any:
    is_live = row["status"] == Registration.Status.LIVE
    css, mark = ("psm-state is-held", "✓ ") if is_live else ("psm-state", "")
    return format_html('<span class="{}">{}{}</span>', css, mark, STATES[row["status"]])


def _until(row: Row, reader: Reader) -> Any:
    """The last day of the protection, which holds on that day too, and how long that is."""
    until = row["protected_until"]
    if until is None or row["status"] != Registration.Status.LIVE:
        return until or NOTHING
    if until < reader.on:
        return format_html('<span class="is-missing">{} {}</span>', until, pgettext("protection", "is over"))
    left = (until - reader.on).days
    words = ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left} if left else _t("its last day")
    is_soon = left <= parameters.value(WARNING_DAYS)
    look = (
        '<span class="psm-small is-missing">○ {}</span>' if is_soon else '<span class="psm-small psm-muted">{}</span>'
    )
    return format_html("<span>{} {}</span>", until, format_html(look, words))


def _ending(rows: Any, _value: Any, _user: User) -> Any:
    """Live claims of which the owner is warned."""
    until = today(timezone.now()) + timedelta(days=parameters.value(WARNING_DAYS))
    return rows.filter(status=Registration.Status.LIVE, protected_until__lte=until)


def _pending(rows: Any, _value: Any, _user: User) -> Any:
    return rows.filter(status=Registration.Status.PENDING)


def ways(here: str) -> list[tuple[str, Any, str, str]]:
    """Claims, what is free for all, and what two want."""
    return [
        ("/registrations", _("List"), "list", "here" if here == "list" else ""),
        ("/registrations/pool", _("Public pool"), "world", "here" if here == "pool" else ""),
        ("/registrations/arbitrations", _("Arbitration"), "scale", "here" if here == "arbitrations" else ""),
    ]


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
        Column(
            "protected_until",
            _("Protected until"),
            ("protected_until", "status"),
            _until,
            lambda row, _reader: row["protected_until"],
            sort="protected",
        ),
        Column("reason", _("Reason"), is_default=False),
    ),
    sorts={"registered": "registered_at", "protected": "protected_until?"},
    default_sort="-registered",
    filters=(
        search(_("Name"), lambda rows, value, _user: rows.filter(name__icontains=value)),
        mine(),
        FlagFilter("ending", _("Ending soon"), "protected_until", _ending, True),
        FlagFilter("pending", _("Waiting for a decision"), "status", _pending, True),
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
    ways=lambda _user: ways("list"),
)


@page()
def registration_list(request: UserRequest) -> HttpResponse:
    """Own claims, those of one's departments and of visible records, newest first."""
    return show(request, REGISTRATIONS)
