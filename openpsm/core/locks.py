"""Locks on rows.

Every lock is `no_key`: inserting a row that points to a locked one takes a share of that row at its commit, when it
holds the lock of the event log already. A plain FOR UPDATE refuses that share and waits for the event log itself: a
deadlock. Locks are taken before the first event of a transaction, roots before their parts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connections, router
from django.db.models import Model


def lock_rows(model: type[Model], pks: Collection[Any]) -> None:
    """Lock rows in the order of their keys until the end of the transaction; whoever calls reads them afterwards.

    In one statement with the lock, joins and subqueries would be read as they were before the wait: the row of the
    faster one without its debts. 1 query; none on SQLite, where whole transactions follow one another.
    """
    using = router.db_for_write(model)
    if pks and connections[using].features.has_select_for_update:
        rows = model._base_manager.using(using).select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
        list(rows.values_list("pk", flat=True))
