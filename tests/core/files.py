"""Files of the tests, good and hostile, made on the spot."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

CONTENT_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


def png(width: int = 2, height: int = 2, *, behind: bytes = b"", inside: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = chunk(b"tEXt", inside) if inside else b""
    pixels = chunk(b"IDAT", zlib.compress(b"\x00" * 14))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + pixels + chunk(b"IEND", b"") + behind


def jpeg(width: int = 2, height: int = 2, *, comment: bytes = b"", behind: bytes = b"") -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    note = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x00" * 20
    return b"\xff\xd8" + app0 + note + frame + scan + b"\xff\xd9" + behind


def gif(width: int = 2, height: int = 2, *, inside: bytes = b"") -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00\x00\x00" + inside + b";"


def webp(width: int = 2, height: int = 2) -> bytes:
    frame = b"\x00" * 6 + struct.pack("<HH", width, height) + b"\x00" * 10
    body = b"WEBP" + b"VP8 " + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def heic(width: int = 2, height: int = 2) -> bytes:
    ispe = struct.pack(">I", 20) + b"ispe" + struct.pack(">III", 0, width, height)
    return struct.pack(">I", 24) + b"ftypheic" + b"\x00" * 4 + b"mif1heic" + ispe


def pdf(*, inside: bytes = b"", behind: bytes = b"") -> bytes:
    return b"%PDF-1.7\n" + b"1 0 obj<</Type/Catalog>>endobj\n" + inside + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n" + behind


def office(main: str = "word/document.xml", parts: Mapping[str, bytes] | None = None, *, prefix: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if main:
            archive.writestr("[Content_Types].xml", CONTENT_TYPES)
            archive.writestr(main, b"<document/>")
        for name, data in (parts or {}).items():
            archive.writestr(name, data)
    return prefix + file.getvalue()


def encrypted(data: bytes) -> bytes:
    """Set the flag that says a part is encrypted, in the local headers and in the directory."""
    return data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


def symlinked() -> bytes:
    file = io.BytesIO(office())
    with zipfile.ZipFile(file, "a") as archive:
        info = zipfile.ZipInfo("word/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


def overlapping() -> bytes:
    """Let all entries of the directory point at the one large part."""
    data = bytearray(office(parts={"word/big.xml": b"\x00" * 5_000_000, "word/other.xml": b"x"}))
    first = data.rindex(b"PK\x01\x02")
    place = data.index(b"PK\x01\x02", data.index(b"word/big.xml", data.index(b"PK\x01\x02")) - 60)
    data[first + 42 : first + 46] = data[place + 42 : place + 46]
    data[first + 20 : first + 28] = data[place + 20 : place + 28]
    return bytes(data)
