"""A process of its own that reads one workbook and writes its cells as lines of JSON.

Run as `python -m openpsm.exchange.sheets.convert PATH SHEET BYTES SECONDS`. The library is foreign code that meets
foreign files: here it may run out of memory or fall over without taking a worker with it. Knows nothing of Django.

First line: {"sheets": [...], "sheet": name, "merges": [[row, column, row, column], ...]}; then one list of texts a row.
An error is one line {"error": code} on its own.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from decimal import Decimal
from typing import Any

MOST_MERGES = 200_000


def main(arguments: list[str]) -> int:
    """Convert; exit status 0 also for files that cannot be read, for the answer says so."""
    path, wanted, most, seconds = arguments[0], arguments[1], int(arguments[2]), int(arguments[3])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
        _write(book, wanted, calamine)
    except calamine.PasswordError:
        _say({"error": "password"})
    except MemoryError:
        _say({"error": "memory"})
    except (calamine.CalamineError, OSError, ValueError, KeyError) as error:
        _say({"error": "damaged", "detail": str(error)[:200]})
    return 0


def _write(book: Any, wanted: str, calamine: Any) -> None:
    kind, shown = calamine.SheetTypeEnum.WorkSheet, calamine.SheetVisibleEnum.Visible
    tables = [one.name for one in book.sheets_metadata if one.typ == kind and one.visible == shown]
    if not tables or (wanted and wanted not in tables):
        _say({"error": "no-sheet", "sheets": tables})
        return
    name = wanted or tables[0]
    sheet = book.get_sheet_by_name(name)
    try:
        merges = [[*first, *last] for first, last in (sheet.merged_cell_ranges or [])][:MOST_MERGES]
    except (calamine.CalamineError, ValueError, AttributeError):
        merges = []
    _say({"sheets": tables, "sheet": name, "merges": merges})
    offset = sheet.start[1] if sheet.start else 0
    blank = [""] * offset
    for row in sheet.iter_rows():
        _say(blank + [_text(cell) for cell in row])


def _text(cell: Any) -> str:
    """Return a cell as people read it: whole numbers without point, dates in ISO form."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        plain = format(Decimal(format(cell, ".15g")), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _say(line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False))
    sys.stdout.write("\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # a text stream here
    sys.exit(main(sys.argv[1:]))
