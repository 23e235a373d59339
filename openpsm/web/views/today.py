"""Where the day begins; the menu of a phone."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core.dates import DAY
from openpsm.core.dates import today as day_of
from openpsm.core.errors import InvalidInput
from openpsm.insights import operations
from openpsm.insights.team import leads_a_team
from openpsm.insights.today import Today, today_of
from openpsm.org import access, approvals
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page

#: Pages to which no line of the menu leads.
ALSO = (
    (gettext_lazy("Tasks"), "/tasks", "clipboard-check"),
    (gettext_lazy("Approvals"), "/approvals", "scale"),
    (gettext_lazy("Alerts"), "/alerts?open=on", "alert-triangle"),
    (gettext_lazy("Lost deals"), "/lost-deals", "report"),
    (gettext_lazy("Handovers"), "/handovers", "arrow-right"),
)


@page()
def today(request: UserRequest) -> HttpResponse:
    """Show what to do, decide and watch (11 queries with the frame's, whatever there is)."""
    now = timezone.now()
    found = today_of(request.user, at=now)
    tasks = [*found.tasks.overdue, *found.tasks.today]
    later = [*found.tasks.later, *found.tasks.undated]
    kinds = approvals.labels()
    context = {
        "title": _("Today"),
        "on": day_of(now),
        "day": found,
        "tasks": tasks,
        "approvals": [(one, kinds.get(one.kind, "")) for one in found.approvals],
        "later": later,
        "later_days": _later_days(day_of(now)),
        "leads": leads_a_team(request.user),
        "is_new": not tasks and not later and _is_empty(found),
        "first_steps": _first_steps(request),
        "counts": _counts(found, len(tasks)),
    }
    return render(request, "today/today.html", context)


@page(methods=("POST",))
def snooze(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Put a line off until a day, or show it again; the line goes, and a toast offers to take it back."""
    given = request.POST.get("until", "")
    now = timezone.now()
    if not given:
        operations.wake(kind=kind, record_id=pk, by=request.user, at=now)
        return redirect("web:today")
    try:
        until = date.fromisoformat(given)
        operations.snooze(kind=kind, record_id=pk, until=until, by=request.user, at=now)
    except (ValueError, InvalidInput) as error:
        messages.error(request, str(error))
        return redirect("web:today")
    if not request.htmx:
        return redirect("web:today")
    return render(request, "today/_snoozed.html", {"kind": kind, "pk": pk, "until": until})


def _later_days(on: date) -> list[tuple[str, str]]:
    """When a line may come back: (words, day)."""
    monday = on + timedelta(days=7 - on.weekday())
    days = ((_("tomorrow"), on + DAY), (_("in 3 days"), on + 3 * DAY), (_("next Monday"), monday))
    return [(f"{words} · {day:%m-%d}", day.isoformat()) for words, day in days]


def _counts(found: Today, tasks: int) -> dict[str, int]:
    decide = len(found.approvals) + len(found.gates) + len(found.pending)
    watched = len(found.stalled) + len(found.tenders) + len(found.protections)
    return {"do": tasks + len(found.steps), "decide": decide, "watch": watched}


def _is_empty(found: Today) -> bool:
    rows: tuple[list[Any], ...] = (found.steps, found.gates, found.pending, found.stalled, found.tenders)
    return not any(rows) and not found.protections and not found.approvals


def _first_steps(request: UserRequest) -> list[tuple[str, str, str]]:
    """What somebody does first here: (address, words, why), as far as they may."""
    own = access.reach(request.user)
    steps = []
    if own.holds_anywhere(Permission.USER_ADMIN):
        steps.append(("department-list", _("Draw your departments"), _("Who sees which projects follows from them.")))
        steps.append(("user-list", _("Invite your colleagues"), _("Each gets a role and a department.")))
    if own.holds_anywhere(Permission.REGISTRATION_CREATE):
        text = _("The name is checked, and from then on nobody else works on it.")
        steps.append(("registration-new", _("Register a customer or a project"), text))
    steps.append(("guide", _("Read the guide"), _("Ten minutes, in the order of your day.")))
    return steps


@page()
def more(request: UserRequest) -> HttpResponse:
    """Show the whole menu on a page of its own, for phones."""
    return render(request, "today/more.html", {"title": _("More"), "also": ALSO})
