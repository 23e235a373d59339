"""A day's entry on one screen: what was done, whom we met, what we noticed, what comes next.

Rule: docs/business-rules.md#visits
"""

from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.activities import rules
from openpsm.activities.models import Activity
from openpsm.activities.operations import records, told
from openpsm.activities.operations.records import ActivityValues, Root
from openpsm.activities.operations.told import Told
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.versions import bump
from openpsm.org.models import User
from openpsm.projects.models import Project

State = Activity.State
LONGEST_KEY = 64


def log_activity(
    *,
    by: User,
    at: datetime,
    project_id: int | None = None,
    account_id: int | None = None,
    also: Told | None = None,
    client_key: str = "",
    **values: Unpack[ActivityValues],
) -> Activity:
    """Record something that was done; result, next step and its day are compulsory.

    The people met count as contacted, the next step becomes the project's. `client_key` names the entry on the
    sender's device: sent again, the first one comes back and nothing is written. Raises InvalidInput, NotAllowed.
    """
    with transaction.atomic():
        belongs_to = records.root(project_id, account_id, by=by)
        earlier = _sent_before(by, client_key)
        if earlier is not None:
            return earlier
        activity = records.new(belongs_to, account_id=account_id, by=by, at=at)
        activity.client_key = client_key
        records.put(activity, values)
        _report(activity, belongs_to, also or Told(), by=by, at=at)
        records.finish("activity.logged", activity, belongs_to, by=by, at=at, **_summary(activity, also))
    return activity


def _sent_before(by: User, client_key: str) -> Activity | None:
    """Return what the user sent under this key, also if it was deleted since (1 query with a key).

    The lock on project or account makes a repetition that overtakes wait; the unique constraint is the last word.
    """
    if len(client_key) > LONGEST_KEY:
        raise InvalidInput({"client_key": _("This text is too long.")})
    return Activity.objects.filter(owner=by, client_key=client_key).first() if client_key else None


def complete_activity(
    *,
    activity_id: int,
    version: int | None,
    by: User,
    at: datetime,
    also: Told | None = None,
    **values: Unpack[ActivityValues],
) -> Activity:
    """Turn a planned activity into a done one, with everything that `log_activity` asks for."""
    with transaction.atomic():
        activity, belongs_to = records.loaded(activity_id, by=by, version=version)
        records.require_author(activity, by)
        if activity.state != State.PLANNED:
            raise DomainError(_("This activity is not planned any more."), code="not-planned")
        records.put(activity, values)
        bump(activity, at=at)
        _report(activity, belongs_to, also or Told(), by=by, at=at)
        records.finish("activity.completed", activity, belongs_to, by=by, at=at, **_summary(activity, also))
    return activity


def _report(activity: Activity, belongs_to: Root, also: Told, *, by: User, at: datetime) -> None:
    project = belongs_to if isinstance(belongs_to, Project) else None
    require_done(activity, at=at)
    known = told.look_up(also, project, by=by)
    activity.state = State.DONE
    activity.save()
    told.write(activity, also, known, project, by=by, at=at)
    if project:
        _pass_on_next_step(activity, project, at=at)


def require_done(activity: Activity, *, at: datetime) -> None:
    """Raise InvalidInput unless the activity says all that a done one must say."""
    said = {name: getattr(activity, name) for name in ("done_on", "result", "next_step", "next_on")}
    problems = rules.problems_of_done(**said, on=today(at))
    if problems:
        raise InvalidInput(problems)


def _pass_on_next_step(activity: Activity, project: Project, *, at: datetime) -> None:
    """What comes next is the project's next step, unless that day is over already and the project knows a later one."""
    if project.next_on and activity.next_on and activity.next_on < min(project.next_on, today(at)):
        return
    project.next_step, project.next_on = activity.next_step, activity.next_on
    project.save(update_fields=["next_step", "next_on", *bump(project, at=at)])


def _summary(activity: Activity, also: Told | None) -> dict[str, Any]:
    names = ("kind", "state", "done_on", "next_step", "next_on", "hours", "cost", "cost_currency")
    noted = {"attitudes": len(also.attitudes), "intelligence": len(also.intelligence)} if also else {}
    return {name: getattr(activity, name) for name in names} | noted
