"""The list of projects."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from openpsm.core.dates import today
from openpsm.core.money import format_amount
from openpsm.org import access
from openpsm.org.models import Department, User
from openpsm.org.permissions import Permission
from openpsm.process.queries import default_definition, definition
from openpsm.projects.models import Outcome, Project
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.board import MARK_CHOICES
from openpsm.web.lists import ANY, Column, Filter, Listing, show
from openpsm.web.templatetags.psm import day

VALUES = (
    "id",
    "name",
    "account__name",
    "owner__name",
    "process_version_id",
    "stage_id",
    "stage_entered_at",
    "amount",
    "amount_currency",
    "grade",
    "probability",
    "possibility",
    "outcome",
    "is_on_hold",
    "tender_on",
    "next_step",
    "next_on",
)


def _stages(_user: User) -> forms.Field:
    stages = [(str(stage.id), stage.title) for stage in default_definition().stages]
    return forms.ChoiceField(label=_("Stage"), required=False, choices=[ANY, *stages])


def _departments(user: User) -> forms.Field:
    rows = Department.objects.visible_to(user).order_by("path").values_list("pk", "name", "path")
    choices = [(str(pk), " " * (path or "").count("/", 2) + name) for pk, name, path in rows]
    return forms.ChoiceField(label=_("Department"), required=False, choices=[ANY, *choices])


def _in_department(rows: QuerySet[Any], value: str, user: User) -> QuerySet[Any]:
    seen = Department.objects.visible_to(user)
    root = seen.filter(pk=value).values("path")[:1]
    return rows.filter(department__in=seen.filter(path__startswith=Subquery(root)))


def _marks(_user: User) -> forms.Field:
    return forms.ChoiceField(
        label=_("Mark"), required=False, choices=[ANY, ("running", pgettext_lazy("projects", "running")), *MARK_CHOICES]
    )


def _owner(user: User) -> forms.Field:
    """Given by links only, so that no list of all staff stands in the page."""
    return forms.IntegerField(label=_("Owner"), required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)


def _outcome(_user: User) -> forms.Field:
    return forms.ChoiceField(label=_("Outcome"), required=False, choices=[ANY, *Outcome.choices])


FILTERS = (
    Filter(
        "q",
        lambda _user: forms.CharField(label=_("Name"), required=False, max_length=80),
        lambda rows, value, _user: rows.matching(value),
    ),
    Filter("stage", _stages, lambda rows, value, _user: rows.filter(stage_id=int(value))),
    Filter("outcome", _outcome, lambda rows, value, _user: rows.filter(outcome=value)),
    Filter(
        "grade",
        lambda _user: forms.ChoiceField(
            label=_("Grade"), required=False, choices=[ANY, *((letter, letter) for letter in "ABCD")]
        ),
        lambda rows, value, _user: rows.filter(grade=value),
    ),
    Filter("department", _departments, _in_department),
    Filter("mark", _marks, lambda rows, value, _user: rows.with_mark(value, today(timezone.now()))),
    Filter("owner", _owner, lambda rows, value, _user: rows.filter(owner=value)),
    Filter(
        "mine",
        lambda _user: forms.BooleanField(label=_("Mine"), required=False),
        lambda rows, _value, user: rows.filter(owner=user),
    ),
)


def _prepare(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn values into what stands in the cells, see projects/_rows.html."""
    on = today(timezone.now())
    for row in rows:
        row["state"] = _state(row, on)
        row["grade"] = _GRADES[row["grade"]]
        row["amount"] = format_amount(row["amount"], row["amount_currency"])
        row["probability"] = "—" if row["possibility"] is None else f"{row['probability']}%"
        row["tender_on"] = day(row["tender_on"])
        row["next"] = _next(row) if row["next_step"] else "—"
    return rows


_GRADES = {
    "": "—",
    **{one: format_html('<span class="psm-grade {0}"><span>{0}</span></span>', one) for one in "ABCD"},
}


def _state(row: dict[str, Any], on: date) -> str:
    """The stage with its days, or how the project ended."""
    hold = " · " + _("on hold") if row["is_on_hold"] else ""
    if row["outcome"] != Outcome.OPEN:
        return f"{Outcome(row['outcome']).label}{hold}"
    stage, days = (
        definition(row["process_version_id"]).stage(row["stage_id"]),
        (on - today(row["stage_entered_at"])).days,
    )
    is_late = days > stage.expected_days
    late = " ⚠ " + _("over time") if is_late else ""
    text = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    css = "is-amber" if is_late else "psm-muted"
    return format_html('{} <span class="psm-small {}">{}{}</span>{}', stage.title, css, text, late, hold)


def _next(row: dict[str, Any]) -> str:
    step = Truncator(row["next_step"]).chars(30)
    return format_html('{} <span class="psm-muted psm-small">{}</span>', step, day(row["next_on"]))


def _register(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE)
    return (_("Register a project"), reverse("web:registration-new")) if allowed else None


PROJECTS = Listing(
    title=_("Projects"),
    template="projects/_rows.html",
    is_mask=True,
    rows=lambda user: Project.objects.visible_to(user),
    columns=(
        Column("name", _("Project"), sort="name"),
        Column("stage", _("Stage")),
        Column("grade", _("Grade")),
        Column("amount", _("Amount"), sort="amount", css="num"),
        Column("probability", _("Win probability"), css="num"),
        Column("tender_on", _("Tender")),
        Column("next", _("Next step")),
        Column("owner", _("Owner")),
    ),
    sorts={"amount": "amount", "name": "sort_key", "created": "created_at"},
    default_sort="-amount",
    filters=FILTERS,
    values=VALUES,
    prepare=_prepare,
    empty={
        "icon": "briefcase",
        "title": _("No project yet"),
        "text": _(
            "A project begins with its registration: the name is checked, and nobody else works on it from then on."
        ),
        "url": "/registrations/new",
        "action": _("Register a project"),
    },
    primary=_register,
)


@page()
def project_list(request: UserRequest) -> HttpResponse:
    """Projects that the person may see, by amount unless asked otherwise."""
    return show(request, PROJECTS)
