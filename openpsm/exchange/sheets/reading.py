"""One table out of a file: which line holds the headings, and the rows below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from openpsm.exchange.sheets import containers, delimited, limits, workbooks
from openpsm.exchange.sheets.refusal import BadTable

Row = tuple[int, list[str]]
LOOKED_AT = 30
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its headings, the number of the line they stand in, and the rows that are not blank, cells trimmed."""

    file: str
    sheet: str
    sheets: list[str]
    headings: list[str]
    heading_row: int
    rows: Iterator[Row]


@contextmanager
def opened(path: Path, file: str, *, sheet: str = "", known: Callable[[str], bool]) -> Iterator[Table]:
    """Open a CSV (also gzipped), XLSX or XLS file by its content, whatever its name says. Raises BadTable.

    `known` says of a heading whether it means something here: the line with most such headings is the line of
    headings, so that titles and blank lines above it do no harm.
    """
    if path.stat().st_size > limits.MOST_BYTES:
        raise BadTable(file, _("it is larger than %(size)s MB.") % {"size": limits.MOST_BYTES // 1024 // 1024})
    head = containers.peek(path)
    if not containers.is_workbook(head):
        if file.lower().endswith((".xlsx", ".xls", ".xlsm", ".et")):
            raise BadTable(file, _("its content is not what its name says."))
        with delimited.opened(path, file) as text:
            yield _table(file, "", [], text.rows, [], known)
        return
    is_old = head.startswith(containers.OLE)
    (containers.check_old if is_old else containers.check)(path, file)
    with workbooks.opened(path, file, sheet=sheet, is_old=is_old) as book:
        yield _table(file, book.sheet, book.sheets, book.rows, book.merges, known)


def _table(
    file: str,
    sheet: str,
    sheets: list[str],
    rows: Iterator[Row],
    merges: list[workbooks.Merge],
    known: Callable[[str], bool],
) -> Table:
    cleaned = ((number, [tidy(cell) for cell in row]) for number, row in rows)
    first = list(islice(cleaned, LOOKED_AT))
    if not any(any(cells) for _number, cells in first):
        raise BadTable(file, _("it is empty."), sheet=sheet)
    at = max(range(len(first)), key=lambda index: (_score(first[index][1], known), -index))
    number, headings = first[at]
    below = at + 1
    if at and _is_group_line(merges, first[at - 1][0] - 1, len(headings)):
        headings = _joined(first[at - 1][1], headings)
    elif _is_group_line(merges, number - 1, len(headings)) and below < len(first):
        headings, below = _joined(headings, first[below][1]), below + 1
    while headings and not headings[-1]:
        headings = headings[:-1]
    rest = (row for row in chain(first[below:], cleaned) if any(row[1]))
    return Table(file, sheet, sheets, headings, number, rest)


def _score(cells: list[str], known: Callable[[str], bool]) -> tuple[int, bool]:
    return sum(bool(cell) and known(cell) for cell in cells), sum(map(bool, cells)) > 1


def _is_group_line(merges: list[workbooks.Merge], index: int, width: int) -> bool:
    """Whether a line groups the headings below it: cells merged over some columns, not over all as a title's are."""
    spans = (right - left + 1 for top, left, bottom, right in merges if top == bottom == index)
    return any(1 < span < width for span in spans)


def _joined(above: list[str], below: list[str]) -> list[str]:
    width = max(len(above), len(below))
    pairs = zip(above + [""] * (width - len(above)), below + [""] * (width - len(below)), strict=True)
    return [" ".join(dict.fromkeys(part for part in pair if part)) for pair in pairs]


def tidy(cell: str) -> str:
    """Trim a cell: blanks at its ends go, also wide and invisible ones; line breaks inside stay."""
    cell = cell.replace("\r\n", "\n").strip()
    return cell.strip("\u200b\ufeff\u3000 \t\n") if cell else ""


def plain_heading(text: str) -> str:
    """Return a heading made comparable: case, blanks, stars, brackets' content and units do not count."""
    bare = re.sub(r"[（(【\[].*?[)）】\]]", "", _BLANKS.sub(" ", text)).strip(" *＊:：")
    return re.sub(r"[\s_\-./]+", "", bare).casefold()
