"""What people do with an alert: make a task of it, put it off, answer it, close it.

Rule: docs/business-rules.md#alerts
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.events import Event
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.insights.alerts import rules
from openpsm.insights.models import Alert
from openpsm.insights.operations import MOST_DAYS
from openpsm.org.models import Task, User
from openpsm.org.operations import open_task

State = Alert.State


def make_task(
    *,
    alert_id: int,
    by: User,
    at: datetime,
    owner_id: int | None = None,
    title: str = "",
    due_on: date | None = None,
    version: int | None = None,
) -> Alert:
    """Make a task of an alert, for oneself unless somebody is named. Raises Stale, InvalidInput, DomainError."""
    with transaction.atomic():
        alert = _found(alert_id, by, version, State.RAISED, State.SNOOZED)
        said = rules.say(alert.rule, alert.measure)
        alert.task = open_task(
            owner_id=owner_id or by.pk,
            title=title.strip() or _title(alert),
            detail=said,
            due_on=due_on,
            origin=f"alert.{alert.rule}",
            subject=alert,
            project=alert.project,
            by=by,
            at=at,
        )
        alert.state, alert.snoozed_until = State.TASKED, None
        alert.save(update_fields=["task", "state", "snoozed_until", *bump(alert, at=at)])
        events.record("alert.tasked", subject=alert, by=by, at=at, task=alert.task.pk, owner=alert.task.owner_id)
    return alert


def snooze(*, alert_id: int, until: date, by: User, at: datetime, version: int | None = None) -> Alert:
    """Put an alert off until a day within MOST_DAYS; on that day it is raised again if it still holds."""
    on = today(at)
    if not on < until <= on + timedelta(days=MOST_DAYS):
        raise InvalidInput({"until": _("Choose a day within the next %(days)s days.") % {"days": MOST_DAYS}})
    with transaction.atomic():
        alert = _found(alert_id, by, version, State.RAISED, State.SNOOZED)
        alert.state, alert.snoozed_until = State.SNOOZED, until
        alert.save(update_fields=["state", "snoozed_until", *bump(alert, at=at)])
        events.record("alert.snoozed", subject=alert, by=by, at=at, until=until)
    return alert


def answer(*, alert_id: int, text: str, by: User, at: datetime, version: int | None = None) -> Alert:
    """Say what there is to say about it; it is not raised again as long as the fact goes on."""
    if is_placeholder(text):
        raise InvalidInput({"text": _("Write what there is to say about it.")})
    with transaction.atomic():
        alert = _found(alert_id, by, version, State.RAISED, State.SNOOZED, State.TASKED)
        alert.state, alert.answer, alert.snoozed_until = State.ANSWERED, text.strip(), None
        alert.save(update_fields=["state", "answer", "snoozed_until", *bump(alert, at=at)])
        events.record("alert.answered", subject=alert, by=by, at=at, text=alert.answer)
    return alert


def close(*, alert_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> Alert:
    """Close an alert with a reason although the fact may go on; it rests for the days set."""
    if is_placeholder(reason) or len(reason) > 300:
        raise InvalidInput({"reason": _("Please say why.")})
    with transaction.atomic():
        alert = _found(alert_id, by, version, *(set(State) - {State.CLOSED}))
        alert.state, alert.reason, alert.snoozed_until = State.CLOSED, reason.strip(), None
        alert.closed_at, alert.closed_by = at, by
        alert.save(update_fields=["state", "reason", "snoozed_until", "closed_at", "closed_by", *bump(alert, at=at)])
        events.record("alert.closed", subject=alert, by=by, at=at, rule=alert.rule, reason=alert.reason)
    return alert


def _found(alert_id: int, by: User, version: int | None, *states: str) -> Alert:
    """Return the alert, locked; raises DoesNotExist for what the person does not see."""
    Alert.objects.select_for_update(no_key=True).filter(pk=alert_id).first()
    alert: Alert = Alert.objects.visible_to(by).select_related("account", "project").get(pk=alert_id)
    require_version(alert, version)
    if alert.state not in states:
        raise DomainError(_("This alert is dealt with already."), code="alert-closed")
    return alert


def _title(alert: Alert) -> str:
    about = alert.project or alert.account
    rule = rules.label_of(alert.rule)
    return (_("%(rule)s: %(title)s") % {"rule": rule, "title": about} if about else rule)[:200]


@events.on("task.completed", "task.dropped", "task.reopened")
def follow_task(event: Event) -> None:
    """A done task answers its alert with its result; a dropped one leaves it open again."""
    with transaction.atomic():
        found = Alert.objects.select_for_update(no_key=True).filter(task=event.subject_id, state=State.TASKED).first()
        if found is None:
            return
        task = Task.objects.get(pk=event.subject_id)
        if not (task.done_at or task.dropped_at):
            return
        found.state = State.ANSWERED if task.done_at else State.RAISED
        found.answer = task.result or (_("done") if task.done_at else "")
        found.save(update_fields=["state", "answer", *bump(found, at=event.at)])
        name = "alert.answered" if task.done_at else "alert.reopened"
        events.record(name, subject=found, by=event.by, at=event.at, text=found.answer)
