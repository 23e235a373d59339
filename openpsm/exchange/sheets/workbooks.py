"""Rows of an Excel or WPS workbook, out of the converter's process one after the other: memory stays flat here."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import Message
from openpsm.exchange.sheets import limits
from openpsm.exchange.sheets.refusal import BadTable

Merge = tuple[int, int, int, int]
_REASONS: dict[str, Message] = {
    "password": _("it is protected by a password. Save it without one."),
    "memory": _("it would unpack to something huge."),
    "damaged": _("it is damaged or was cut off."),
    "no-sheet": _("it has no such sheet with a table."),
}


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened sheet: the names of all sheets, merged ranges (0-based, last cell included), the rows."""

    sheets: list[str]
    sheet: str
    merges: list[Merge]
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def opened(path: Path, file: str, *, sheet: str, is_old: bool) -> Iterator[Workbook]:
    """Read one sheet, the first visible one by default. Raises BadTable; the container was checked before."""
    memory = limits.CONVERTER_BYTES_OLD if is_old else limits.CONVERTER_BYTES
    command = [sys.executable, "-m", "openpsm.exchange.sheets.convert", str(path), sheet]
    command += [str(memory), str(limits.CONVERTER_SECONDS)]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own program with a path of ours
            command, stdout=subprocess.PIPE, stderr=said, cwd=Path(__file__).parents[3]
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            first = _read(process.stdout.readline(), file, sheet)
            merges = [cast("Merge", tuple(one)) for one in first["merges"]]
            lines = _lines(process, file, first["sheet"])
            yield Workbook(first["sheets"], first["sheet"], merges, _spread(lines, merges))
        finally:
            process.kill()


def _read(line: bytes, file: str, sheet: str) -> dict[str, Any]:
    found = json.loads(line) if line.strip() else {"error": "damaged"}
    if "error" in found:
        raise BadTable(file, _REASONS[found["error"]], sheet=sheet)
    return cast("dict[str, Any]", found)


def _lines(process: subprocess.Popen[bytes], file: str, sheet: str) -> Iterator[tuple[int, list[str]]]:
    assert process.stdout is not None  # noqa: S101
    number = 0
    for number, line in enumerate(process.stdout, 1):
        row = json.loads(line) if line.endswith(b"\n") else {"error": "damaged"}
        if isinstance(row, dict):
            raise BadTable(file, _REASONS[row["error"]], sheet=sheet, row=number)
        if number > limits.MOST_ROWS or len(row) > limits.MOST_COLUMNS + 50:
            reason = _("it has more rows or columns than are read.")
            raise BadTable(file, reason, sheet=sheet, row=number)
        yield number, row
    if process.wait(timeout=30) != 0:
        raise BadTable(file, _REASONS["memory"], sheet=sheet, row=number + 1)


def _spread(rows: Iterator[tuple[int, list[str]]], merges: list[Merge]) -> Iterator[tuple[int, list[str]]]:
    """Write the text of a merged range into each of its cells: one customer over the rows of its people."""
    waiting, open_ranges = deque(sorted(merges)), list[tuple[Merge, str]]()
    for number, row in rows:
        index = number - 1
        while waiting and waiting[0][0] <= index:
            merge = waiting.popleft()
            open_ranges.append((merge, row[merge[1]] if merge[1] < len(row) else ""))
        open_ranges = [one for one in open_ranges if one[0][2] >= index]
        for (_top, left, _bottom, right), text in open_ranges:
            for column in range(left, min(right + 1, len(row))):
                row[column] = row[column] or text
        yield number, row
