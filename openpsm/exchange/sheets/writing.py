"""Tables written so that every text stays a text: nothing of ours becomes a formula in somebody's spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

FORMATS = ("xlsx", "csv", "json")
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_SKIPPED = "\ufeff\"' \u00a0\u3000\t\r\n\x00"
MARK = "'"


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes in front where one could."""
    bare = text.lstrip(_SKIPPED)
    is_risky = bare.startswith(_DANGEROUS) or text[:1] in ("\t", "\r", "\n", "\x00")
    return MARK + text if is_risky or _is_marked(text) else text


def unsafe(text: str) -> str:
    """Take away again what `safe` put in front: what one of our own files says is what was meant."""
    return text[1:] if _is_marked(text) else text


def _is_marked(text: str) -> bool:
    """Whether this is an apostrophe before something that would have got one."""
    if not text.startswith(MARK):
        return False
    rest = text[1:]
    return _is_marked(rest) or rest.lstrip(_SKIPPED).startswith(_DANGEROUS) or rest[:1] in ("\t", "\r", "\n", "\x00")


def write_csv(file: IO[str], headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV with the mark of UTF-8, which Excel needs; returns the number of rows. Numbers stay numbers."""
    file.write("\ufeff")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([safe(one) for one in headings])
    count = 0
    for row in rows:
        writer.writerow([safe(cell) if isinstance(cell, str) else plain(cell) for cell in row])
        count += 1
    return count


def write_xlsx(
    file: IO[bytes], sheet: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], *, wide: Sequence[int] = ()
) -> int:
    """Write a workbook of one sheet; texts are typed as texts, and neither formulas nor links are made of them."""
    import xlsxwriter  # type: ignore[import-untyped]  # loaded with the first workbook; it has no types

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    book = xlsxwriter.Workbook(file, {**options, "strings_to_numbers": False})
    page = book.add_worksheet(sheet[:31])
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "text_wrap": True})
    for index, heading in enumerate(headings):
        page.set_column(index, index, wide[index] if index < len(wide) else max(10, min(40, len(heading) * 2 + 2)))
        page.write_string(0, index, heading, bold)
    page.freeze_panes(1, 0)
    count = 0
    for count, row in enumerate(rows, 1):
        _write_row(page, count, row)
    book.close()
    return count


def _write_row(page: Any, number: int, row: Sequence[Any]) -> None:
    for index, cell in enumerate(row):
        if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) and _fits(cell):
            page.write_number(number, index, cell)
        elif cell not in (None, ""):
            page.write_string(number, index, str(plain(cell))[:32_767])


def _fits(number: Decimal | float) -> bool:
    """A spreadsheet keeps fifteen digits; longer numbers are written as text, so that none is lost."""
    return len(str(number).replace(".", "").lstrip("-0")) <= 15


def write_json(file: IO[str], keys: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a JSON array of objects, one a line."""
    count = 0
    file.write("[")
    for count, row in enumerate(rows, 1):
        found = {key: plain(cell) for key, cell in zip(keys, row, strict=True)}
        file.write(("\n" if count == 1 else ",\n") + json.dumps(found, ensure_ascii=False))
    file.write("\n]\n")
    return count


def plain(cell: Any) -> Any:
    """Return a cell as every format writes it."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date) else cell
