"""Taking over what was done and planned before this program was there: with its own people and days.

Rule: docs/business-rules.md#imports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.activities.models import Activity, ActivityKind
from openpsm.activities.operations import records
from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.core.text import is_placeholder
from openpsm.core.versions import Origin
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project

State = Activity.State


@dataclass(frozen=True, slots=True, kw_only=True)
class OldActivity:
    """Something done (`done_on`) or still planned, by its own author; `client_key` keeps it from coming twice."""

    account_id: int
    owner_id: int
    project_id: int | None = None
    kind: str = ActivityKind.VISIT
    planned_on: date | None = None
    done_on: date | None = None
    purpose: str = ""
    result: str = ""
    next_step: str = ""
    next_on: date | None = None
    place: str = ""
    hours: Decimal | None = None
    cost: Decimal | None = None
    client_key: str = ""
    origin: Origin | None = None


def check_old_activity(row: OldActivity, on: date) -> None:
    """Raise InvalidInput unless the row says what happened and when; next steps of old times need not be known."""
    errors = {}
    if row.done_on is None and row.planned_on is None:
        errors["done_on"] = _("Say on which day it was, or for which day it is planned.")
    if row.done_on is not None and row.done_on > on:
        errors["done_on"] = _("This day has not come yet.")
    if is_placeholder(row.result) and is_placeholder(row.purpose):
        errors["result"] = _("Write what came of it.")
    if errors:
        raise InvalidInput(errors)
    records.put(Activity(), _values(row))


def _values(row: OldActivity) -> dict[str, Any]:
    names = ("kind", "planned_on", "done_on", "purpose", "result", "next_step", "next_on", "place", "hours", "cost")
    return {name: getattr(row, name) for name in names}


def take_over_activities(*, rows: Sequence[OldActivity], by: User, at: datetime, source: str) -> list[Activity]:
    """Let old activities in, owned by whom they name; the projects' facts follow. A fixed number of statements.

    Accounts and projects must be visible to the caller. Raises NotAllowed, DoesNotExist, InvalidInput.
    """
    require(by, Permission.TAKE_OVER)
    require(by, Permission.ACTIVITY_EDIT)
    project_ids = {row.project_id for row in rows if row.project_id}
    with transaction.atomic():
        lock_rows(Project, project_ids)
        roots = _roots(rows, project_ids, by)
        owners = User.objects.in_bulk({row.owner_id for row in rows})
        made = [_draft(row, roots, owners, by, at) for row in rows]
        Activity.objects.bulk_create(made)
        if project_ids:
            projects.refresh_facts(project_ids=project_ids, at=at, by=by)
        record = [EventRow(one, root=one.project or one.account, data=_summary(one, source)) for one in made]
        events.record_many("activity.taken_over", record, by=by, at=at)
    return made


Roots = tuple[dict[int, Project], dict[int, Account]]


def _roots(rows: Sequence[OldActivity], project_ids: set[int], by: User) -> Roots:
    found = Project.objects.visible_to(by).in_bulk(project_ids) if project_ids else {}
    account_ids = {row.account_id for row in rows}
    accounts = Account.objects.visible_to(by).in_bulk(account_ids)
    if project_ids - found.keys():
        raise Project.DoesNotExist
    if account_ids - accounts.keys():
        raise Account.DoesNotExist
    return found, accounts


def _draft(row: OldActivity, roots: Roots, owners: Mapping[int, User], by: User, at: datetime) -> Activity:
    check_old_activity(row, today(at))
    project = roots[0].get(row.project_id or 0)
    owner, account = owners[row.owner_id], roots[1][row.account_id]
    department_id = owner.department_id or (project or account).department_id or by.department_id
    if department_id is None:
        raise InvalidInput({"owner": _("%(name)s does not belong to a department.") % {"name": owner}})
    origin = row.origin or Origin()
    activity = Activity(account=account, project=project, owner=owner, department_id=department_id)
    activity.created_at, activity.updated_at = origin.at or at, at
    activity.created_by_id = origin.by_id
    records.put(activity, _values(row))
    activity.state = State.DONE if row.done_on else State.PLANNED
    activity.client_key = row.client_key
    return activity


def _summary(activity: Activity, source: str) -> dict[str, Any]:
    names = ("kind", "state", "planned_on", "done_on")
    return {name: getattr(activity, name) for name in names} | {"owner": activity.owner_id, "source": source}


def withdraw_activities(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Move activities that an import brought to the recycle bin unless changed or confirmed since; returns their ids.

    The key against coming twice goes with them, so that a mended file can be brought again.
    """
    require(by, Permission.TAKE_OVER)
    with transaction.atomic():
        seen = Activity.objects.visible_to(by).filter(pk__in=versions, is_confirmed=False)
        project_ids = set(seen.exclude(project=None).values_list("project_id", flat=True))
        lock_rows(Project, project_ids)
        rows = list(seen.select_related("project", "account"))
        gone = [one for one in rows if one.version == versions[one.pk]]
        ids = {one.pk for one in gone}
        changes = {"deleted_at": at, "updated_at": at, "client_key": "", "version": F("version") + 1}
        Activity.objects.filter(pk__in=ids).update(**changes)
        if project_ids:
            projects.refresh_facts(project_ids=project_ids, at=at, by=by)
        record = [EventRow(one, root=one.project or one.account, data={"kind": one.kind}) for one in gone]
        events.record_many("activity.deleted", record, by=by, at=at)
    return ids
