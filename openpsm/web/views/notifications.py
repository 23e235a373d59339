"""The bell: what one should know, each line leading to its record."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.core.paging import Order, take
from openpsm.insights.alerts import rules as alert_rules
from openpsm.org import operations
from openpsm.org.models import Approval, Notification
from openpsm.web.access import UserRequest, page
from openpsm.web.places import PLACES

PAGE_SIZE = 50
NEWEST = Order("-id", "id", is_descending=True)
TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "task.opened": lambda data: _("New task for you: %(title)s") % {"title": data.get("title", "")},
    "task.due": lambda data: (
        _("Task due on %(due_on)s: %(title)s") % {"due_on": data.get("due_on", ""), "title": data.get("title", "")}
    ),
    "arbitration.requested": lambda data: (
        _("%(who)s claims “%(title)s” as well: say what speaks for you") % _said(data)
    ),
    "arbitration.decided": lambda data: _("%(who)s has decided who works on “%(title)s”") % _said(data),
    "registration.probing": lambda data: (
        _("%(who)s asks about very many registered names: checking stops for a while. Please talk to each other.")
        % _said(data)
    ),
    "registration.expired": lambda data: _expired(data),
    "account.returned": lambda data: _("%(who)s took “%(title)s” back into the public pool") % _said(data),
    "approval.requested": lambda data: _("%(who)s asks for your approval: %(title)s") % _said(data),
    "approval.reminded": lambda data: _("Still waits for your decision: %(title)s") % _said(data),
    "approval.closed": lambda data: _closed(data),
    "approval.stuck": lambda data: _("Nobody can decide “%(title)s” now; withdraw it and ask again.") % _said(data),
    "absence.set": lambda data: (
        _("You stand in for %(who)s from %(from_on)s; back on %(back_on)s")
        % ({"who": "", "from_on": "", "back_on": ""} | data)
    ),
    "alert.raised": lambda data: _("%(rule)s: %(title)s") % _ruled(data),
    "alert.escalated": lambda data: _("Nobody has reacted to an alert: %(rule)s") % _ruled(data),
    "backup.failed": lambda data: _("The daily backup failed: %(reason)s") % {"reason": data.get("reason", "")},
    "comment.mentioned": lambda data: _("%(who)s mentions you at “%(title)s”") % _said(data),
    "comment.added": lambda data: _("%(who)s commented on “%(title)s”, which you follow") % _said(data),
    "project.moved": lambda data: _("%(who)s: “%(title)s”, which you follow, has moved") % _said(data),
    "account.moved": lambda data: _("%(who)s: “%(title)s”, which you follow, has changed hands") % _said(data),
}


def _said(data: dict[str, Any]) -> dict[str, Any]:
    return {"who": data.get("who") or _("OpenPSM"), "title": data.get("title", "")}


def _expired(data: dict[str, Any]) -> str:
    if data.get("kind") == "project":
        return _("The protection of your project “%(title)s” has run out.") % _said(data)
    return _("The protection of “%(title)s” has run out: it is in the public pool now.") % _said(data)


def _closed(data: dict[str, Any]) -> str:
    state = dict(Approval.State.choices).get(data.get("state", ""), "")
    return _("%(state)s: %(title)s") % {"state": capfirst(str(state)), "title": data.get("title", "")}


def _ruled(data: dict[str, Any]) -> dict[str, Any]:
    return {"rule": alert_rules.label_of(data.get("rule", "")), "title": data.get("title", "")}


def text_of(line: Notification) -> str:
    """Return the line's words in the reader's language; a kind without words of its own shows its title."""
    known = TEXTS.get(line.kind)
    return known(line.data) if known else str(line.data.get("title") or _("News about a record of yours"))


def place_of(line: Notification) -> str:
    """Return the address of the record, that of the bell where it has no page."""
    return PLACES.get(line.subject_type, "/notifications").format(pk=line.subject_id)


@page()
def notification_list(request: UserRequest) -> HttpResponse:
    """Show the newest lines first (1 query beside the frame's)."""
    cursor = request.GET.get("cursor", "")
    rows = Notification.objects.visible_to(request.user)
    try:
        found = take(rows, order=NEWEST, cursor=cursor, limit=PAGE_SIZE)
    except DomainError:
        return redirect("web:notification-list")
    lines = [(line, text_of(line)) for line in found.rows]
    context = {"title": _("Notifications"), "lines": lines, "next": found.next, "is_first": not cursor}
    return render(request, "today/notifications.html", context)


@page()
def bell(request: UserRequest) -> HttpResponse:
    """The bell with its number, asked for by open pages once a minute (1 query)."""
    unread = Notification.objects.visible_to(request.user).unread()[:100].count()
    return render(request, "frame/_bell.html", {"unread": unread})


@page(methods=("POST",))
def open_one(request: UserRequest, pk: int) -> HttpResponse:
    """Mark a line read and go to its record."""
    line = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    operations.mark_read(notification_ids=[pk], by=request.user, at=timezone.now())
    return redirect(place_of(line))


@page(methods=("POST",))
def mark_all_read(request: UserRequest) -> HttpResponse:
    """Mark all of one's lines read."""
    operations.mark_read(notification_ids=None, by=request.user, at=timezone.now())
    return redirect("web:notification-list")
