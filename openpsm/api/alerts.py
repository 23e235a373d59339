"""Alerts: what the rules found, and what people do with it."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import NO_NUL, Day, Flag, Id, In, ListQuery, OneOf, Out, Page, sorts
from openpsm.insights.alerts import acts, rules
from openpsm.insights.models import Alert
from openpsm.org.models import User

router = area("alerts")
Words = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=NO_NUL)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]


class AlertOut(Out):
    """What a rule found about one record; `why` is the sentence that `measure` makes, in your language."""

    id: int
    version: int
    rule: str
    label: str
    why: str
    subject_type: str
    subject_id: int
    account_id: int | None
    account_name: str | None
    project_id: int | None
    project_name: str | None
    seller_id: int | None
    seller_name: str | None
    measure: dict[str, Any]
    state: Annotated[str, OneOf(Alert.State)]
    raised_at: datetime
    snoozed_until: date | None
    escalated_at: datetime | None
    answer: str
    task_id: int | None
    closed_at: datetime | None
    closed_by_id: int | None
    reason: str


class AlertQuery(ListQuery):
    """Filters of alerts."""

    rule: Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)] | None = None
    state: Annotated[str, OneOf(Alert.State)] | None = None
    account_id: Id | None = None
    project_id: Id | None = None
    seller_id: Id | None = None
    is_closed: Flag | None = None
    sort: Annotated[str, sorts("id", "raised_at")] = "-id"


class AlertTaskIn(In):
    """Whose task it becomes (yours unless you name somebody), called what, until when."""

    owner_id: Id | None = None
    title: Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)] = ""
    due_on: Day | None = None


class SnoozeIn(In):
    """Until which day."""

    until: Day


class AnswerIn(In):
    """What there is to say about it."""

    text: Words


class CloseIn(In):
    """Why it is closed although the fact may go on."""

    reason: Why


def _said(rows: list[Row], _user: User) -> list[Row]:
    for row in rows:
        row["label"], row["why"] = rules.label_of(row["rule"]), rules.say(row["rule"], row["measure"])
    return rows


ALERTS = Listing(
    Alert,
    AlertOut,
    aliases={"account_name": "account__name", "project_name": "project__name", "seller_name": "seller__name"},
    made=frozenset({"label", "why"}),
    finish=_said,
    sorts={"id": "id", "raised_at": "raised_at"},
    lookups={"is_closed": "closed_at__isnull"},
    negated=frozenset({"is_closed"}),
)


@router.get("", response=Page[AlertOut])
@permission(OPEN)
def alerts(request: ApiRequest, query: Query[AlertQuery]) -> HttpResponse:
    """List the alerts that you see: those that call upon you and, as a manager, on the people below you."""
    return ALERTS.page(request, query)


@router.get("/{id:pk}", response=AlertOut)
@permission(OPEN)
def alert(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an alert."""
    return ALERTS.show(request, pk)


@router.post("/{id:pk}/task", response=AlertOut)
@permission(OPEN, versioned=True)
def make_task(request: ApiRequest, pk: Id, body: AlertTaskIn = AlertTaskIn()) -> HttpResponse:  # noqa: B008  # never changed
    """Make a task of it."""
    found = acts.make_task(alert_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given())
    return ALERTS.written(request, found)


@router.post("/{id:pk}/snooze", response=AlertOut)
@permission(OPEN, versioned=True)
def snooze(request: ApiRequest, pk: Id, body: SnoozeIn) -> HttpResponse:
    """Put it off until a day within 90."""
    found = acts.snooze(alert_id=pk, version=request.version, until=body.until, by=request.auth, at=timezone.now())
    return ALERTS.written(request, found)


@router.post("/{id:pk}/answer", response=AlertOut)
@permission(OPEN, versioned=True)
def answer(request: ApiRequest, pk: Id, body: AnswerIn) -> HttpResponse:
    """Answer it; it is not raised again as long as the fact goes on."""
    found = acts.answer(alert_id=pk, version=request.version, text=body.text, by=request.auth, at=timezone.now())
    return ALERTS.written(request, found)


@router.post("/{id:pk}/close", response=AlertOut)
@permission(OPEN, versioned=True)
def close(request: ApiRequest, pk: Id, body: CloseIn) -> HttpResponse:
    """Close it with a reason."""
    found = acts.close(alert_id=pk, version=request.version, reason=body.reason, by=request.auth, at=timezone.now())
    return ALERTS.written(request, found)
