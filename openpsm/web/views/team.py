"""The manager's board."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.money import format_amount
from openpsm.insights import team as teams
from openpsm.insights.team import Alarm, Figures
from openpsm.org.models import User
from openpsm.web.access import UserRequest, page


@page()
def team(request: UserRequest) -> HttpResponse:
    """Show departments and people with their figures, exceptions first (at most 10 queries with the frame's)."""
    asked = request.GET.get("department", "")
    if asked and (not asked.isdecimal() or len(asked) > 18):
        raise Http404
    found = teams.team_of(request.user, at=timezone.now(), department=int(asked) if asked else None)
    chosen = {"department": found.department.pk} if found.department else {}
    context = {
        "title": _("Team"),
        "team": found,
        "whole": _cells(found.whole, chosen, request.user),
        "branches": [(one, _cells(one.figures, {"department": one.id}, request.user)) for one in found.branches],
        "people": [
            (one, _cells(one.figures, {**chosen, "owner": one.id}, request.user), _board({**chosen, "owner": one.id}))
            for one in found.people
        ],
        "alarms": [(alarm, _reasons(alarm)) for alarm in found.alarms],
        "board": _board(chosen),
        "crumbs": [(_("Team"), reverse("web:team"))] if chosen else [],
    }
    return render(request, "today/team.html", context)


def _board(chosen: dict[str, Any]) -> str:
    return f"{reverse('web:project-board')}?{urlencode(chosen)}"


def _list(chosen: dict[str, Any], mark: str) -> str:
    return f"{reverse('web:project-list')}?{urlencode({**chosen, 'mark': mark})}"


def _cells(figures: Figures, chosen: dict[str, Any], user: User) -> list[dict[str, Any]]:
    """Return the figures of a line in the order of the columns, each with the list of what it counts."""
    sums, unit = figures.sums, user.amount_unit
    amounts = [format_amount(one.amount, one.currency, unit) for one in sums.money]
    weighted = [format_amount(one.weighted, one.currency, unit) for one in sums.money]
    counts = (
        ("stalled", _("Stalled"), sums.stalled, "is-amber"),
        ("debts", _("Debts"), sums.indebted, "is-debt"),
        ("unevaluated", _("Not evaluated"), sums.unevaluated, "is-missing"),
        ("no-next-step", _("No next step"), sums.stepless, "is-missing"),
        ("tender-soon", _("Tender in 14 days"), figures.tenders, ""),
    )
    running = {"url": _list(chosen, "running"), "css": "", "is_zero": not sums.count}
    return [
        {**running, "label": _("Running"), "lines": [sums.count]},
        {**running, "label": _("Amount"), "lines": amounts or ["—"]},
        {**running, "label": _("Weighted"), "lines": weighted or ["—"]},
        *(
            {"url": _list(chosen, mark), "css": css if number else "", "is_zero": not number, "label": label}
            | {"lines": [number]}
            for mark, label, number, css in counts
        ),
    ]


def _reasons(alarm: Alarm) -> list[tuple[str, str]]:
    """Return the reasons in words, with the class of their colour."""
    project = alarm.project
    day = project.tender_on.isoformat() if project.tender_on else ""
    words = {
        "tender-unevaluated": ("is-debt", _("tender on %(day)s, and not evaluated") % {"day": day}),
        "tender-no-step": ("is-debt", _("tender on %(day)s, and no next step") % {"day": day}),
        "debts": ("is-debt", "⚑ " + _("owes key nodes of an overridden gate")),
        "stalled": (
            "is-amber",
            _("stalled: %(days)s days in “%(stage)s” (standard %(expected)s)")
            % {"days": alarm.days, "stage": alarm.stage.title, "expected": alarm.stage.expected_days},
        ),
    }
    return [words[name] for name in alarm.reasons]
