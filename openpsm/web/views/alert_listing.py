"""The list of alerts: those that call upon one, and those of the people one manages."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.insights.alerts import acts, rules
from openpsm.insights.models import Alert
from openpsm.org.models import User
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import DayField
from openpsm.web.lists import groups
from openpsm.web.lists.bulk import Action
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, FlagFilter, PickedFilter, choices_of
from openpsm.web.lists.page import show
from openpsm.web.views.lost_listing import ways

STATES = dict(Alert.State.choices)


def subject_of(row: Row) -> tuple[str, str]:
    """Name and address of what an alert is about."""
    if row.get("project_id"):
        return row["project__name"], f"/projects/{row['project_id']}"
    if row.get("account_id"):
        return row["account__name"], f"/accounts/{row['account_id']}"
    return row.get("seller__name") or NOTHING, f"/people/{row['seller_id']}" if row.get("seller_id") else ""


def _about(row: Row, _reader: Reader) -> Any:
    name, url = subject_of(row)
    return format_html('<a class="text-reset" href="{}">{}</a>', url, name) if url else name


def _why(row: Row, _reader: Reader) -> str:
    return rules.say(row["rule"], row["measure"])


def _first(row: Row, _reader: Reader) -> Any:
    return format_html('<a class="psm-row" href="/alerts/{}">{}</a>', row["pk"], rules.label_of(row["rule"]))


def _state(row: Row, _reader: Reader) -> Any:
    if row["state"] == Alert.State.RAISED:
        return format_html('<span class="is-missing">○ {}</span>', STATES[row["state"]])
    if row["state"] == Alert.State.SNOOZED:
        return format_html("{} {}", STATES[row["state"]], row["snoozed_until"])
    return STATES[row["state"]]


def _snooze(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    acts.snooze(alert_id=pk, until=values["until"], by=by, at=at)


def _answer(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    acts.answer(alert_id=pk, text=values["text"], by=by, at=at)


def _close(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
    acts.close(alert_id=pk, reason=values["reason"], by=by, at=at)


def _make_task(pk: int, _values: dict[str, Any], by: User, at: datetime) -> Any:
    acts.make_task(alert_id=pk, by=by, at=at)


def later_days(on: date) -> list[tuple[Any, str]]:
    """When an alert may come back: (words, day)."""
    days = ((_("tomorrow"), 1), (_("in 3 days"), 3), (_("in a week"), 7))
    return [(words, (on + timedelta(days=each)).isoformat()) for words, each in days]


def _addressed(rows: Any, _value: Any, user: User) -> Any:
    return rows.addressed_to(user)


def _open_ones(rows: Any, _value: Any, _user: User) -> Any:
    return rows.open()


ALERTS = Listing(
    key="alerts",
    title=_("Alerts"),
    model=Alert,
    url="/alerts",
    home="/alerts/{pk}",
    rows=lambda user: Alert.objects.visible_to(user),
    columns=(
        Column("rule", _("Rule"), ("rule",), _first, lambda row, _reader: rules.label_of(row["rule"])),
        Column(
            "about",
            _("What it concerns"),
            ("account_id", "account__name", "project_id", "project__name", "seller_id", "seller__name"),
            _about,
            lambda row, _reader: subject_of(row)[0],
        ),
        Column("why", _("Why"), ("rule", "measure"), _why, _why, css="psm-wrap"),
        Column("state", _("State"), ("state", "snoozed_until"), _state, lambda row, _r: str(STATES[row["state"]])),
        Column("raised_at", _("Raised"), plain=day_of("raised_at"), sort="raised"),
        Column("seller", _("Whom it is about"), ("seller__name",), is_default=False),
        Column("answer", pgettext_lazy("alert", "Answer"), is_default=False),
        Column("reason", _("Why it was closed"), is_default=False),
    ),
    sorts={"raised": "raised_at"},
    default_sort="-raised",
    filters=(
        FlagFilter("mine", _("Calling upon me"), "rule", _addressed, True),
        FlagFilter("open", _("Open ones"), "state", _open_ones, True),
        ChoiceFilter("rule", _("Rule"), choices=lambda *_given: [(rule.key, rule.label) for rule in rules.declared()]),
        ChoiceFilter("state", _("State"), choices=choices_of(Alert.State.choices)),
        PickedFilter("seller", _("Whom it is about"), source="people"),
        DayFilter("raised_at", _("Raised"), is_instant=True),
    ),
    groups=(
        Group("rule", _("Rule"), "rule", "rule", lambda keys, _reader: {key: rules.label_of(key) for key in keys}),
        Group("seller", _("Whom it is about"), "seller_id", "seller", groups.people),
    ),
    actions=(
        Action("task", _("Make a task of it"), None, dict, _make_task),
        Action("snooze", _("Put off"), None, lambda: {"until": DayField(label=_("Until"))}, _snooze),
        Action(
            "answer",
            pgettext_lazy("alert", "Answer"),
            None,
            lambda: {"text": forms.CharField(label=pgettext_lazy("alert", "Answer"), max_length=1000)},
            _answer,
        ),
        Action(
            "close", _("Close"), None, lambda: {"reason": forms.CharField(label=_("Reason"), max_length=300)}, _close
        ),
    ),
    ways=lambda user: ways("alerts", user),
    empty={
        "icon": "bell",
        "title": _("No alert"),
        "text": _("Protection that ends, customers who fall silent, visits that clash: all that the rules find."),
        "url": "/today",
        "action": _("Today"),
    },
)


@page()
def alert_list(request: UserRequest) -> HttpResponse:
    """Alerts that the person sees, the latest first."""
    return show(request, ALERTS)
