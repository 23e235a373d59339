"""Customers taken from the pool with whom nothing was begun go back to it.

Rule: docs/business-rules.md#public-pool
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.core import events, memo, parameters
from openpsm.core.locks import lock_rows
from openpsm.registrations.models import Arbitration, PoolStay, Registration
from openpsm.registrations.operations.checking import lock
from openpsm.registrations.operations.claims import Kind, Status
from openpsm.registrations.operations.protection import BATCH, expire_claims
from openpsm.registrations.parameters import UNWORKED_DAYS

#: Says which of these claims on customers somebody has worked for since they were made.
Worked = Callable[[Sequence[Registration]], set[int]]


def return_unworked(*, at: datetime, worked: Worked) -> int:
    """Give back what was claimed from the pool and not worked on in the days set; returns how many. Short batches."""
    total, last = 0, 0
    with memo.ensured():
        while ids := list(_old(at).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
            total += _return_some(ids, worked, at)
            last = ids[-1]
    return total


def _old(at: datetime) -> Any:
    """Live claims from the pool that had their days: no progress renewed them, no project was registered there."""
    since = at - timedelta(days=parameters.value(UNWORKED_DAYS))
    stays = PoolStay.objects.filter(claim=OuterRef("pk"))
    contested = Arbitration.objects.open().filter(standing=OuterRef("pk"))
    projects = Registration.objects.filter(
        kind=Kind.PROJECT, account=OuterRef("account"), registered_at__gte=OuterRef("registered_at")
    )
    claims = Registration.objects.filter(kind=Kind.ACCOUNT, status=Status.LIVE, registered_at__lte=since)
    return claims.filter(Exists(stays), ~Exists(contested), ~Exists(projects), renewed_at=None)


def _return_some(ids: Sequence[int], worked: Worked, at: datetime) -> int:
    with transaction.atomic(), events.together():
        lock()
        accounts = Registration.objects.filter(pk__in=ids).values_list("account_id", flat=True)
        lock_rows(Account, sorted(pk for pk in accounts if pk))
        lock_rows(Registration, ids)
        rows = list(_old(at).filter(pk__in=ids).select_related("account", "project").order_by("pk"))
        done = worked(rows)
        gone = [row for row in rows if row.pk not in done]
        days = parameters.value(UNWORKED_DAYS)
        reason = _("Nothing was done within %(days)s days after it was taken from the pool.") % {"days": days}
        return expire_claims(gone, why=PoolStay.Why.UNWORKED, reason=reason, at=at)
