"""Rows of a CSV file in whatever encoding and with whatever delimiter it comes, as a stream."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import Message
from openpsm.exchange.sheets import limits
from openpsm.exchange.sheets.refusal import BadTable

CHUNK = 256 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SIGNATURES = (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"MZ", b"\x7fELF", b"BZh")
_MARKUP = ("<!doctype", "<html", "<?xml", "<svg", "<script", "{\\rtf", "#!")
_DELIMITERS = (",", "\t", ";", "|", "，")
_NO_TEXT = _("it is not a text file in UTF-8, GB18030 or UTF-16.")


@dataclass(frozen=True, slots=True)
class Delimited:
    """What a text file turned out to be."""

    encoding: str
    delimiter: str
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def opened(path: Path, file: str) -> Iterator[Delimited]:
    """Look through the whole file once, then read it row by row. Raises BadTable."""
    encoding = _encoding(path, file)
    with _raw(path, file) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        sample = text.read(64 * 1024)
        if sample.lstrip().lower().startswith(_MARKUP):
            raise BadTable(file, _("it is not a table, whatever its name says."))
        delimiter = _guess(sample)
        with _raw(path, file) as again, io.TextIOWrapper(again, encoding=encoding, newline="") as content:
            yield Delimited(encoding, delimiter, _rows(content, delimiter, file))


@contextmanager
def _raw(path: Path, file: str) -> Iterator[BinaryIO]:
    """The bytes of the text; a gzipped file is unpacked as it is read."""
    with path.open("rb") as packed:
        is_packed = packed.read(2) == b"\x1f\x8b"
        packed.seek(0)
        try:
            yield cast("BinaryIO", gzip.GzipFile(fileobj=packed)) if is_packed else packed
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadTable(file, _("it is damaged or was cut off.")) from error


def _encoding(path: Path, file: str) -> str:
    """Return the encoding that reads the whole file: its mark if it has one, else UTF-8, else GB18030."""
    with _raw(path, file) as raw:
        head = raw.read(CHUNK)
        if head.startswith(_SIGNATURES) or not head.strip():
            raise BadTable(file, _NO_TEXT if head.strip() else _("it is empty."))
        marked = next((name for mark, name in _BOMS if head.startswith(mark)), "")
        if not marked and b"\x00" in head[:2000]:
            marked = _wide(head[:2000])
        candidates = [marked] if marked else ["utf-8", "gb18030"]
        decoders = {name: codecs.getincrementaldecoder(name)() for name in candidates}
        wrong = _scan(raw, head, decoders, file, packed=path.stat().st_size, is_wide=marked.startswith("utf-16"))
    if not decoders:
        raise BadTable(file, _NO_TEXT, row=wrong)
    return next(iter(decoders))


def _wide(head: bytes) -> str:
    """UTF-16 without its mark has a NUL in every other byte of Latin text; anything else has no business with NUL."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even + odd < len(head) // 10:
        return ""
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""


def _scan(
    raw: BinaryIO,
    chunk: bytes,
    decoders: dict[str, codecs.IncrementalDecoder],
    file: str,
    *,
    packed: int,
    is_wide: bool,
) -> int:
    """Read to the end, dropping the encodings that do not fit; returns the line in which the last one failed."""
    seen, lines, length = 0, 1, 0
    while chunk:
        seen += len(chunk)
        if seen > limits.MOST_UNPACKED or seen > limits.HIGHEST_RATIO * max(packed, limits.FREE_OF_RATIO // 100):
            raise BadTable(file, _("it would unpack to something huge."))
        if not is_wide and b"\x00" in chunk:
            row = lines + chunk[: chunk.index(b"\x00")].count(b"\n")
            raise BadTable(file, _("it holds signs that no text has (NUL)."), row=row)
        for name in list(decoders):
            if not _fits(decoders[name], chunk):
                del decoders[name]
        if not decoders:
            return lines
        length = _longest(chunk, length, file, lines)
        lines += chunk.count(b"\n")
        chunk = raw.read(CHUNK)
    for name in [name for name, one in decoders.items() if not _fits(one, b"", final=True)]:
        del decoders[name]
    return lines


def _fits(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _longest(chunk: bytes, length: int, file: str, lines: int) -> int:
    """Return the length of the line that the chunk ends in; raises BadTable for one without end."""
    first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
    length = len(chunk) - last - 1 if first >= 0 else length + len(chunk)
    if length > limits.LONGEST_LINE:
        row = lines + chunk.count(b"\n")
        raise BadTable(file, _("this line is longer than a megabyte."), row=row)
    return length


def _guess(sample: str) -> str:
    """Return the delimiter that splits the first lines most evenly into most cells."""
    lines = [line for line in sample.splitlines() if line.strip()][:20]
    return max(_DELIMITERS, key=lambda one: (_evenness(lines, one), -_DELIMITERS.index(one)))


def _evenness(lines: list[str], delimiter: str) -> float:
    counts = sorted(line.count(delimiter) for line in lines)
    middle = counts[len(counts) // 2] if counts else 0
    return middle * sum(count == middle for count in counts) / len(counts) if middle else 0


def _rows(content: io.TextIOWrapper, delimiter: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line in which each row begins, and its cells."""
    csv.field_size_limit(limits.LONGEST_CELL * 2)
    reader, started, rows = csv.reader(content, delimiter=delimiter, strict=True), 1, 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadTable(file, _said(error), row=started) from error
        rows += 1
        if rows > limits.MOST_ROWS:
            raise BadTable(file, _("it has more rows than are read."), row=started)
        if len(row) > limits.MOST_COLUMNS:
            reason = _("it has %(n)s columns; at most %(most)s are read.")
            raise BadTable(file, reason % {"n": len(row), "most": limits.MOST_COLUMNS}, row=started)
        yield started, row
        started = reader.line_num + 1


def _said(error: csv.Error) -> Message:
    text = str(error)
    if "unexpected end" in text or "field larger" in text:
        return _("a quotation mark that opens here is never closed, or a cell is too long.")
    return _("the quotation marks of this row do not fit together.")
