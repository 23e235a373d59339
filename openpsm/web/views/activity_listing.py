"""The list of activities."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openpsm.activities import operations
from openpsm.activities.models import Activity, ActivityKind
from openpsm.core.errors import DomainError
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.operations.bulk import SAME
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import DayField
from openpsm.web.lists import groups
from openpsm.web.lists.bulk import Action
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of, label_of, money
from openpsm.web.lists.filters import (
    YES_NO,
    ChoiceFilter,
    DayFilter,
    DepartmentFilter,
    PickedFilter,
    choices_of,
    mine,
    search,
)
from openpsm.web.lists.page import show

State = Activity.State
KINDS, STATES = dict(ActivityKind.choices), dict(State.choices)


def _what(row: Row, _reader: Reader) -> Any:
    state = "" if row["state"] == State.DONE else format_html(" <small>{}</small>", STATES[row["state"]])
    sure = format_html(' <span class="is-held">✓</span>') if row["is_confirmed"] else ""
    kind = KINDS.get(row["kind"], row["kind"])
    return format_html('<span><a class="psm-row" href="/activities/{}">{}</a>{}{}</span>', row["pk"], kind, state, sure)


def _day(row: Row, _reader: Reader) -> Any:
    return row["done_on"] or row["planned_on"] or None


def _about(row: Row, _reader: Reader) -> Any:
    if not row["project_id"]:
        return row["account__name"]
    return format_html('<a class="text-reset" href="/projects/{}">{}</a>', row["project_id"], row["project__name"])


def _about_text(row: Row, _reader: Reader) -> Any:
    return row["project__name"] or row["account__name"]


def _result(row: Row, _reader: Reader) -> Any:
    text = Truncator(row["result"] or row["purpose"]).chars(60)
    if not row["next_step"]:
        return text or NOTHING
    step = Truncator(row["next_step"]).chars(40)
    return format_html("<span>{}<div>→ {} {}</div></span>", text, step, row["next_on"] or "")


def _log(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.ACTIVITY_EDIT)
    return (_("Log a visit or call"), reverse("web:activity-log")) if allowed else None


def _matching(rows: Any, value: str, _user: User) -> Any:
    return rows.filter(project__search_text__contains=value.casefold()) | rows.filter(account__name__icontains=value)


def _planned(pk: int, by: User) -> date:
    rows = Activity.objects.visible_to(by)
    found: date | None = rows.filter(state=State.PLANNED).values_list("planned_on", flat=True).filter(pk=pk).first()
    if found is None:
        raise DomainError(_t("This activity is not planned any more."), code="not-planned")
    return found


def _move(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    old = _planned(pk, by)
    if old == values["day"]:
        return SAME
    operations.update_activity(activity_id=pk, version=None, by=by, at=at, planned_on=values["day"])
    return {"old": old.isoformat(), "new": values["day"].isoformat()}


def _move_back(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
    if _planned(pk, by).isoformat() != kept["new"]:
        raise DomainError(_t("Somebody has changed this since."), code="changed-since")
    operations.update_activity(activity_id=pk, version=None, by=by, at=at, planned_on=date.fromisoformat(kept["old"]))


def _cancel(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    operations.cancel_activity(activity_id=pk, version=None, reason=values["reason"], by=by, at=at)


def _confirm(pk: int, _values: dict[str, Any], by: User, at: datetime) -> Any:
    operations.confirm_activity(activity_id=pk, by=by, at=at)


ACTIONS = (
    Action(
        "day",
        _("Move planned ones to another day"),
        Permission.ACTIVITY_EDIT,
        lambda: {"day": DayField(label=_("Planned for"))},
        _move,
        _move_back,
    ),
    Action("confirm", _("Confirm the visits"), None, dict, _confirm),
    Action(
        "cancel",
        _("Call planned ones off"),
        Permission.ACTIVITY_EDIT,
        lambda: {"reason": forms.CharField(label=_("Reason"), max_length=300)},
        _cancel,
    ),
)
ACTIVITIES = Listing(
    key="activities",
    title=_("Activities"),
    model=Activity,
    url="/activities",
    home="/activities/{pk}",
    rows=lambda user: Activity.objects.visible_to(user),
    columns=(
        Column(
            "what", _("What"), ("kind", "state", "is_confirmed"), _what, lambda row, _r: str(KINDS.get(row["kind"]))
        ),
        Column("day", _("Day"), ("done_on", "planned_on"), lambda row, r: _day(row, r) or NOTHING, _day),
        Column(
            "about",
            _("Project or customer"),
            ("project_id", "project__name", "account__name"),
            _about,
            _about_text,
        ),
        Column(
            "result",
            _("Result and next step"),
            ("result", "purpose", "next_step", "next_on"),
            _result,
            lambda row, _reader: row["result"] or row["purpose"],
            css="psm-long",
        ),
        Column("owner", _("Who"), ("owner__name",)),
        Column("state", _("State"), is_default=False, **label_of("state", lambda: STATES)),
        Column("account", _("Customer"), ("account__name",), is_default=False),
        Column("purpose", _("Purpose"), is_default=False),
        Column("next_step", _("Next step"), is_default=False),
        Column("next_on", _("Next step on"), is_default=False),
        Column("place", _("Place"), is_default=False),
        Column("hours", _("Hours"), css="num", is_default=False),
        Column("cost", _("Cost"), ("cost", "cost_currency"), money("cost"), css="num", is_default=False),
        Column("is_confirmed", _("Confirmed"), is_default=False),
        Column("department", _("Department"), ("department__name",), is_default=False),
        Column("created_at", _("Created on"), plain=day_of("created_at"), is_default=False),
    ),
    sorts={"created": "id"},
    default_sort="-created",
    filters=(
        search(_("Project or customer"), _matching, "project"),
        mine(),
        ChoiceFilter("state", _("State"), choices=choices_of(State.choices)),
        ChoiceFilter("kind", _("Kind"), choices=choices_of(ActivityKind.choices)),
        DayFilter("done_on", _("Done on")),
        DayFilter("planned_on", _("Planned for")),
        DayFilter("next_on", _("Next step on")),
        PickedFilter("owner", _("Who"), source="people"),
        DepartmentFilter("department", _("Department")),
        PickedFilter("account", _("Customer"), source="accounts"),
        ChoiceFilter("is_confirmed", _("Confirmed"), choices=choices_of(YES_NO), is_yes_no=True),
    ),
    groups=(
        Group("owner", _("Who"), "owner_id", "owner", groups.people),
        Group("kind", _("Kind"), "kind", "kind", lambda keys, _reader: {key: KINDS[key] for key in keys}),
        Group("department", _("Department"), "department_id", "department", groups.departments),
        Group("month", _("Month"), "done_on", "done_on", groups.months, is_month=True),
    ),
    actions=ACTIONS,
    empty={
        "icon": "walk",
        "title": _("Nothing logged yet"),
        "text": _("A visit takes less than a minute to write down: whom you met, what came of it, what comes next."),
        "url": "/activities/log",
        "action": _("Log a visit or call"),
    },
    primary=_log,
)


@page()
def activity_list(request: UserRequest) -> HttpResponse:
    """Own activities and those of visible projects, newest first."""
    return show(request, ACTIVITIES)
