"""What became of a file: the file once more, with the faulty cells marked and the reasons beside them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from openpsm.exchange.imports import mapping
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.imports.kinds.custom import columns
from openpsm.exchange.models import ImportBatch, ImportRow
from openpsm.exchange.sheets.writing import safe

#: Up to so many rows the report is a workbook with marked cells; beyond it a CSV with the reasons in a column.
MOST_MARKED = 5_000
_RED, _YELLOW, _HEAD = "FFC7CE", "FFF2CC", "E8EEF7"


def faulty(batch: ImportBatch) -> Any:
    """The rows that were not taken, in the order of the file."""
    return batch.rows.filter(state=ImportRow.State.BAD).order_by("number")


def told(batch: ImportBatch) -> Any:
    """The rows about which something is to be said: errors, warnings, changes since."""
    with_errors = batch.rows.filter(state__in=(ImportRow.State.BAD, ImportRow.State.KEPT))
    with_warnings = batch.rows.exclude(warnings={})
    return (with_errors | with_warnings).order_by("number")


def titles(batch: ImportBatch) -> dict[str, str]:
    """Return the names of the columns as the file has them, by field: in its order, then those that it lacks."""
    places = sorted((int(index), key) for index, key in batch.mapping.get("columns", {}).items())
    found = {key: batch.headings[index] for index, key in places}
    others = {column.key: mapping.title(column) for column in columns(KINDS[batch.kind])}
    return found | {key: title for key, title in others.items() if key not in found}


def reasons(row: ImportRow, names: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Return (heading, reason, is it an error) for all that is to be said of a row: errors first, by column."""
    order = {key: place for place, key in enumerate(names)}  # what the database keeps of a dict has none

    def sorted_by_column(said: dict[str, str]) -> list[tuple[str, str]]:
        return sorted(said.items(), key=lambda item: order.get(item[0], -1))

    found = [(names.get(key, ""), text, True) for key, text in sorted_by_column(row.errors)]
    found += [(names.get(key, ""), text, False) for key, text in sorted_by_column(row.warnings)]
    if row.state == ImportRow.State.KEPT:
        found.append(("", _("Changed or used since; it was not taken back."), True))
    return found


def _in_words(row: ImportRow, names: dict[str, str]) -> str:
    return "; ".join(f"{heading}: {text}" if heading else text for heading, text, _bad in reasons(row, names))


def is_small(batch: ImportBatch) -> bool:
    """Whether the report is a workbook."""
    return bool(told(batch)[: MOST_MARKED + 1].count() <= MOST_MARKED)


def write_workbook(file: IO[bytes], batch: ImportBatch) -> None:
    """Write the rows with something to say, cells marked; mended, it can be imported as it is."""
    from openpyxl import Workbook  # type: ignore[import-untyped]  # 5 MB that only the worker needs; without types
    from openpyxl.styles import Font  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    names, places = titles(batch), {key: int(i) + 1 for i, key in batch.mapping.get("columns", {}).items()}
    book = Workbook()
    page = book.active
    assert page is not None  # noqa: S101 - a new workbook has a sheet
    page.title = _("Rows to mend")[:31]
    width = len(batch.headings)
    page.append([*batch.headings, _("Row in the file"), _("Errors and remarks")])
    for cell in page[1]:
        cell.font, cell.fill = Font(bold=True), _solid(_HEAD)
    page.freeze_panes = "A2"
    for line, row in enumerate(told(batch).iterator(chunk_size=500), 2):
        for index, text in enumerate(row.cells[:width], 1):
            cell = page.cell(line, index)
            cell.value, cell.data_type = _clean(text), "s"
        page.cell(line, width + 1).value = row.number
        said = page.cell(line, width + 2)
        said.value, said.data_type = _clean(_in_words(row, names)), "s"
        _mark(page, line, row, places, width)
    page.column_dimensions[get_column_letter(width + 2)].width = 60
    book.save(file)


def _clean(text: str) -> str:
    """Drop the signs that a workbook cannot hold."""
    return "".join(sign for sign in text[:32_000] if sign in "\t\n" or ord(sign) >= 32)


def _solid(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=colour)


def _mark(page: Any, line: int, row: ImportRow, places: dict[str, int], width: int) -> None:
    from openpyxl.comments import Comment  # type: ignore[import-untyped]

    for messages, colour in ((row.warnings, _YELLOW), (row.errors, _RED)):
        for key, text in messages.items():
            cell = page.cell(line, places.get(key, width + 2))
            cell.fill = _solid(colour)
            cell.comment = Comment(_clean(text), "OpenPSM", width=300, height=80)


def write_csv(file: IO[str], batch: ImportBatch) -> None:
    """Write the rows with something to say, the reasons in the last column."""
    names = titles(batch)
    file.write("\ufeff")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([safe(one) for one in (*batch.headings, _("Row in the file"), _("Errors and remarks"))])
    writer.writerows(_lines(batch, names))


def _lines(batch: ImportBatch, names: dict[str, str]) -> Iterator[list[Any]]:
    width = len(batch.headings)
    for row in told(batch).iterator(chunk_size=2000):
        cells = (row.cells + [""] * width)[:width]
        yield [*map(safe, cells), row.number, safe(_in_words(row, names))]
