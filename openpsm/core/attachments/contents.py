"""Whether a file is what its name says, and nothing else besides."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import puremagic
from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError, Message

MOST_PIXELS = 100_000_000
MOST_PARTS = 5_000
MOST_UNPACKED = 300 * 1024 * 1024
HIGHEST_RATIO = 200
_MARKUP = re.compile(rb"<\s*(script|html|\?php|iframe|!doctype)", re.IGNORECASE)
_TEXT_MARKUP = re.compile(r"\s*(<(!doctype|html|svg|\?xml|script|\?php|head|body)|#!)", re.IGNORECASE)
_ACTIVE_PDF = re.compile(rb"/(JavaScript|Launch|RichMedia)\b")
_ZIP_END = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACROS = tuple(word.encode("utf-16-le") for word in ("_VBA_PROJECT", "Macros", "EncryptedPackage"))


class BadFile(DomainError):
    """A file that is not taken; the message names it and says why."""

    code = "bad-file"

    def __init__(self, name: str, reason: Message) -> None:
        super().__init__(_("“%(name)s” was not taken: %(reason)s") % {"name": name, "reason": reason}, name=name)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken, with its check: it returns the reason of a refusal, or None."""

    mime: str
    refusal: Callable[[BinaryIO, bytes], Message | None]


def check(name: str, extension: str, file: BinaryIO) -> str:
    """Return the MIME type of the file; raises BadFile. Reads the file as a whole: its size is bounded before."""
    kind = KINDS[extension]
    file.seek(0)
    data = file.read()
    if not data:
        raise BadFile(name, _("it is empty."))
    reason = kind.refusal(file, data)
    if reason is not None:
        raise BadFile(name, reason)
    return kind.mime


_WRONG = _("its content is not what its name says.")
_TWO_FACED = _("it holds a second file of another kind.")
_MACRO = _("it holds macros or is encrypted.")


# --- pictures


def _picture(read_size: Callable[[bytes], tuple[int, int] | None]) -> Callable[[BinaryIO, bytes], Message | None]:
    def refusal(_file: BinaryIO, data: bytes) -> Message | None:
        size = read_size(data)
        if size is None or min(size) < 1:
            return _WRONG
        if size[0] * size[1] > MOST_PIXELS:
            return _("it has too many pixels.")
        return _TWO_FACED if _MARKUP.search(data) or _ZIP_END in data[-66_000:] else None

    return refusal


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Walk the chunks to the end; anything behind the last one is refused."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"):
        return None
    place = 8
    while place + 12 <= len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        place += 12 + length
        if name == b"IEND":
            width, height = struct.unpack(">II", data[16:24])
            return (width, height) if place == len(data) else None
    return None


def _gif_size(data: bytes) -> tuple[int, int] | None:
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 14 or not data.endswith(b";"):
        return None
    width, height = struct.unpack("<HH", data[6:10])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame header; the file must end with the end marker (zero padding is common)."""
    if not data.startswith(b"\xff\xd8\xff") or not data.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return None
    place = 2
    while place + 9 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    is_whole = data[:4] == b"RIFF" and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 == len(data)
    if not is_whole or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _heic_size(data: bytes) -> tuple[int, int] | None:
    """Read the largest image size that the file declares; its pictures are never decoded here."""
    if data[4:8] != b"ftyp" or data[8:12] not in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return None
    sizes = [struct.unpack(">II", data[m.end() + 4 : m.end() + 12]) for m in re.finditer(b"ispe", data[:1_000_000])]
    return max(sizes, default=None)


# --- documents


def _pdf(_file: BinaryIO, data: bytes) -> Message | None:
    if not re.match(rb"%PDF-[12]\.\d", data) or b"%%EOF" not in data[-2048:]:
        return _WRONG
    if _MARKUP.search(data[:4096]) or _MARKUP.search(data[-4096:]) or _ZIP_END in data[-66_000:]:
        return _TWO_FACED
    return _("it holds scripts or starts programs.") if _ACTIVE_PDF.search(data) else None


def _office(part: str) -> Callable[[BinaryIO, bytes], Message | None]:
    """Check an Office Open XML file: a plain zip with the main part of its kind, no macros, nothing to blow up."""

    def refusal(file: BinaryIO, data: bytes) -> Message | None:
        if not data.startswith(b"PK\x03\x04"):
            return _MACRO if data.startswith(_OLE) else _WRONG
        try:
            with zipfile.ZipFile(file) as archive:
                return _parts_refusal(archive, part, len(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError, struct.error, OSError):
            return _("it is damaged.")

    return refusal


def _parts_refusal(archive: zipfile.ZipFile, part: str, size: int) -> Message | None:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if "[Content_Types].xml" not in names or part not in names:
        return _WRONG
    if any("vbaproject" in name.lower() or name.lower().endswith((".exe", ".js", ".vbs")) for name in names):
        return _MACRO
    if any(info.flag_bits & 1 for info in infos) or b"macroEnabled" in archive.read("[Content_Types].xml")[:1_000_000]:
        return _MACRO
    if len(set(names)) < len(names) or any(_is_slippery(info) for info in infos) or archive.comment:
        return _("its inside is not that of a document.")
    return _bomb_refusal(infos, size)


def _is_slippery(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    is_link = info.external_attr >> 16 & 0o170000 == 0o120000
    return name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name or is_link


def _bomb_refusal(infos: list[zipfile.ZipInfo], size: int) -> Message | None:
    unpacked, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    starts = sorted((info.header_offset, info.compress_size) for info in infos)
    is_overlapping = packed > size or any(
        first + length > second for (first, length), (second, _size) in pairwise(starts)
    )
    is_huge = unpacked > MOST_UNPACKED or unpacked > HIGHEST_RATIO * max(packed, 10_000) or len(infos) > MOST_PARTS
    return _("it would unpack to something huge.") if is_huge or is_overlapping else None


def _old_office(_file: BinaryIO, data: bytes) -> Message | None:
    if not data.startswith(_OLE) or len(data) < 512:
        return _WRONG
    return _MACRO if any(word in data for word in _MACROS) else _TWO_FACED if _ZIP_END in data[-66_000:] else None


def _drawing(_file: BinaryIO, data: bytes) -> Message | None:
    return None if re.match(rb"AC10\d\d", data) and not _MARKUP.search(data[:4096]) else _WRONG


def _text(_file: BinaryIO, data: bytes) -> Message | None:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            return _WRONG
    if "\x00" in text or _known_binary(data):
        return _WRONG
    return _("it is a page or a program, not a text.") if _TEXT_MARKUP.match(text) else None


def _known_binary(data: bytes) -> bool:
    """Ask the signature library about a text; short signatures that plain text can meet do not count."""
    found = puremagic.magic_string(data[:8192]) if data[:1] in (b"\x7f", b"M", b"%", b"G", b"R", b"P") else []
    return any(match.confidence >= 0.4 and len(match.byte_match) >= 4 for match in found)


_OOXML = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, Kind] = {
    "jpg": Kind("image/jpeg", _picture(_jpeg_size)),
    "jpeg": Kind("image/jpeg", _picture(_jpeg_size)),
    "png": Kind("image/png", _picture(_png_size)),
    "gif": Kind("image/gif", _picture(_gif_size)),
    "webp": Kind("image/webp", _picture(_webp_size)),
    "heic": Kind("image/heic", _picture(_heic_size)),
    "pdf": Kind("application/pdf", _pdf),
    "docx": Kind(f"{_OOXML}wordprocessingml.document", _office("word/document.xml")),
    "xlsx": Kind(f"{_OOXML}spreadsheetml.sheet", _office("xl/workbook.xml")),
    "pptx": Kind(f"{_OOXML}presentationml.presentation", _office("ppt/presentation.xml")),
    "doc": Kind("application/msword", _old_office),
    "xls": Kind("application/vnd.ms-excel", _old_office),
    "ppt": Kind("application/vnd.ms-powerpoint", _old_office),
    "dwg": Kind("image/vnd.dwg", _drawing),
    "txt": Kind("text/plain", _text),
    "csv": Kind("text/csv", _text),
    "md": Kind("text/markdown", _text),
}
