"""A look into a workbook's container before any library sees it: what it claims is recomputed, nothing is believed.

Every part is unpacked once, as a stream that is thrown away, and looked through on the way.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import Message
from openpsm.exchange.sheets import limits
from openpsm.exchange.sheets.refusal import BadTable

CHUNK = 256 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", OLE)
_DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_MACROS = tuple(word.encode("utf-16-le") for word in ("_VBA_PROJECT", "Macros"))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_REF = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^<>]*?\br=["']([A-Za-z]{0,7})(\d{1,12})["']""")
_DIMENSION = re.compile(
    rb"""<(?:\w+:)?dimension\s[^<>]*?\bref=["']([A-Za-z]{1,7})\d{1,12}:([A-Za-z]{1,7})(\d{1,12})["']"""
)
_SHEET_NAME = re.compile(rb"""<(?:\w+:)?sheet\s[^<>]*?\bname=["']([^"']*)["']""")
_EXTERNAL = re.compile(rb"""<(?:\w+:)?Relationship\s[^<>]*?TargetMode=["']External["'][^<>]*>""", re.IGNORECASE)
_MACRO_NAMES = ("vbaproject", "macrosheet", "activex", "vbadata", "ctrlprops/")
_MACRO = _("it holds macros. Save it as a workbook without macros (.xlsx).")
_DAMAGED = _("it is damaged or was cut off.")
_HUGE = _("it would unpack to something huge.")


@dataclass(slots=True)
class Extent:
    """The outermost cell of a sheet, by what its cells say themselves."""

    rows: int = 0
    columns: int = 0


@dataclass(slots=True)
class _Watch:
    """What was seen of the container so far."""

    file: str
    unpacked: int = 0
    extents: dict[str, Extent] = field(default_factory=dict)
    sheet_names: list[bytes] = field(default_factory=list)


def check_old(path: Path, file: str) -> None:
    """Refuse an .xls that is encrypted or holds macros; its content is bounded by the converter. Raises BadTable."""
    data = path.read_bytes()
    if _ENCRYPTED in data:
        raise BadTable(file, _("it is protected by a password. Save it without one."))
    if any(word in data for word in _MACROS):
        raise BadTable(file, _MACRO)


def check(path: Path, file: str) -> dict[str, Extent]:
    """Return the extent of each worksheet part; raises BadTable for anything that is not a plain workbook."""
    try:
        with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            return _check(archive, raw, file, path.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise BadTable(file, _DAMAGED) from error


def _check(archive: zipfile.ZipFile, raw: BinaryIO, file: str, size: int) -> dict[str, Extent]:
    infos = archive.infolist()
    reason = _shape_refusal(infos, {info.filename for info in infos})
    if reason is not None:
        raise BadTable(file, reason)
    watch, end = _Watch(file), 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        start, stop = _place(raw, info)
        if info.header_offset < end or stop > size:
            raise BadTable(file, _("parts of it lie over each other."))
        end = stop
        _look_through(raw, info, start, watch)
    if len({name.lower() for name in watch.sheet_names}) < len(watch.sheet_names):
        raise BadTable(file, _("two of its sheets have the same name."))
    return watch.extents


def _shape_refusal(infos: list[zipfile.ZipInfo], names: set[str]) -> Message | None:
    """Say what is wrong with the table of contents alone."""
    if len(infos) > limits.MOST_PARTS:
        return _("it has too many parts.")
    if len(names) < len(infos) or any(_is_slippery(info) for info in infos):
        return _("its inside is not that of a workbook.")
    if any(info.flag_bits & 1 for info in infos):
        return _("it is protected by a password. Save it without one.")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        return _("it is not an Excel workbook (.xlsx).")
    lower = [name.lower() for name in names]
    if any(mark in name for name in lower for mark in _MACRO_NAMES):
        return _MACRO
    if any(name.startswith("xl/externallinks/") for name in lower):
        return _("it is linked to other files. Break the links (Data, Edit links) and save it again.")
    if sum(info.file_size for info in infos) > limits.MOST_UNPACKED:
        return _HUGE
    return None


def _is_slippery(info: zipfile.ZipInfo) -> bool:
    name, mode = info.filename, info.external_attr >> 16 & 0o170000
    bad = name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name or "\x00" in name
    return bad or mode == 0o120000 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _place(raw: BinaryIO, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Return where the packed bytes begin and end, by the part's own header."""
    raw.seek(info.header_offset)
    header = raw.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no header where the directory says")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    if raw.read(name_length) != info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"):
        raise zipfile.BadZipFile("the names differ")
    start = info.header_offset + 30 + name_length + extra_length
    return start, start + info.compress_size


def _unpacked(raw: BinaryIO, info: zipfile.ZipInfo, start: int) -> Iterator[bytes]:
    """Yield the part as it really unpacks, at most as much as it claims and one chunk more."""
    raw.seek(start)
    left, engine = info.compress_size, zlib.decompressobj(-15) if info.compress_type else None
    while left:
        data = raw.read(min(CHUNK, left))
        if not data:
            raise EOFError
        left -= len(data)
        if engine is None:
            yield data
            continue
        while data:
            yield engine.decompress(data, CHUNK)
            data = engine.unconsumed_tail
    if engine is not None:
        yield engine.flush()
        if not engine.eof:
            raise EOFError


def _look_through(raw: BinaryIO, info: zipfile.ZipInfo, start: int, watch: _Watch) -> None:
    seen, crc, tail = 0, 0, b""
    is_xml = info.filename.lower().endswith((".xml", ".rels", ".vml"))
    extent = watch.extents.setdefault(info.filename, Extent()) if _SHEET.fullmatch(info.filename) else None
    for chunk in _unpacked(raw, info, start):
        if not seen and chunk:
            _check_first(chunk, watch.file, is_xml=is_xml)
        seen, crc = seen + len(chunk), zlib.crc32(chunk, crc)
        watch.unpacked += len(chunk)
        _check_size(info, seen, watch)
        if is_xml:
            text = tail + chunk
            _check_xml(text, info, watch, extent)
            tail = text[-512:]
    if seen != info.file_size or crc != info.CRC:
        raise BadTable(watch.file, _DAMAGED)


def _check_size(info: zipfile.ZipInfo, seen: int, watch: _Watch) -> None:
    is_bomb = seen > limits.FREE_OF_RATIO and seen > limits.HIGHEST_RATIO * max(info.compress_size, 1)
    if seen > info.file_size or is_bomb or watch.unpacked > limits.MOST_UNPACKED:
        raise BadTable(watch.file, _HUGE)


def _check_first(chunk: bytes, file: str, *, is_xml: bool) -> None:
    if chunk.startswith(_ARCHIVES):
        raise BadTable(file, _("it holds another archive inside."))
    if is_xml and (chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in chunk[:200]):
        raise BadTable(file, _("its inside is not that of a workbook."))


def _check_xml(text: bytes, info: zipfile.ZipInfo, watch: _Watch, extent: Extent | None) -> None:
    if _DOCTYPE.search(text):
        raise BadTable(watch.file, _("it declares entities, which no table needs."))
    if info.filename == "[Content_Types].xml" and b"macroenabled" in text.lower():
        raise BadTable(watch.file, _MACRO)
    if info.filename == "xl/workbook.xml":
        watch.sheet_names = [match[1] for match in _SHEET_NAME.finditer(text)] or watch.sheet_names
    if info.filename.endswith(".rels") and any(b"hyperlink" not in m.group().lower() for m in _EXTERNAL.finditer(text)):
        raise BadTable(
            watch.file, _("it is linked to other files. Break the links (Data, Edit links) and save it again.")
        )
    if extent is not None:
        _measure(text, extent, watch.file, info.filename)


def _measure(text: bytes, extent: Extent, file: str, part: str) -> None:
    """Widen the extent by the cells of this piece: libraries lay out the whole rectangle in memory."""
    last = b""
    for match in _REF.finditer(text):
        extent.columns = max(extent.columns, _column(match[1]))
        last = match[2]
        if len(last) > 6:
            extent.rows = max(extent.rows, int(last))
    for match in _DIMENSION.finditer(text):
        if int(match[3]) > 1_048_576 or _column(match[2]) > 16_384:
            raise BadTable(file, _("it lies about its size."), sheet=Path(part).stem)
    extent.rows = max(extent.rows, int(last or 0))
    if extent.columns > limits.MOST_COLUMNS:
        reason = _("it has %(n)s columns; at most %(most)s are read.")
        raise BadTable(file, reason % {"n": extent.columns, "most": limits.MOST_COLUMNS}, sheet=Path(part).stem)
    if extent.rows * max(extent.columns, 1) > limits.MOST_CELLS or extent.rows > limits.MOST_ROWS:
        reason = _("it spans %(rows)s rows and %(columns)s columns, empty ones counted: too much.")
        numbers = {"rows": extent.rows, "columns": extent.columns}
        raise BadTable(file, reason % numbers, sheet=Path(part).stem, row=extent.rows)


def _column(letters: bytes) -> int:
    number = 0
    for sign in letters.upper():
        number = number * 26 + sign - 64
    return number


def is_workbook(head: bytes) -> bool:
    """Whether the first bytes are those of a container: .xlsx or .xls."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", OLE))


def peek(path: Path) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return io.BytesIO(file.read(4096)).getvalue()
