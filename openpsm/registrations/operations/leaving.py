"""How an account comes into the public pool; whoever calls has locked it and leaves the event.

Rule: docs/business-rules.md#public-pool
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openpsm.accounts.operations.accounts import leave_to_pool
from openpsm.org.models import User
from openpsm.registrations.models import PoolStay


@dataclass(frozen=True, slots=True)
class Leaving:
    """An account that loses its owner, why, and in whose words."""

    account_id: int
    former_owner_id: int | None
    why: PoolStay.Why
    reason: str


def into_pool(rows: Sequence[Leaving], *, by: User | None, at: datetime) -> None:
    """Take the owners off and begin the stays in the pool (4 statements)."""
    if not rows:
        return
    ids = [row.account_id for row in rows]
    leave_to_pool(account_ids=ids, at=at)
    PoolStay.objects.open().filter(account__in=ids).update(left_at=at)
    PoolStay.objects.bulk_create(
        PoolStay(
            account_id=row.account_id,
            why=row.why,
            reason=row.reason[:300],
            former_owner_id=row.former_owner_id,
            put_by=by,
            entered_at=at,
        )
        for row in rows
    )
