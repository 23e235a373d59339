"""Exactly what a list shows as a file: its filters, order and columns; read in slices, so that memory stays flat."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.core.formulas import guarded
from openpsm.core.paging import take
from openpsm.web.lists.declaration import Column, Reader, Row
from openpsm.web.lists.state import State

__all__ = ["FORMATS", "MOST_ROWS", "SLICE", "write"]
SLICE = 500
MOST_ROWS = 1_000_000  # what a sheet holds
MIMES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
FORMATS = tuple(MIMES)
Value = str | int | Decimal | date | bool | None
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Part:
    """One column of the file."""

    label: str
    value: Callable[[Row, Reader], Any]


def parts(state: State) -> list[Part]:
    """The columns of the file: those shown, and behind each amount its currency."""
    found = []
    for column in (one for one in state.columns if not one.is_act):
        found.append(Part(str(column.label), column.exported))
        if currency := _currency(column):
            label = _("%(label)s: currency") % {"label": column.label}
            found.append(Part(label, lambda row, _reader, path=currency: row[path]))  # type: ignore[misc]  # a default binds it
    return found


def _currency(column: Column) -> str:
    return next((path for path in column.paths[1:] if path.endswith("_currency")), "")


def slices(state: State) -> Iterator[list[Row]]:
    """All rows in the order of the list, slice by slice (as many queries each as a page of it)."""
    cursor = ""
    while True:
        found = take(state.rows(), order=state.order, cursor=cursor, limit=SLICE, values=state.values)
        yield state.listing.prepare(found.rows, state.reader)
        if not found.next:
            return
        cursor = found.next


def lines(state: State, told: Progress) -> Iterator[list[Value]]:
    """The typed values of every row."""
    columns, done = parts(state), 0
    for rows in slices(state):
        for row in rows:
            yield [typed(one.value(row, state.reader)) for one in columns]
        done += len(rows)
        if done > MOST_ROWS:
            raise DomainError(_("More than a million rows do not fit into a sheet. Narrow the list by a filter."))
        told(done)


def typed(value: Any) -> Value:
    """A value as a file holds it: numbers, days and truth keep their kind, everything else is text."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, bool | int | Decimal | date):
        return value
    return str(value) if not isinstance(value, SafeString) else str.__str__(value)


def write(state: State, format: str, path: Path, told: Progress = lambda _done: None) -> int:  # noqa: A002 - its name
    """Write the file and return the number of its rows."""
    return (_write_csv if format == "csv" else _write_xlsx)(state, path, told)


def _write_csv(state: State, path: Path, told: Progress) -> int:
    number = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow([guarded(one.label) for one in parts(state)])
        for values in lines(state, told):
            sheet.writerow([_plain(value) for value in values])
            number += 1
    return number


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else str(value)  # a negative number stays a number


def _write_xlsx(state: State, path: Path, told: Progress) -> int:
    import xlsxwriter  # type: ignore[import-untyped]  # loaded with the first workbook; it has no types

    number = 0
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), {**options, "strings_to_numbers": False})
    sheet = book.add_worksheet()
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    columns = parts(state)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, max(1, len(columns) - 1), 16)
    for place, one in enumerate(columns):
        sheet.write_string(0, place, one.label, bold)
    for values in lines(state, told):
        number += 1
        for place, value in enumerate(values):
            _write_cell(sheet, number, place, value, day)
    book.close()
    return number


def _write_cell(sheet: Any, row: int, place: int, value: Value, day: Any) -> None:
    """Every value by its kind: text is text, whatever it begins with."""
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | Decimal):
        sheet.write_number(row, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, day)
    elif value is not None:
        sheet.write_string(row, place, value[:32_767])


def file_name(state: State, format: str) -> str:  # noqa: A002 - its name
    """The name of the file: the list's title and the day."""
    return f"{state.listing.title} {state.reader.on:%Y-%m-%d}.{format}"
