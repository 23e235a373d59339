"""Keeping what a bulk edit was asked and how it went. The changes themselves are operations of their packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.org.models import BulkEdit, BulkResult, User

MOST_RECORDS = 1_000
Outcome = BulkResult.Outcome
#: Does the act to one record; returns what an undo needs, None without undo, `SAME` where nothing changed.
Act = Callable[[], Any]
SAME = "same"


def start_bulk(
    *, listing: str, action: str, values: Mapping[str, Any], ids: Sequence[int], by: User, at: datetime
) -> BulkEdit:
    """Write down what shall be done to which records; each record's own event says what became of it."""
    if not 0 < len(ids) <= MOST_RECORDS:
        raise InvalidInput({"ids": _("Choose from 1 to %(most)s records.") % {"most": MOST_RECORDS}})
    return BulkEdit.objects.create(listing=listing, action=action, values=dict(values), ids=list(ids), by=by, at=at)


def start_undo(*, bulk_id: int, by: User, at: datetime) -> BulkEdit:
    """Write down that a finished bulk edit shall be undone, once."""
    with transaction.atomic():
        lock_rows(BulkEdit, [bulk_id])
        bulk: BulkEdit = BulkEdit.objects.visible_to(by).get(pk=bulk_id)
        if bulk.finished_at is None or bulk.undo_of_id or BulkEdit.objects.filter(undo_of=bulk).exists():
            raise DomainError(_("This cannot be undone, or was undone already."), code="not-undoable")
        done = bulk.results.filter(outcome=Outcome.DONE, kept__isnull=False).order_by("pk")
        ids = list(done.values_list("record_id", flat=True))
        if not ids:
            raise DomainError(_("This cannot be undone, or was undone already."), code="not-undoable")
        call = {"listing": bulk.listing, "action": bulk.action, "ids": ids, "by": by, "at": at}
        return BulkEdit.objects.create(undo_of=bulk, **call)


def do_one(*, bulk: BulkEdit, record_id: int, act: Act) -> BulkResult:
    """Do the act to one record and write down how it went, both or neither: a second call changes nothing.

    A refusal is kept with its reason; what the refused operation itself left on record, as a blocked gate does, stays.
    """
    with transaction.atomic():
        lock_rows(BulkEdit, [bulk.pk])
        known = BulkResult.objects.filter(bulk=bulk, record_id=record_id).first()
        if known is not None:
            return known
        outcome, reason, kept = _done(act)
        return BulkResult.objects.create(bulk=bulk, record_id=record_id, outcome=outcome, reason=reason, kept=kept)


def _done(act: Act) -> tuple[str, str, Any]:
    try:
        kept = act()
    except DomainError as error:
        return Outcome.REFUSED, str(error), None
    except ObjectDoesNotExist:
        return Outcome.REFUSED, _("This record is not there, or not open to you."), None
    return (Outcome.SAME, "", None) if kept == SAME else (Outcome.DONE, "", kept)


class _Back(Exception):
    """Leaves the transaction of a rehearsal."""


def rehearse(act: Act) -> tuple[str, str, Any]:
    """Do the act and take it back at once: its outcome and reason, without a trace."""
    found: tuple[str, str, Any] = (Outcome.REFUSED, "", None)
    try:
        with transaction.atomic():
            found = _done(act)
            raise _Back
    except _Back:
        return found


def finish_bulk(*, bulk: BulkEdit, at: datetime) -> BulkEdit:
    """Say that every record has had its turn."""
    bulk.finished_at = at
    bulk.save(update_fields=["finished_at"])
    return bulk
