"""Rows that name an account which has become part of another: inserted in the very moment of the merge.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from openpsm.accounts.models import Account
from openpsm.core import events
from openpsm.core.links import Link
from openpsm.core.locks import lock_rows
from openpsm.duplicates import journal
from openpsm.duplicates.operations.merging import guarded
from openpsm.registrations.operations import lock

#: Pairs and merges go on naming the two that they are about.
HISTORY = "duplicates."


def gather_strays(*, at: datetime) -> int:
    """Move to the kept accounts what names a vanished one; returns how many accounts had any (1 query a link, then
    one transaction an account, which leaves the event `account.gathered`).
    """
    found = sorted({pk for link in _links() for pk in _named(link)})
    return sum(_gather(pk, at) for pk in found)


def _links() -> Iterator[Link]:
    return (link for link in journal.movable() if not link.model.startswith(HISTORY))


def _named(link: Link) -> QuerySet[Account, int]:
    """Return the numbers of the vanished accounts that rows of a link name."""
    gone = Account.objects.filter(merged_into__isnull=False)
    rows = journal.model_of(link)._base_manager.filter(journal.condition(link, gone.values("pk"), "__in"))
    named: QuerySet[Account, int] = gone.filter(pk__in=rows.values(journal.name_of(link))).values_list("pk", flat=True)
    return named


def _gather(gone_id: int, at: datetime) -> bool:
    """Move the strays of one vanished account; not if its merge was taken back meanwhile."""
    with transaction.atomic(), events.together(), guarded():
        lock()
        gone = Account.objects.get(pk=gone_id)
        if gone.merged_into_id is None:
            return False
        lock_rows(Account, [gone.merged_into_id, gone.pk])
        kept = Account.objects.get(pk=gone.merged_into_id)
        moved = sum(_move(link, kept, gone, at) for link in _links())
        if moved:
            events.record("account.gathered", subject=kept, root=gone, by=None, at=at, name=gone.name, moved=moved)
    return bool(moved)


def _move(link: Link, kept: Account, gone: Account, at: datetime) -> int:
    rows = journal.model_of(link)._base_manager.filter(journal.condition(link, gone.pk))
    strays = rows.count()
    if strays and link.merge is not None:
        link.merge(kept=kept, gone=gone, by=None, at=at)
    return strays
