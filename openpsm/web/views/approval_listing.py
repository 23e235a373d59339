"""The list of approvals: what waits for one's word, what one has asked, what one has decided."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.core.dates import today
from openpsm.org import approvals
from openpsm.org.models import Approval, User
from openpsm.web.access import UserRequest, page
from openpsm.web.lists.declaration import Column, Listing, Reader, Row, day_of, label_of, link
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, PickedFilter, choices_of, search
from openpsm.web.lists.page import show

STATES = dict(Approval.State.choices)
PARTS = (
    ("waiting", _("waiting for me")),
    ("asked", _("asked by me")),
    ("decided", pgettext_lazy("approvals", "decided by me")),
)
ICONS = {"waiting": "scale", "asked": "user", "decided": "check"}
#: State → look and mark of a cell; a colour never stands alone.
LOOKS = {"waiting": ("is-missing", "○ "), "approved": ("is-held", "✓ "), "rejected": ("is-debt", "✗ ")}


def _state(row: Row, _reader: Reader) -> Any:
    css, mark = LOOKS.get(row["state"], ("psm-muted", ""))
    return format_html('<span class="psm-state {}">{}{}</span>', css, mark, STATES[row["state"]])


def _in_part(rows: Any, value: list[str], user: User) -> Any:
    seen = Approval.objects.visible_to(user)
    parts = {
        "waiting": lambda: seen.waiting_for(user, today(timezone.now())),
        "asked": lambda: seen.filter(created_by=user),
        "decided": lambda: seen.decided_by(user),
    }
    wanted = Q()
    for one in value:
        wanted |= Q(pk__in=parts[one]().values("pk"))
    return rows.filter(wanted)


APPROVALS = Listing(
    key="approvals",
    title=_("Approvals"),
    model=Approval,
    url="/approvals",
    home="/approvals/{pk}",
    rows=lambda user: Approval.objects.visible_to(user),
    columns=(
        Column("title", _("What is asked"), cell=link("/approvals/{pk}", "title")),
        Column("kind", _("Kind"), **label_of("kind", approvals.labels)),
        Column("state", _("State"), cell=_state, plain=lambda row, _reader: str(STATES[row["state"]])),
        Column("created_by", _("Asked by"), ("created_by__name",)),
        Column("created_at", _("Asked on"), plain=day_of("created_at"), sort="asked"),
        Column("closed_at", _("Closed on"), plain=day_of("closed_at")),
    ),
    sorts={"asked": "created_at"},
    default_sort="-asked",
    filters=(
        search(_("What is asked"), lambda rows, value, _user: rows.filter(title__icontains=value), "title"),
        ChoiceFilter("part", _("My part"), "state", _in_part, choices=choices_of(PARTS)),
        ChoiceFilter("state", _("State"), choices=choices_of(Approval.State.choices)),
        PickedFilter("created_by", _("Asked by"), source="people"),
        DayFilter("created_at", _("Asked on"), is_instant=True),
    ),
    ways=lambda _user: [(f"/approvals?part={key}", label, ICONS[key], "") for key, label in PARTS],
    empty={
        "icon": "scale",
        "title": _("No approval yet"),
        "text": _("What needs another's yes waits here, for whoever has to decide and for whoever asked."),
    },
)


@page()
def approval_list(request: UserRequest) -> HttpResponse:
    """Approvals that one has asked for, decides, or sees as a manager, newest first."""
    return show(request, APPROVALS)
