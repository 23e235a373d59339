"""Being away: who decides meanwhile. Rule: docs/business-rules.md#approvals"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import InvalidInput
from openpsm.core.versions import bump, require_version
from openpsm.org.models import Absence, User
from openpsm.org.operations.notifications import Note, notify

LONGEST_DAYS = 366


def set_absence(
    *, substitute_id: int, from_on: date, back_on: date, version: int | None, by: User, at: datetime
) -> Absence:
    """Say when one is away and who decides meanwhile; the substitute is told. Only for oneself.

    `back_on` is the first day at work again; `version` is that of the absence that is changed, None for a new one.
    Raises InvalidInput, Stale.
    """
    _require_days(from_on, back_on, at)
    if substitute_id == by.pk or not User.objects.active().filter(pk=substitute_id).exists():
        raise InvalidInput({"substitute_id": [_("Choose an active colleague.")]})
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two first absences at once become one
        absence = Absence.objects.filter(user=by).first() or Absence(user=by, version=0, created_by=by, created_at=at)
        if absence.pk:
            require_version(absence, version)
        absence.substitute_id, absence.from_on, absence.back_on = substitute_id, from_on, back_on
        bump(absence, at=at)
        absence.save()
        data: dict[str, Any] = {"user": substitute_id, "from_on": from_on, "back_on": back_on}
        told = {"who": by.name, "from_on": from_on.isoformat(), "back_on": back_on.isoformat()}
        notify(rows=[Note(substitute_id, "absence.set", absence, told)], at=at)
        events.record("absence.set", subject=absence, root=by, by=by, at=at, **data)
    return absence


def _require_days(from_on: date, back_on: date, at: datetime) -> None:
    if back_on <= max(from_on, today(at)):
        raise InvalidInput({"back_on": [_("The day back must lie after the first day away, and ahead.")]})
    if (back_on - from_on).days > LONGEST_DAYS:
        raise InvalidInput({"back_on": [_("At most a year.")]})


def end_absence(*, version: int | None, by: User, at: datetime) -> None:
    """Be there again: the substitute decides no more. Raises DoesNotExist, Stale."""
    with transaction.atomic():
        absence: Absence = Absence.objects.select_for_update(no_key=True).get(user=by)
        require_version(absence, version)
        _end([absence], by, at)


def end_past_absences(*, at: datetime) -> int:
    """Forget absences that are over; returns how many."""
    with transaction.atomic():
        rows = Absence.objects.filter(back_on__lte=today(at)).select_for_update(no_key=True, skip_locked=True)
        return _end(list(rows.order_by("pk")), None, at)


def end_substitutions(*, user: User, by: User | None, at: datetime) -> int:
    """Nobody stands in who has left; called when a user is deactivated. Returns how many absences ended."""
    return _end(list(Absence.objects.filter(substitute=user).select_for_update(no_key=True)), by, at)


def _end(absences: list[Absence], by: User | None, at: datetime) -> int:
    rows = [events.EventRow(one, data={"user": one.substitute_id, "owner": one.user_id}) for one in absences]
    events.record_many("absence.ended", rows, by=by, at=at)
    Absence.objects.filter(pk__in=[one.pk for one in absences]).delete()
    return len(absences)
