"""Putting off lines of Today. Rule: docs/business-rules.md#today"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import InvalidInput
from openpsm.insights.models import Snooze
from openpsm.org.models import User

#: Longer than this nothing stays out of sight.
MOST_DAYS = 90


def snooze(*, kind: str, record_id: int, until: date, by: User, at: datetime) -> Snooze:
    """Hide a line of one's own Today before this day; again, it takes the new day. Raises InvalidInput."""
    on = today(at)
    if kind not in Snooze.Kind.values:
        raise InvalidInput({"kind": _("There is no such line.")})
    if not on < until <= on + timedelta(days=MOST_DAYS):
        raise InvalidInput({"until": _("Choose a day within the next %(days)s days.") % {"days": MOST_DAYS}})
    with transaction.atomic():
        Snooze.objects.filter(user=by, until__lte=on).delete()
        line, _is_new = Snooze.objects.update_or_create(
            user=by, kind=kind, record_id=record_id, defaults={"until": until}
        )
        events.record("today.snoozed", subject=by, by=by, at=at, kind=kind, record=record_id, until=until)
    return line


def wake(*, kind: str, record_id: int, by: User, at: datetime) -> bool:
    """Show a line again; says whether it was put off at all."""
    with transaction.atomic():
        is_gone = bool(Snooze.objects.filter(user=by, kind=kind, record_id=record_id).delete()[0])
        if is_gone:
            events.record("today.woken", subject=by, by=by, at=at, kind=kind, record=record_id)
    return is_gone
