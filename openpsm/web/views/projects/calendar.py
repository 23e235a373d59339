"""The calendar of projects: a month, a week, on phones the days that hold something."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core.dates import today
from openpsm.insights import calendar as calendars
from openpsm.insights.calendar import CalendarDay, Entry
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.board import BoardFilter
from openpsm.web.views.projects import narrowing

#: Kind of entry → its word, its colour, the page of its record.
WORDS = {
    "tender": (gettext_lazy("tender"), "bg-red-lt", "project-detail"),
    "order": (gettext_lazy("order"), "bg-green-lt", "project-detail"),
    "visit": (gettext_lazy("visit"), "bg-blue-lt", "activity-detail"),
    "protection": (gettext_lazy("protection ends"), "bg-yellow-lt", "registration-detail"),
    "task": (gettext_lazy("task"), "bg-secondary-lt", "task-detail"),
}
#: So many entries of a day stand in the month; the rest is one click away in its week.
IN_A_CELL = 4
FIRST_YEAR, LAST_YEAR = 2000, 2100


@page()
def calendar(request: UserRequest) -> HttpResponse:
    """Show what happens when (at most 10 queries with the frame's, 1 more with an owner in the address)."""
    on = today(timezone.now())
    middle = _day(request.GET.get("on", ""), on)
    is_week = request.GET.get("view") == "week"
    first, last = calendars.week_span(middle) if is_week else calendars.month_span(middle)
    form = BoardFilter(request.user, request.GET)
    kind = request.GET.get("kind", "")
    kinds = (kind,) if kind in WORDS else calendars.KINDS
    found = calendars.calendar_of(request.user, form.chosen(), first=first, last=last, on=on, kinds=kinds)
    days = [_shown(request, day, middle, on, is_week) for day in found.days]
    before, after = _steps(middle, is_week)
    context = {
        "title": _("Calendar"),
        "form": form,
        "chips": narrowing.chips(request, form),
        "kept": [(name, request.GET[name]) for name in ("view", "on", "kind") if request.GET.get(name)],
        "is_week": is_week,
        "span": _span(first, last) if is_week else date_format(middle, "YEAR_MONTH_FORMAT"),
        "weeks": [days[start : start + 7] for start in range(0, len(days), 7)],
        "weekdays": [date_format(day.on, "D") for day in found.days[:7]],
        "is_cut": found.is_cut,
        "is_empty": not any(day.entries for day in found.days),
        "before": narrowing.address(request, on=before.isoformat()),
        "after": narrowing.address(request, on=after.isoformat()),
        "now": narrowing.address(request, on=""),
        "month": narrowing.address(request, view=""),
        "week": narrowing.address(request, view="week"),
        "kinds": _kinds(request, kind),
    }
    return render(request, "projects/calendar.html", context)


def _day(text: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else otherwise


def _steps(middle: date, is_week: bool) -> tuple[date, date]:
    if is_week:
        return middle - timedelta(days=7), middle + timedelta(days=7)
    first = middle.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(day=1)


def _span(first: date, last: date) -> str:
    return f"{first.isoformat()} – {last.isoformat()}"


def _kinds(request: UserRequest, chosen: str) -> list[tuple[str, str, str, bool]]:
    """The kinds to choose from, each also the legend of its colour: (words, class, address, whether chosen)."""
    every = [(str(_("everything")), "", narrowing.address(request, kind=""), chosen not in WORDS)]
    return every + [
        (str(words), css, narrowing.address(request, kind=kind), kind == chosen)
        for kind, (words, css, _page) in WORDS.items()
    ]


def _shown(request: UserRequest, day: CalendarDay, middle: date, on: date, is_week: bool) -> dict[str, Any]:
    most = len(day.entries) if is_week else IN_A_CELL
    return {
        "on": day.on,
        "number": day.on.day,
        "label": f"{date_format(day.on, 'm-d')} {date_format(day.on, 'D')}",
        "holiday": day.holiday or (_("working day") if day.is_working and day.on.weekday() > 4 else ""),
        "is_off": not day.is_working,
        "is_today": day.on == on,
        "is_other": not is_week and day.on.month != middle.month,
        "entries": [_entry(one) for one in day.entries[:most]],
        "rest": max(0, len(day.entries) - most),
        "week": narrowing.address(request, view="week", on=day.on.isoformat()),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    words, css, name = WORDS[entry.kind]
    url = reverse(f"web:{name}", args=[entry.record_id])
    return {"word": words, "css": css, "title": entry.title, "detail": entry.detail, "url": url}
