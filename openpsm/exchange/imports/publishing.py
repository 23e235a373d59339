"""Checked rows become records, a short batch at a time; and a batch is taken back again.

Each transaction makes the records and marks their rows, so that a worker killed between two goes on where it stopped
and nothing is made twice. Rule: docs/business-rules.md#imports
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.utils.translation import gettext as _

from openpsm.core import bulk, events, memo
from openpsm.core.errors import DomainError
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.imports.kinds.base import Context, Kind
from openpsm.exchange.imports.telling import Tell
from openpsm.exchange.models import ImportBatch, ImportRow
from openpsm.exchange.sheets.refusal import placed

#: What a transaction may take, that appends events and so makes others wait; batches grow and shrink by it.
GOAL_SECONDS = 0.7
#: SQLite lets waiting writers look again every tenth of a second: without a pause between two batches none gets in.
PAUSE_SECONDS = 0.12
LARGEST, SMALLEST = 1500, 10
Action, State = ImportRow.Action, ImportRow.State
#: The row numbers and messages of what the domain refused after all.
Refusal = dict[int, str]


def publish(batch: ImportBatch, ctx: Context, tell: Tell) -> None:
    """Publish the staged rows in order. All or nothing: what the domain refuses now takes the whole batch back.

    With `is_partial` such rows are marked and left out instead.
    """
    kind, size = KINDS[batch.kind], KINDS[batch.kind].chunk
    total = batch.total - batch.bad
    while True:
        try:
            count, seconds = _publish_some(batch, kind, ctx, size)
        except (DomainError, ObjectDoesNotExist) as error:
            if not batch.is_partial:
                _take_back(batch, kind, ctx, error)
                return
            count, seconds = _publish_singly(batch, kind, ctx, size), GOAL_SECONDS
        if not count:
            break
        size = _next_size(size, seconds)
        left = batch.rows.filter(state=State.STAGED).count() if total < 50_000 else None
        ctx.lists["done"] = ctx.lists.get("done", 0) + count
        tell(total - left if left is not None else ctx.lists["done"], total)
    _finish(batch, ctx, ImportBatch.State.PUBLISHED, "published_at")


def _let_others_write(already: float) -> None:
    """Leave SQLite free for the rest of the pause; `already` are the seconds that it has been."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(max(0.0, PAUSE_SECONDS - already))


def _next_size(size: int, seconds: float) -> int:
    """Aim at the goal without leaps."""
    return max(SMALLEST, min(LARGEST, size * 2, int(size * GOAL_SECONDS / max(seconds, 0.01))))


def _publish_some(batch: ImportBatch, kind: Kind, ctx: Context, size: int) -> tuple[int, float]:
    """Publish the next rows in one transaction; return how many there were, and the seconds that it took.

    They are read and thought over before the lock is taken. A second worker waits for it, finds them taken, and looks
    anew.
    """
    rows = list(_waiting(batch).order_by("number").only(*_READ)[:size])
    if not rows:
        return 0, 0.0
    freed = time.monotonic()
    if kind.foresee:
        kind.foresee([row.values for row in rows if row.action == Action.CREATE])
    _let_others_write(time.monotonic() - freed)
    began = time.monotonic()
    with transaction.atomic(), memo.ensured():
        if _locked(batch).filter(number__range=(rows[0].number, rows[-1].number)).count() == len(rows):
            _publish_rows(kind, rows, ctx)
            return len(rows), time.monotonic() - began
    return _publish_some(batch, kind, ctx, size)


_READ = ("number", "state", "action", "values", "record_id", "record_version")


def _locked(batch: ImportBatch) -> Any:
    """The rows that wait, under the batch's lock: a second worker waits and then finds others, or none."""
    ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    return _waiting(batch)


def _publish_rows(kind: Kind, rows: Sequence[ImportRow], ctx: Context) -> None:
    with events.together():
        fresh = [row for row in rows if row.action == Action.CREATE]
        if fresh:
            made = kind.create([(row.number, row.values) for row in fresh], ctx)
            for row, (pk, version) in zip(fresh, made, strict=True):
                row.record_id, row.record_version = pk, version
        for row in rows:
            if row.action == Action.UPDATE:
                _update(kind, row, ctx)
            row.state = State.PUBLISHED
            row.values = {}
        fields = ["state", "action", "record_id", "record_version", "before", "values"]
        bulk.mark(ImportRow, rows, fields if len(fresh) < len(rows) else [fields[0], *fields[2:4]])


def _update(kind: Kind, row: ImportRow, ctx: Context) -> None:
    assert kind.update is not None  # noqa: S101 - rows without it are errors when they are checked
    version, before = kind.update(row.record_id or 0, row.values, ctx)
    row.record_version = version
    row.action = Action.UPDATE if before else Action.NOTHING
    row.before = {
        name: value if isinstance(value, dict | int | bool) else _text(value) for name, value in before.items()
    }


def _text(value: Any) -> str | None:
    return None if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _publish_singly(batch: ImportBatch, kind: Kind, ctx: Context, size: int) -> int:
    """Publish the next rows one by one, marking those that the domain refuses."""
    numbers = list(_waiting(batch).order_by("number").values_list("number", flat=True)[:size])
    for number in numbers:
        try:
            with transaction.atomic(), memo.ensured():
                rows = list(_locked(batch).filter(number=number))
                if rows:
                    _publish_rows(kind, rows, ctx)
        except (DomainError, ObjectDoesNotExist) as error:
            errors = {"": _said(error)}
            _waiting(batch).filter(number=number).update(state=State.BAD, errors=errors)
    return len(numbers)


def _waiting(batch: ImportBatch) -> Any:
    return ImportRow.objects.filter(batch=batch, state=State.STAGED)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, DomainError) else _("What this row refers to is gone.")


def _take_back(batch: ImportBatch, kind: Kind, ctx: Context, error: Exception) -> None:
    """Withdraw what was published before the refusal: all or nothing."""
    row = error.details.get("row") if isinstance(error, DomainError) else None
    batch.message = str(placed(batch.file_name, _said(error), sheet=batch.sheet, row=row)) if row else _said(error)
    _withdraw_all(batch, kind, ctx, lambda _done, _total: None)
    _finish(batch, ctx, ImportBatch.State.STOPPED, "undone_at")


# --- undoing


def undo(batch: ImportBatch, ctx: Context, tell: Tell) -> None:
    """Take back what nobody has changed since, newest first; what was changed stays and is marked."""
    _withdraw_all(batch, KINDS[batch.kind], ctx, tell)
    _finish(batch, ctx, ImportBatch.State.UNDONE, "undone_at")


def _withdraw_all(batch: ImportBatch, kind: Kind, ctx: Context, tell: Tell) -> None:
    size, done = kind.chunk, 0
    while True:
        began = time.monotonic()
        with transaction.atomic(), memo.ensured():
            ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
            rows = list(ImportRow.objects.filter(batch=batch, state=State.PUBLISHED).order_by("-number")[:size])
            if rows:
                _withdraw(kind, rows, ctx)
        if not rows:
            return
        size, done = _next_size(size, time.monotonic() - began), done + len(rows)
        _let_others_write(0)
        tell(done, batch.created + batch.updated)


def _withdraw(kind: Kind, rows: Sequence[ImportRow], ctx: Context) -> None:
    with events.together():
        versions = {row.record_id: row.record_version for row in rows if row.action == Action.CREATE}
        gone = (
            kind.withdraw({pk: version for pk, version in versions.items() if pk and version}, ctx)
            if versions
            else set()
        )
        for row in rows:
            restored = row.action == Action.UPDATE and _restore(kind, row, ctx)
            is_undone = row.record_id in gone or restored or row.action == Action.NOTHING
            row.state = State.UNDONE if is_undone else State.KEPT
        bulk.mark(ImportRow, rows, ["state"])


def _restore(kind: Kind, row: ImportRow, ctx: Context) -> bool:
    """Put the values back that an update replaced, unless the record has changed since."""
    if not row.before:
        return True
    assert kind.restore is not None  # noqa: S101 - a kind that updates can restore
    try:
        kind.restore(row.record_id or 0, row.record_version or 0, row.before, ctx)
    except (DomainError, ObjectDoesNotExist):
        return False
    return True


def _finish(batch: ImportBatch, ctx: Context, state: str, stamp: str) -> None:
    """Say how the batch ended, once, with one event."""
    counts = {
        key: batch.rows.filter(state=key).count() for key in (State.PUBLISHED, State.UNDONE, State.KEPT, State.BAD)
    }
    with transaction.atomic():
        fresh = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if fresh.state == state:
            return
        batch.state, batch.bad, batch.undone = state, counts[State.BAD], counts[State.UNDONE]
        if state == ImportBatch.State.PUBLISHED:
            made = batch.rows.filter(state=State.PUBLISHED)
            batch.created = made.filter(action=Action.CREATE).count()
            batch.updated = made.filter(action=Action.UPDATE).count()
            batch.unchanged = made.filter(action=Action.NOTHING).count()
        setattr(batch, stamp, ctx.at)
        batch.save(update_fields=["state", "message", "bad", "created", "updated", "unchanged", "undone", stamp])
        record = _EVENTS[state]
        said: dict[str, Any] = {"kind": batch.kind, "file": batch.file_name, "sha256": batch.sha256}
        said |= {"taken": counts[State.PUBLISHED], "undone": counts[State.UNDONE], "kept": counts[State.KEPT]}
        events.record(record, subject=batch, by=ctx.by, at=ctx.at, **said)


_EVENTS: dict[str, str] = {
    ImportBatch.State.PUBLISHED: "import.published",
    ImportBatch.State.STOPPED: "import.stopped",
    ImportBatch.State.UNDONE: "import.undone",
}
