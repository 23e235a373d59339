"""Planning, cancelling, correcting, confirming and deleting activities."""

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.activities import rules
from openpsm.activities.models import Activity
from openpsm.activities.operations import records, told
from openpsm.activities.operations.records import ActivityValues
from openpsm.activities.operations.reporting import require_done
from openpsm.activities.operations.told import Told
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump
from openpsm.org.bin import require_kept
from openpsm.org.models import User
from openpsm.projects.models import Project

State = Activity.State


def plan_activity(
    *,
    by: User,
    at: datetime,
    project_id: int | None = None,
    account_id: int | None = None,
    also: Told | None = None,
    **values: Unpack[ActivityValues],
) -> Activity:
    """Plan an activity of one's own; day and purpose are compulsory. `also` names whom to meet and who comes along."""
    with transaction.atomic():
        belongs_to = records.root(project_id, account_id, by=by)
        project = belongs_to if isinstance(belongs_to, Project) else None
        activity = records.new(belongs_to, account_id=account_id, by=by, at=at)
        records.put(activity, values)
        _require_planned(activity)
        wanted = also or Told()
        known = told.look_up(wanted, project, by=by)
        activity.done_on = None
        activity.save()
        told.write(activity, wanted, known, project, by=by, at=at)
        data = {"kind": activity.kind, "planned_on": activity.planned_on, "purpose": activity.purpose}
        records.finish("activity.planned", activity, belongs_to, by=by, at=at, **data)
    return activity


def _require_planned(activity: Activity) -> None:
    problems = rules.problems_of_planned(planned_on=activity.planned_on, purpose=activity.purpose)
    if problems:
        raise InvalidInput(problems)


def update_activity(
    *, activity_id: int, version: int | None, by: User, at: datetime, **changes: Unpack[ActivityValues]
) -> Activity:
    """Correct an activity of one's own, or of somebody one manages. What was confirmed stays as it was confirmed."""
    with transaction.atomic():
        activity, belongs_to = _changeable(activity_id, version, by)
        changed = records.put(activity, changes)
        if activity.state == State.DONE:
            require_done(activity, at=at)
        elif activity.state == State.PLANNED:
            _require_planned(activity)
        if changed:
            bump(activity, at=at)
            activity.save()
            records.finish("activity.changed", activity, belongs_to, by=by, at=at, changed=changed)
    return activity


def _changeable(activity_id: int, version: int | None, by: User) -> tuple[Activity, records.Root]:
    activity, belongs_to = records.loaded(activity_id, by=by, version=version)
    records.require_author(activity, by)
    if activity.is_confirmed:
        raise DomainError(_("This activity is confirmed and can no longer be changed."), code="activity-confirmed")
    return activity, belongs_to


def cancel_activity(*, activity_id: int, version: int | None, reason: str, by: User, at: datetime) -> Activity:
    """Say that a planned activity will not take place, and why; the reason stands in its result."""
    if is_placeholder(reason):
        raise InvalidInput({"reason": _("Say why it does not take place.")})
    with transaction.atomic():
        activity, belongs_to = records.loaded(activity_id, by=by, version=version)
        records.require_author(activity, by)
        if activity.state != State.PLANNED:
            raise DomainError(_("This activity is not planned any more."), code="not-planned")
        activity.state, activity.result = State.CANCELLED, reason.strip()
        _save(activity, ["state", "result"], at=at)
        records.finish("activity.cancelled", activity, belongs_to, by=by, at=at, reason=activity.result)
    return activity


def confirm_activity(*, activity_id: int, by: User, at: datetime, version: int | None = None) -> Activity:
    """Vouch for somebody else's visit, as a colleague who works on the project or as a manager.

    Raises NotAllowed for one's own, DomainError "not-confirmable" for what is no done visit with somebody met.
    """
    with transaction.atomic():
        activity, belongs_to = records.loaded(activity_id, by=by, version=version)
        if activity.owner_id == by.pk:
            raise NotAllowed(_("Nobody confirms their own visit. Ask a colleague or your manager."))
        met, is_done = activity.people.count(), activity.state == State.DONE
        if not rules.may_be_confirmed(kind=activity.kind, is_done=is_done, people=met):
            message = _("Only a done visit at which somebody of the customer's was met can be confirmed.")
            raise DomainError(message, code="not-confirmable")
        activity.is_confirmed, activity.confirmed_by, activity.confirmed_at = True, by, at
        _save(activity, ["is_confirmed", "confirmed_by", "confirmed_at"], at=at)
        records.finish("activity.confirmed", activity, belongs_to, by=by, at=at)
    return activity


def delete_activity(*, activity_id: int, version: int | None, by: User, at: datetime) -> Activity:
    """Move an activity of one's own, or of somebody one manages, to the recycle bin; never a confirmed one."""
    with transaction.atomic():
        activity, belongs_to = _changeable(activity_id, version, by)
        activity.deleted_at = at
        _save(activity, ["deleted_at"], at=at)
        data: dict[str, Any] = {"kind": activity.kind, "state": activity.state}
        records.finish("activity.deleted", activity, belongs_to, by=by, at=at, **data)
    return activity


def restore_activity(*, activity_id: int, by: User, at: datetime) -> Activity:
    """Take an activity out of the recycle bin: who might delete it may bring it back, while its record is seen."""
    with transaction.atomic():
        rows = Activity.objects.in_bin_of(by)
        project_id, account_id = rows.values_list("project_id", "account_id").get(pk=activity_id)
        belongs_to = records.root(project_id, account_id, by=by)
        activity: Activity = rows.select_related("department").get(pk=activity_id)
        records.require_author(activity, by)
        require_kept(activity.deleted_at, at=at)
        activity.deleted_at = None
        _save(activity, ["deleted_at"], at=at)
        data: dict[str, Any] = {"kind": activity.kind, "state": activity.state}
        records.finish("activity.restored", activity, belongs_to, by=by, at=at, **data)
    return activity


def _save(activity: Activity, fields: list[str], *, at: datetime) -> None:
    activity.save(update_fields=[*fields, *bump(activity, at=at)])
