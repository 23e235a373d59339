"""The audit log: who did what, when. Sealed values never appear, hidden fields neither."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.core.models import Event
from openpsm.org.audit import events_visible_to, shown_data
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.lists.declaration import NOTHING, Column, Listing, Reader, Row
from openpsm.web.lists.filters import DayFilter, PickedFilter, TextFilter
from openpsm.web.lists.page import show
from openpsm.web.templatetags.psm import words


def _prepare(rows: list[Any], reader: Reader) -> list[Row]:
    """Events as rows, each with what the reader may know of it."""
    return [
        {
            "pk": event.seq,
            "event": event,
            "name": event.name,
            "at": event.at,
            "by": event.by.name if event.by else None,
            "subject": f"{event.subject_type} {event.subject_id}",
            "data": shown_data(reader.user, event),
            "seq": event.seq,
        }
        for event in rows
    ]


def _at(row: Row, _reader: Reader) -> Any:
    return timezone.localtime(row["at"]).strftime("%Y-%m-%d %H:%M:%S")


def _subject(row: Row, _reader: Reader) -> Any:
    return row["subject"]


def _said(row: Row, _reader: Reader) -> SafeString:
    if row["data"] is None:
        return format_html('<span class="psm-muted">{}</span>', _t("values of the business: not open to you"))
    pairs = [(key, words(value)) for key, value in row["data"].items()]
    parts = format_html_join(mark_safe(" · "), '<span class="psm-muted">{}:</span> {}', pairs)
    return format_html('<span class="psm-small psm-wrap">{}</span>', parts or NOTHING)


def _said_text(row: Row, _reader: Reader) -> str | None:
    data: dict[str, Any] | None = row["data"]
    return None if data is None else "; ".join(f"{key}: {words(value)}" for key, value in data.items())


AUDIT = Listing(
    key="audit",
    title=_("Audit log"),
    model=Event,
    url="/settings/audit",
    permission=Permission.AUDIT_VIEW,
    rows=events_visible_to,
    is_whole=True,
    columns=(
        Column("name", _("Event"), cell=lambda row, _reader: format_html("<code>{}</code>", row["name"])),
        Column("at", pgettext_lazy("when it happened", "At"), cell=_at, plain=_at, css="text-nowrap"),
        Column(
            "by",
            pgettext_lazy("who did it", "By"),
            cell=lambda row, _reader: row["by"] or _t("the program"),
            css="text-nowrap",
        ),
        Column(
            "subject", _("Record"), ("subject_type",), lambda row, _r: row["subject"], lambda row, _r: row["subject"]
        ),
        Column("data", _("What it says"), cell=_said, plain=_said_text, css="psm-long"),
        Column("seq", _("Number"), sort="number", css="num"),
    ),
    sorts={"number": "seq"},
    default_sort="-number",
    filters=(
        TextFilter(
            "name",
            _("Event begins with"),
            "name",
            lambda rows, value, _user: rows.filter(name__startswith=value.casefold()),
        ),
        PickedFilter("by", pgettext_lazy("who did it", "By"), source="people"),
        DayFilter("at", pgettext_lazy("when it happened", "At"), is_instant=True),
    ),
    prepare=_prepare,
    empty={"icon": "history", "title": _("Nothing happened yet"), "text": ""},
    crumbs=lambda: [(_("Settings"), reverse("web:settings"))],
)


@page(Permission.AUDIT_VIEW)
def audit(request: UserRequest) -> HttpResponse:
    """Events, the newest first."""
    return show(request, AUDIT)
