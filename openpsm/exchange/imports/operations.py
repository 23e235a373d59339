"""The steps of an import, the same for screen and command: bring a file, map it, check it, publish it, undo it.

Rule: docs/business-rules.md#imports
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError, InvalidInput
from openpsm.exchange.imports import files, mapping, publishing, staging, telling
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.imports.kinds.base import Context, Kind
from openpsm.exchange.imports.mapping import Mapped
from openpsm.exchange.imports.telling import Tell
from openpsm.exchange.models import ImportBatch, ImportRow
from openpsm.exchange.sheets import reading
from openpsm.exchange.sheets.refusal import BadTable
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission

SAMPLE = 5
State = ImportBatch.State


def require_kind(by: User, kind: Kind) -> None:
    """Raise NotAllowed unless the person may import at all and has the rights of this kind."""
    for permission in (Permission.IMPORT, *kind.permissions):
        access.require(by, permission)


def kinds_of(by: User) -> list[Kind]:
    """Return the kinds that the person may import."""
    own = access.reach(by)
    may = own.holds_anywhere(Permission.IMPORT)
    return [kind for kind in KINDS.values() if may and all(map(own.holds_anywhere, kind.permissions))]


def upload(
    *, kind: str, file_name: str, chunks: Iterable[bytes], by: User, at: datetime, sheet: str = ""
) -> ImportBatch:
    """Take a file in, find its headings and propose what they mean. Raises BadTable, NotAllowed, InvalidInput.

    Nothing is left of a file that cannot be read.
    """
    if kind not in KINDS:
        raise InvalidInput({"kind": _("There is nothing called “%(name)s” to import.") % {"name": kind[:30]}})
    require_kind(by, KINDS[kind])
    stored = files.store(file_name, chunks)
    batch = ImportBatch(kind=kind, file_name=file_name[:150], stored_as=stored.name, sha256=stored.sha256)
    batch.by, batch.created_at = by, at
    try:
        _look(batch, sheet)
    except BaseException:
        files.remove(stored.name)
        raise
    batch.save()
    return batch


def _look(batch: ImportBatch, sheet: str) -> None:
    """Fill in what the file shows before anything is decided: sheets, headings, first rows, a proposal."""
    kind = KINDS[batch.kind]
    path = files.path_of(batch.stored_as)
    with reading.opened(path, batch.file_name, sheet=sheet, known=mapping.known(kind)) as table:
        batch.sheet, batch.sheets, batch.headings = table.sheet, table.sheets, table.headings
        batch.heading_row = table.heading_row
        rows = next(staging.chunks(table.rows, SAMPLE), [])
        batch.sample = [[cell[:200] for cell in cells] for _number, cells in rows]
    recalled = mapping.recalled(kind, batch.headings, batch.by)
    batch.mapping = recalled or {"columns": mapping.guess(kind, batch.headings), "values": {}}


def choose_sheet(*, batch_id: int, sheet: str, by: User) -> ImportBatch:
    """Read another sheet of the same workbook. Raises BadTable, DomainError."""
    with transaction.atomic():
        batch = _locked(batch_id, by, State.DRAFT)
        _look(batch, sheet)
        batch.save()
    return batch


def request_check(
    *, batch_id: int, chosen: Mapped, update_by: str = "", is_partial: bool = False, by: User, at: datetime
) -> ImportBatch:
    """Settle what the columns mean, remember it, and let a worker check all rows. Raises InvalidInput, DomainError."""
    from openpsm.exchange.imports import jobs  # jobs call what stands here

    with transaction.atomic():
        batch = settle(batch_id=batch_id, chosen=chosen, update_by=update_by, is_partial=is_partial, by=by, at=at)
        jobs.check_batch.enqueue(user_id=by.pk, batch_id=batch.pk)
    return batch


def settle(*, batch_id: int, chosen: Mapped, update_by: str, is_partial: bool, by: User, at: datetime) -> ImportBatch:
    """Keep what the columns mean and how the rows are to be taken; the batch is then being checked."""
    with transaction.atomic():
        batch = _locked(batch_id, by, State.DRAFT, State.CHECKED)
        kind = KINDS[batch.kind]
        if update_by and (update_by not in kind.match_fields or kind.update is None):
            offered = ", ".join(kind.match_fields) or "—"
            raise InvalidInput({"update_by": _("Records of this kind are updated by: %(names)s.") % {"names": offered}})
        batch.mapping = mapping.checked(kind, batch.headings, chosen)
        batch.update_by, batch.is_partial, batch.state, batch.message = update_by, is_partial, State.CHECKING, ""
        mapping.remember(kind, batch.headings, batch.mapping, by=by, at=at)
        batch.save()
    return batch


def check(*, batch_id: int, by: User, at: datetime, tell: Tell = telling.silent) -> ImportBatch:
    """Read and check all rows; afterwards the batch is checked, or refused as a file. Nothing else is written."""
    batch = _own(batch_id, by)
    if batch.state != State.CHECKING:
        return batch
    require_kind(by, KINDS[batch.kind])
    try:
        staging.stage(batch, _context(batch, by, at), tell)
    except BadTable as error:
        ImportRow.objects.filter(batch=batch).delete()
        files.remove(batch.stored_as)
        batch.state, batch.message, batch.stored_as = State.REFUSED, str(error), ""
    else:
        batch.state, batch.checked_at = State.CHECKED, at
    batch.save()
    return batch


def _context(batch: ImportBatch, by: User, at: datetime) -> Context:
    return Context(
        by=by,
        at=at,
        source=batch.file_name,
        update_by=batch.update_by,
        batch_id=batch.pk,
        checked_at=batch.checked_at,
    )


def request_publish(*, batch_id: int, by: User, at: datetime) -> ImportBatch:
    """Let a worker publish the checked rows. Raises DomainError for bad rows without leave to pass them over."""
    from openpsm.exchange.imports import jobs

    with transaction.atomic():
        batch = begin_publish(batch_id=batch_id, by=by)
        jobs.publish_batch.enqueue(user_id=by.pk, batch_id=batch.pk)
    return batch


def begin_publish(*, batch_id: int, by: User, is_partial: bool | None = None) -> ImportBatch:
    """Mark a checked batch as being published."""
    with transaction.atomic():
        batch = _locked(batch_id, by, State.CHECKED)
        require_kind(by, KINDS[batch.kind])
        batch.is_partial = batch.is_partial if is_partial is None else is_partial
        if batch.bad and not batch.is_partial:
            raise DomainError(
                _("%(n)s rows have errors: mend them, or take the good rows only.") % {"n": batch.bad}, code="bad-rows"
            )
        if batch.bad == batch.total:
            raise DomainError(_("No row of this file can be taken."), code="no-rows")
        batch.state = State.PUBLISHING
        batch.save(update_fields=["state", "is_partial"])
    return batch


def publish(*, batch_id: int, by: User, at: datetime, tell: Tell = telling.silent) -> ImportBatch:
    """Make records of the good rows, or go on where an earlier worker stopped."""
    batch = _own(batch_id, by)
    if batch.state == State.PUBLISHING:
        require_kind(by, KINDS[batch.kind])
        publishing.publish(batch, _context(batch, by, at), tell)
        files.remove(batch.stored_as)
    return batch


def request_undo(*, batch_id: int, by: User, at: datetime) -> ImportBatch:
    """Let a worker take a published batch back."""
    from openpsm.exchange.imports import jobs

    with transaction.atomic():
        batch = begin_undo(batch_id=batch_id, by=by)
        jobs.undo_batch.enqueue(user_id=by.pk, batch_id=batch.pk)
    return batch


def begin_undo(*, batch_id: int, by: User) -> ImportBatch:
    """Mark a published batch as being undone."""
    with transaction.atomic():
        batch = _locked(batch_id, by, State.PUBLISHED)
        require_kind(by, KINDS[batch.kind])
        batch.state = State.UNDOING
        batch.save(update_fields=["state"])
    return batch


def undo(*, batch_id: int, by: User, at: datetime, tell: Tell = telling.silent) -> ImportBatch:
    """Take back what nobody has changed since; what was changed stays and is named in the report."""
    batch = _own(batch_id, by)
    if batch.state == State.UNDOING:
        require_kind(by, KINDS[batch.kind])
        publishing.undo(batch, _context(batch, by, at), tell)
    return batch


def discard(*, batch_id: int, by: User) -> None:
    """Throw away a file that nothing has come of yet."""
    with transaction.atomic():
        batch = _locked(batch_id, by, State.DRAFT, State.CHECKED, State.REFUSED)
        stored = batch.stored_as
        batch.delete()
        transaction.on_commit(partial(files.remove, stored))


def _own(batch_id: int, by: User) -> ImportBatch:
    batch: ImportBatch = ImportBatch.objects.visible_to(by).get(pk=batch_id)
    return batch


def _locked(batch_id: int, by: User, *states: str) -> ImportBatch:
    rows = ImportBatch.objects.visible_to(by).select_for_update(no_key=True, of=("self",))
    batch: ImportBatch = rows.get(pk=batch_id)
    if batch.state not in states:
        said = _("This import is %(state)s: that cannot be done now.") % {"state": batch.get_state_display()}
        raise DomainError(said, code="wrong-state")
    return batch
