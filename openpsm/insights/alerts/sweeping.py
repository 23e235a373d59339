"""Raising what holds, waking what was put off, closing what is gone, escalating what nobody answered.

Each batch is a short transaction of its own; sweeping twice changes nothing. Rule: docs/business-rules.md#alerts
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events, memo, parameters
from openpsm.core.dates import today
from openpsm.core.events import EventRow
from openpsm.insights.alerts import rules
from openpsm.insights.alerts.people import Line
from openpsm.insights.alerts.rules import Found, Rule
from openpsm.insights.models import Alert, AlertPerson
from openpsm.org.operations import open_tasks
from openpsm.org.operations.notifications import Note, notify
from openpsm.org.operations.tasks import NewTask

BATCH = 500
State = Alert.State


def sweep(*, at: datetime) -> int:
    """Look at everything by every rule; returns how many alerts were raised. Memory stays flat."""
    with memo.ensured():
        raised = sum(sweep_rule(rule, at=at) for rule in rules.declared())
        escalate(at=at)
    return raised


def sweep_rule(rule: Rule, *, at: datetime) -> int:
    """Look at all subjects of a rule, then at open alerts whose subject is none any more."""
    raised = 0
    for ids in _batches(rule.subjects(today(at))):
        raised += sweep_subjects(rule, ids, at=at)
    label = rule.model._meta.label_lower
    for alerts in _batches(Alert.objects.open().filter(rule=rule.key, subject_type=label)):
        subjects = set(Alert.objects.filter(pk__in=alerts).values_list("subject_id", flat=True))
        present = set(rule.subjects(today(at)).filter(pk__in=subjects).values_list("pk", flat=True))
        sweep_subjects(rule, subjects - present, at=at)
    return raised


def recheck(rule: Rule, ids: Collection[int], *, at: datetime) -> None:
    """Look at open alerts of these subjects again, and raise none."""
    known = Alert.objects.open().filter(rule=rule.key, subject_id__in=ids).values_list("subject_id", flat=True)
    sweep_subjects(rule, list(known), at=at)


def _batches(rows: Any) -> Iterator[list[int]]:
    last = 0
    while ids := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]


def sweep_subjects(rule: Rule, ids: Collection[int], *, at: datetime) -> int:
    """Judge some subjects of a rule and write what follows; returns how many alerts were raised."""
    if not ids:
        return 0
    label = rule.model._meta.label_lower
    with memo.ensured(), transaction.atomic():
        found = rule.find(ids, today(at))
        of_rule = Alert.objects.filter(rule=rule.key, subject_type=label, subject_id__in=ids)
        open_ones = {one.subject_id: one for one in of_rule.open().select_for_update(no_key=True).order_by("pk")}
        resting = _resting(of_rule, at)
        new = {pk: one for pk, one in found.items() if pk not in open_ones and pk not in resting}
        with events.together():
            _update([(alert, found[pk]) for pk, alert in open_ones.items() if pk in found], at)
            _close([alert for pk, alert in open_ones.items() if pk not in found], at)
            return _raise(rule, new, at)


def _resting(of_rule: Any, at: datetime) -> set[int]:
    """Subjects whose alert a person closed a short while ago."""
    since = at - timedelta(days=parameters.value("alerts.rest_days"))
    closed = of_rule.filter(state=State.CLOSED, closed_by__isnull=False, closed_at__gt=since)
    return set(closed.values_list("subject_id", flat=True))


def _raise(rule: Rule, new: Mapping[int, Found], at: datetime) -> int:
    if not new:
        return 0
    alerts = [_draft(rule, pk, found, at) for pk, found in new.items()]
    Alert.objects.bulk_create(alerts)
    people = [AlertPerson(alert=alert, user_id=user) for alert in alerts for user in new[alert.subject_id].people]
    AlertPerson.objects.bulk_create(people)
    record = [EventRow(alert, data={"rule": rule.key, "measure": alert.measure}) for alert in alerts]
    events.record_many("alert.raised", record, by=None, at=at)
    if rule.opens_task:
        _open_tasks(rule, alerts, new, at)
    if rule.tells:
        notes = [Note(one.user_id, "alert.raised", one.alert, _told(rule, new, one)) for one in people]
        notify(rows=notes, at=at)
    return len(alerts)


def _told(rule: Rule, new: Mapping[int, Found], one: AlertPerson) -> dict[str, str]:
    return {"rule": rule.key, "title": new[one.alert.subject_id].name}


def _draft(rule: Rule, pk: int, found: Found, at: datetime) -> Alert:
    return Alert(
        rule=rule.key,
        subject_type=rule.model._meta.label_lower,
        subject_id=pk,
        account_id=found.account_id,
        project_id=found.project_id,
        department_id=found.department_id,
        seller_id=found.seller_id,
        is_for_managers=rule.is_for_managers,
        measure=found.measure,
        raised_at=at,
        created_at=at,
        updated_at=at,
    )


def _open_tasks(rule: Rule, alerts: Collection[Alert], new: Mapping[int, Found], at: datetime) -> None:
    """What must be looked into becomes a task of the first person at once."""
    ready = [alert for alert in alerts if new[alert.subject_id].people]
    due = today(at) + timedelta(days=parameters.value("alerts.check_days"))
    rows = [
        NewTask(
            owner_id=new[alert.subject_id].people[0],
            title=rule.task_title(new[alert.subject_id])[:200],
            detail=rule.say(alert.measure),
            due_on=due,
            origin=f"alert.{rule.key}",
            subject=alert,
        )
        for alert in ready
    ]
    for alert, task in zip(ready, open_tasks(rows=rows, by=None, at=at), strict=True):
        alert.task, alert.state = task, State.TASKED
    Alert.objects.bulk_update(ready, ["task", "state"])


def _update(pairs: Collection[tuple[Alert, Found]], at: datetime) -> None:
    """Keep the numbers up to date; wake what was put off until today."""
    woken = []
    changed = []
    for alert, found in pairs:
        is_awake = alert.state == State.SNOOZED and alert.snoozed_until and alert.snoozed_until <= today(at)
        if is_awake:
            alert.state, alert.snoozed_until, alert.raised_at = State.RAISED, None, at
            woken.append(alert)
        if is_awake or alert.measure != found.measure:
            alert.measure, alert.updated_at, alert.version = found.measure, at, alert.version + 1
            changed.append(alert)
    if changed:
        fields = ["state", "snoozed_until", "raised_at", "measure", "updated_at", "version"]
        Alert.objects.bulk_update(changed, fields)
    events.record_many("alert.woken", [EventRow(one) for one in woken], by=None, at=at)


def _close(alerts: Collection[Alert], at: datetime) -> None:
    """The fact no longer holds."""
    if not alerts:
        return
    for alert in alerts:
        alert.state, alert.closed_at, alert.snoozed_until = State.CLOSED, at, None
        alert.version, alert.updated_at = alert.version + 1, at
    Alert.objects.bulk_update(alerts, ["state", "closed_at", "snoozed_until", "version", "updated_at"])
    rows = [EventRow(one, data={"rule": one.rule, "itself": True}) for one in alerts]
    events.record_many("alert.closed", rows, by=None, at=at)


def escalate(*, at: datetime) -> int:
    """Call upon the manager of whoever has not reacted for the days set; once for each alert. Returns how many."""
    since = at - timedelta(days=parameters.value("alerts.escalate_days"))
    waiting = Alert.objects.filter(state=State.RAISED, escalated_at=None, raised_at__lte=since)
    return sum(_escalate(ids, at) for ids in _batches(waiting))


def _escalate(ids: Collection[int], at: datetime) -> int:
    with transaction.atomic():
        rows = Alert.objects.filter(pk__in=ids, state=State.RAISED, escalated_at=None).select_for_update(no_key=True)
        alerts = list(rows.order_by("pk"))
        people: dict[int, list[int]] = {}
        for alert_id, user in AlertPerson.objects.filter(alert__in=alerts).order_by("pk").values_list("alert", "user"):
            people.setdefault(alert_id, []).append(user)
        line = Line({user for users in people.values() for user in users})
        above = {one.pk: line.above_all(people[one.pk]) for one in alerts if one.pk in people}
        called = [AlertPerson(alert=one, user_id=above[one.pk] or 0) for one in alerts if above.get(one.pk)]
        AlertPerson.objects.bulk_create(called, ignore_conflicts=True)
        Alert.objects.filter(pk__in=[one.pk for one in alerts]).update(escalated_at=at)
        notes = [Note(one.user_id, "alert.escalated", one.alert, {"rule": one.alert.rule}) for one in called]
        if notes:
            notify(rows=notes, at=at)
        record = [EventRow(one.alert, data={"to": one.user_id}) for one in called]
        events.record_many("alert.escalated", record, by=None, at=at)
    return len(called)


def check_title(found: Found) -> str:
    """The title of the task that a silent customer becomes."""
    return _("Check why %(name)s buys less: was the deal taken elsewhere?") % {"name": found.name[:100]}
