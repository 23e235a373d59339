"""What our visits mean for claims on customers and projects: a confirmed one renews them.

A confirmed visit is a done one at which somebody of the customer's was met, with a colleague's or manager's tick or a
photo. Rule: docs/business-rules.md#protection
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import structlog
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django_tasks import task

from openpsm.activities.facts import confirmed
from openpsm.activities.models import Activity
from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.events import Event
from openpsm.core.jobs.schedule import periodic
from openpsm.registrations import operations
from openpsm.registrations.models import Registration
from openpsm.registrations.progress import VISIT

log = structlog.get_logger(__name__)


def last_visits(accounts: Collection[int], projects: Collection[int]) -> Mapping[str, Mapping[int, date]]:
    """Return the day of the last confirmed visit by account, those in its projects too, and by project (2 queries)."""
    return {"account": _last("account", accounts), "project": _last("project", projects)}


def _last(name: str, ids: Collection[int]) -> dict[int, date]:
    rows: QuerySet[Any] = confirmed(Activity.objects.filter(**{f"{name}__in": ids}, deleted_at=None))
    return dict(rows.values_list(name).annotate(last=Max("done_on"))) if ids else {}


def worked_on(claims: Sequence[Registration]) -> set[int]:
    """Return the claims on customers with whom something was done since they were made (1 query)."""
    since = {claim.account_id: today(claim.registered_at) for claim in claims}
    if not since:
        return set()
    lately = reduce(or_, (Q(account=pk, done_on__gte=day) for pk, day in since.items()))
    done = Activity.objects.filter(lately, state=Activity.State.DONE, deleted_at=None)
    found = set(done.values_list("account_id", flat=True))
    return {claim.pk for claim in claims if claim.account_id in found}


@events.on("activity.confirmed", "activity.restored")
def renew_by_visit(event: Event) -> None:
    """A tick makes a visit a confirmed one."""
    _renew(event, event.subject_id)


@events.on("attachment.added")
def renew_by_photo(event: Event) -> None:
    """So does a photo."""
    if event.root_type == Activity._meta.label_lower and event.root_id:
        _renew(event, event.root_id)


def _renew(event: Event, activity_id: int) -> None:
    visits = confirmed(Activity.objects.filter(pk=activity_id, deleted_at=None))
    for account, project, day in visits.values_list("account_id", "project_id", "done_on"):
        ids = {"account_ids": [account], "project_ids": [project] if project else []}
        operations.renew_claims(why=VISIT, on=day or today(event.at), by=event.by, at=event.at, **ids)


@periodic(cron="20 4 * * *", name="registrations.sweep")
@task()
def sweep_registrations() -> dict[str, int]:
    """Renew, warn of and end protections; what was taken from the pool and not worked on goes back."""
    at = timezone.now()
    swept = operations.sweep_protection(at=at, visits=last_visits)
    returned = operations.return_unworked(at=at, worked=worked_on)
    found = {"renewed": swept.renewed, "warned": swept.warned, "expired": swept.expired, "returned": returned}
    log.info("registrations_swept", **found)
    return found
