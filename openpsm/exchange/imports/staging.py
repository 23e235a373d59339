"""From a file to checked rows: read as a stream, understood cell by cell, checked a batch at a time, kept out of sight.

Rule: docs/business-rules.md#imports
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import bulk, memo
from openpsm.exchange.imports import files, mapping, parsers
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.imports.kinds.base import Column, Context, Draft, Kind
from openpsm.exchange.imports.kinds.custom import columns
from openpsm.exchange.imports.telling import Tell
from openpsm.exchange.models import ImportBatch, ImportRow
from openpsm.exchange.sheets import reading, writing
from openpsm.exchange.sheets.refusal import BadTable

CHECKED_AT_ONCE = 1000
LONGEST_KEPT = 5_000
_ALL = ""  # the key of errors about the row as a whole
T = TypeVar("T")
Action, State = ImportRow.Action, ImportRow.State


def stage(batch: ImportBatch, ctx: Context, tell: Tell) -> None:
    """Read, check and keep all rows of the batch's file; counts go to the batch. Raises BadTable.

    Begun anew when it was interrupted: rows of an earlier try are dropped first. Memory does not grow with the rows,
    but for a number per key that must not come twice.
    """
    ImportRow.objects.filter(batch=batch).delete()
    kind = KINDS[batch.kind]
    path = files.path_of(batch.stored_as)
    batch.total = batch.bad = batch.warned = batch.created = batch.updated = batch.unchanged = 0
    with memo.ensured(), reading.opened(path, batch.file_name, sheet=batch.sheet, known=mapping.known(kind)) as table:
        if table.headings != batch.headings:
            raise BadTable(batch.file_name, _("the file is no longer the one that was mapped."), sheet=table.sheet)
        reader = CellReader(kind, batch)
        for rows in chunks(table.rows, CHECKED_AT_ONCE):
            drafts = [reader.read(number, cells) for number, cells in rows]
            _check(kind, drafts, ctx)
            _keep(batch, drafts)
            batch.total += len(drafts)
            tell(batch.total, 0)
    if not batch.total:
        raise BadTable(batch.file_name, _("it has headings and no rows."), sheet=batch.sheet)


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most so many."""
    waiting = iter(rows)
    while found := list(islice(waiting, size)):
        yield found


@dataclass
class _Mapped:
    index: int
    column: Column
    factor: int
    texts: Mapping[str, str]


class CellReader:
    """Understands the cells of a row by the batch's mapping."""

    def __init__(self, kind: Kind, batch: ImportBatch) -> None:
        fields = {column.key: column for column in columns(kind)}
        texts = batch.mapping.get("values", {})
        self.headings = batch.headings
        self.is_text_file = not batch.sheets
        self.columns = [
            _Mapped(int(index), fields[key], parsers.factor_of(batch.headings[int(index)]), texts.get(key, {}))
            for index, key in batch.mapping["columns"].items()
        ]

    def read(self, number: int, cells: list[str]) -> Draft:
        """Return the row as a draft, with an error for each cell that means nothing."""
        if self.is_text_file:
            cells = [reading.tidy(writing.unsafe(cell)) for cell in cells]
        draft = Draft(number, cells)
        if any(cells[len(self.headings) :]):
            draft.errors[_ALL] = _(
                "The row has more cells than there are headings: it is shifted, or a quotation mark is missing."
            )
        elif self._is_heading(cells):
            draft.errors[_ALL] = _("These are the headings once more.")
        for one in self.columns:
            self._read_cell(draft, one, cells[one.index] if one.index < len(cells) else "")
        return draft

    def _is_heading(self, cells: Sequence[str]) -> bool:
        same = [cell for cell, heading in zip(cells, self.headings, strict=False) if cell and cell == heading]
        return len(same) > 1 or (len(same) == 1 and len(self.headings) == 1)

    def _read_cell(self, draft: Draft, one: _Mapped, cell: str) -> None:
        cell = one.texts.get(cell, cell)
        if not cell:
            if one.column.is_required:
                draft.errors[one.column.key] = _("This field is required.")
            return
        if cell.startswith("#") and cell.rstrip("!?").upper() in _ERROR_CELLS:
            draft.errors[one.column.key] = _("The cell holds an error of the spreadsheet: %(cell)s") % {"cell": cell}
            return
        try:
            draft.values[one.column.key] = one.column.read(cell, one.factor)
        except ValidationError as error:
            draft.errors[one.column.key] = error.messages[0]


_ERROR_CELLS = frozenset({"#N/A", "#REF", "#VALUE", "#DIV/0", "#NAME", "#NULL", "#NUM", "#SPILL", "#CALC"})


def _check(kind: Kind, drafts: Sequence[Draft], ctx: Context) -> None:
    """Let the kind look at the rows that are sound as a whole; what is shifted makes no sense in detail."""
    sound = [draft for draft in drafts if _ALL not in draft.errors]
    for draft in sound:
        for column in kind.columns:
            if column.is_required and column.key not in draft.values:
                draft.errors.setdefault(column.key, _("This field is required."))
    kind.check(sound, ctx)


def _keep(batch: ImportBatch, drafts: Sequence[Draft]) -> None:
    """Write the rows as they are, in one short transaction without events."""
    with transaction.atomic():
        bulk.write(ImportRow, [_row(batch, draft) for draft in drafts])
    batch.bad += sum(bool(draft.errors) for draft in drafts)
    batch.warned += sum(bool(draft.warnings) and not draft.errors for draft in drafts)
    good = [draft for draft in drafts if not draft.errors]
    batch.updated += sum(draft.match_id is not None for draft in good)
    batch.created += sum(draft.match_id is None for draft in good)


def _row(batch: ImportBatch, draft: Draft) -> dict[str, Any]:
    return {
        "batch_id": batch.pk,
        "number": draft.number,
        "state": (State.BAD if draft.errors else State.STAGED).value,
        "action": (Action.CREATE if draft.match_id is None else Action.UPDATE).value,
        "cells": [cell[:LONGEST_KEPT] for cell in draft.cells],
        "values": {} if draft.errors else draft.values,
        "errors": draft.errors,
        "warnings": draft.warnings,
        "record_id": draft.match_id,
    }
