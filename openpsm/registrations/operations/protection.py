"""How long a claim protects: renewed by real progress, warned of, and ended where nothing came of it.

Rule: docs/business-rules.md#protection
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.core import events, memo, parameters
from openpsm.core.dates import next_working_day, previous_working_day, today
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.org.models import User
from openpsm.org.operations import NewTask, Note, notify, open_tasks, settle_tasks
from openpsm.projects.models import Outcome, Project
from openpsm.registrations import progress
from openpsm.registrations.models import Arbitration, PoolStay, Registration
from openpsm.registrations.operations.checking import lock
from openpsm.registrations.operations.claims import Kind, Status
from openpsm.registrations.operations.leaving import Leaving, into_pool
from openpsm.registrations.parameters import PROTECTION_DAYS, WARNING_DAYS
from openpsm.registrations.progress import Progress, Visits

#: Claims looked at in one transaction, which holds the lock of registering.
BATCH = 100
#: The task that a warning opens.
ENDING = "registration.ending"


@dataclass(slots=True)
class Swept:
    """How many claims a sweep renewed, warned of, gave some days of grace, and ended."""

    renewed: int = 0
    warned: int = 0
    expired: int = 0


def renew_claims(
    *,
    why: str,
    on: date,
    at: datetime,
    by: User | None,
    account_ids: Collection[int] = (),
    project_ids: Collection[int] = (),
) -> int:
    """Let live claims on these projects and accounts run anew from the day of the progress; returns how many did.

    Progress in a project counts for its customer too, whoever made it: the caller names both. A claim is never
    shortened, and one that has ended stays ended.
    """
    wanted = Q(kind=Kind.PROJECT, project__in=project_ids) | Q(kind=Kind.ACCOUNT, account__in=account_ids)
    found = Registration.objects.filter(wanted, status=Status.LIVE)
    with transaction.atomic(), events.together():
        lock_rows(Registration, sorted(found.values_list("pk", flat=True)))
        rows = list(found.select_related("account", "project").order_by("pk"))
        return len(_renew({row: Progress(on, why) for row in rows}, by=by, at=at))


def _renew(found: Mapping[Registration, Progress], *, by: User | None, at: datetime) -> list[Registration]:
    """Write those that get longer; their warnings are settled (5 statements or fewer)."""
    days = parameters.value(PROTECTION_DAYS)
    longer: list[Registration] = []
    record: list[EventRow] = []
    for row, one in found.items():
        until = last_day(one.on, days)
        if row.protected_until is None or until > row.protected_until:
            data = {"kind": row.kind, "name": row.name, "why": one.why, "on": one.on, "until": until}
            record.append(EventRow(row, root=row.project or row.account, data=data | {"old": row.protected_until}))
            row.protected_until, row.renewed_at, row.updated_at = until, at, at
            row.version += 1
            longer.append(row)
    if longer:
        Registration.objects.bulk_update(longer, ["protected_until", "renewed_at", "updated_at", "version"])
        settle_tasks(origin=ENDING, subjects=longer, by=by, at=at, result=_("Protection was renewed."))
    events.record_many("registration.renewed", record, by=by, at=at)
    return longer


def follow_owner(*, project_id: int, at: datetime) -> int:
    """Let the live claim on a project belong to its present owner; returns whether it changed hands (2 statements)."""
    owner = Project.objects.filter(pk=project_id).values_list("owner_id", flat=True).first()
    live = Registration.objects.filter(kind=Kind.PROJECT, project=project_id, status=Status.LIVE)
    changes = {"owner": owner, "updated_at": at, "version": F("version") + 1}
    return live.exclude(owner=owner).update(**changes) if owner else 0


def last_day(on: date, days: int) -> date:
    """Return the last protected day, `days` from a day; on a day off it is the working day before."""
    return memo.remember(f"registrations.last_day.{on}.{days}", lambda: previous_working_day(on + timedelta(days)))


def sweep_protection(*, at: datetime, visits: Visits) -> Swept:
    """Look at all claims that end soon or have ended: renew, warn or end them, in short transactions of their own.

    A second sweep finds nothing left to do. `visits` is asked for what the packages above know.
    """
    total, last = Swept(), 0
    with memo.ensured():
        while ids := list(_due(at).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
            _sweep_some(ids, visits, total, at)
            last = ids[-1]
    return total


def _due(at: datetime) -> Any:
    """Live claims whose owner is to be warned, or whose protection is over; a contested one waits for its decision."""
    on = today(at)
    soon = Q(protected_until__lte=on + timedelta(days=parameters.value(WARNING_DAYS)))
    is_new = Q(warned_for=None) | ~Q(warned_for=F("protected_until"))
    contested = Arbitration.objects.open().filter(standing=OuterRef("pk"))
    return Registration.objects.filter(
        soon & is_new | Q(protected_until__lt=on), ~Exists(contested), status=Status.LIVE
    )


@dataclass(slots=True)
class _Sorted:
    """What is to be done with the claims of a batch."""

    longer: dict[Registration, Progress] = field(default_factory=dict)
    warn: list[Registration] = field(default_factory=list)
    end: list[Registration] = field(default_factory=list)


def _sweep_some(ids: Sequence[int], visits: Visits, total: Swept, at: datetime) -> None:
    with transaction.atomic(), events.together():
        lock()
        accounts = Registration.objects.filter(pk__in=ids, kind=Kind.ACCOUNT).values_list("account_id", flat=True)
        lock_rows(Account, sorted(pk for pk in accounts if pk))
        lock_rows(Registration, ids)
        rows = list(_due(at).filter(pk__in=ids).select_related("account", "project", "owner").order_by("pk"))
        found = _sort(rows, visits, at)
        total.renewed += len(_renew(found.longer, by=None, at=at))
        total.warned += _warn(found.warn, at)
        total.expired += _expire(found.end, at)


def _sort(rows: Sequence[Registration], visits: Visits, at: datetime) -> _Sorted:
    """Progress made since renews, even when nobody said so at once; nobody loses a claim unwarned."""
    on, days = today(at), parameters.value(PROTECTION_DAYS)
    soon = on + timedelta(days=parameters.value(WARNING_DAYS))
    found, known = _Sorted(), progress.made_at(rows, visits=visits, on=on)
    for row in rows:
        latest = known.get(row.pk)
        until = row.protected_until or on
        if latest is not None and last_day(latest.on, days) > until:
            found.longer[row] = latest
            until = last_day(latest.on, days)
        if until < on and (_is_past(row) or row.warned_for == until):
            found.end.append(row)
        elif until <= soon and row.warned_for != until and not _is_past(row):
            found.warn.append(row)
    return found


def _is_past(row: Registration) -> bool:
    """Whether nobody needs to be warned: the project is lost or dropped, or the record lies in the recycle bin."""
    project, account = row.project, row.account
    is_closed = project is not None and project.outcome in (Outcome.LOST, Outcome.DROPPED)
    return is_closed or any(one is not None and one.deleted_at is not None for one in (project, account))


def _warn(rows: Sequence[Registration], at: datetime) -> int:
    """Tell the owners once for each period; where the day is over already, some days of grace go with it."""
    if not rows:
        return 0
    grace = _grace(at)
    for row in rows:
        if row.protected_until is None or row.protected_until < today(at):
            row.protected_until = grace
        row.warned_for, row.updated_at, row.version = row.protected_until, at, row.version + 1
    Registration.objects.bulk_update(rows, ["protected_until", "warned_for", "updated_at", "version"])
    active = set(User.objects.active().filter(pk__in={row.owner_id for row in rows}).values_list("pk", flat=True))
    open_tasks(rows=[_task(row) for row in rows if row.owner_id in active], by=None, at=at)
    record = [EventRow(row, root=row.project or row.account, data={"until": row.protected_until}) for row in rows]
    events.record_many("registration.warned", record, by=None, at=at)
    return len(rows)


def _grace(at: datetime) -> date:
    on, days = today(at), parameters.value(WARNING_DAYS)
    until = last_day(on, days)
    return until if until > on else next_working_day(on + timedelta(days=days))


def _task(row: Registration) -> NewTask:
    title = _("Protection of “%(name)s” ends: get it moving or give it back") % {"name": row.name[:100]}
    detail = _("Protected until %(until)s. A gate passed or a confirmed visit renews it.")
    return NewTask(
        owner_id=row.owner_id,
        title=title,
        detail=detail % {"until": row.protected_until},
        due_on=row.protected_until,
        origin=ENDING,
        subject=row,
        project=row.project,
    )


def _expire(rows: Sequence[Registration], at: datetime) -> int:
    return expire_claims(rows, why=PoolStay.Why.EXPIRED, reason=_("No progress while it was protected."), at=at)


def expire_claims(rows: Sequence[Registration], *, why: PoolStay.Why, reason: str, at: datetime) -> int:
    """End claims that the caller has locked with their customers, who go to the public pool; projects stay with theirs.

    A customer that somebody else owns by now stays with them.
    """
    if not rows:
        return 0
    end_claims(rows, status=Status.EXPIRED, reason=reason, by=None, at=at)
    gone = [row for row in rows if _is_to_be_pooled(row)]
    into_pool([Leaving(row.account_id or 0, row.owner_id, why, reason) for row in gone], by=None, at=at)
    pooled = {row.pk for row in gone}
    told = [Note(row.owner_id, "registration.expired", row, {"title": row.name, "kind": row.kind}) for row in rows]
    notify(rows=told, at=at)
    record = [EventRow(row, root=row.project or row.account, data=_ended(row, why, pooled)) for row in rows]
    events.record_many("registration.expired", record, by=None, at=at)
    return len(rows)


def _is_to_be_pooled(row: Registration) -> bool:
    account = row.account
    is_there = row.kind == Kind.ACCOUNT and account is not None and account.deleted_at is None
    return is_there and account is not None and account.owner_id == row.owner_id


def _ended(row: Registration, why: str, pooled: Collection[int]) -> dict[str, Any]:
    data = {"kind": row.kind, "name": row.name, "owner": row.owner_id, "until": row.protected_until}
    return data | {"why": why, "pooled": row.pk in pooled}


def end_claims(rows: Sequence[Registration], *, status: str, reason: str, by: User | None, at: datetime) -> None:
    """End live claims that the caller has locked, and the tasks that warned of it; the event is the caller's."""
    for row in rows:
        row.status, row.reason, row.updated_at, row.version = status, reason[:300], at, row.version + 1
    Registration.objects.bulk_update(rows, ["status", "reason", "updated_at", "version"])
    if rows:
        settle_tasks(origin=ENDING, subjects=rows, by=by, at=at, result=reason)
