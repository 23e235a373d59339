"""Files that mean harm or are broken, made on the fly: what each is called, its content, a part of the refusal."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

Made = Callable[[], bytes]
SHEET = "xl/worksheets/sheet1.xml"
SECRET = b"/".join([b"file:", b"", b"", b"etc", b"passwd"])
XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "%s">]>' % SECRET
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def book(rows: Sequence[Sequence[object]] | None = None) -> bytes:
    """A plain workbook, as Excel would write it."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = made.add_worksheet()
    for number, row in enumerate(rows or [["客户名称"], ["杭州远大机械有限公司"]]):
        sheet.write_row(number, 0, row)
    made.close()
    return file.getvalue()


def changed(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The plain workbook with one part changed."""
    return rebuilt({part: change})


def rebuilt(
    changes: dict[str, Callable[[bytes], bytes]], more: dict[str, bytes] | None = None, level: int = 9
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book())) as old, zipfile.ZipFile(file, "w", 8, compresslevel=level) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, lambda data: data)(old.read(name)))
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return file.getvalue()


def with_part(name: str, data: bytes = b"x") -> Made:
    return lambda: rebuilt({}, {name: data})


def doctype(part: str, head: bytes = XXE) -> Made:
    def change(data: bytes) -> bytes:
        body = data.split(b"?>", 1)[1] if data.startswith(b"<?xml") else data
        return head + body

    return lambda: changed(part, change)


def swapped(part: str, old: bytes, new: bytes) -> Made:
    def change(data: bytes) -> bytes:
        assert old in data, (part, old)
        return data.replace(old, new, 1)

    return lambda: changed(part, change)


def lying(field: int, value: int) -> Made:
    """A workbook whose directory says something else of the sheet: `field` is the place in the entry, 4 bytes."""

    def make() -> bytes:
        data = bytearray(book())
        at = data.rindex(SHEET.encode()) - 46
        data[at + field : at + field + 4] = struct.pack("<I", value)
        return bytes(data)

    return make


def overlapping() -> bytes:
    """Two entries of the directory that point to one and the same part."""
    data = bytearray(book())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        infos = {info.filename: info for info in archive.infolist()}
    at = data.rindex(b"xl/styles.xml") - 46
    data[at + 42 : at + 46] = struct.pack("<I", infos[SHEET].header_offset)
    return bytes(data)


def flagged(bits: int) -> bytes:
    data = bytearray(book())
    at = data.rindex(SHEET.encode()) - 46
    data[at + 8 : at + 10] = struct.pack("<H", bits)
    return bytes(data)


def link() -> bytes:
    file = io.BytesIO(book())
    with zipfile.ZipFile(file, "a") as archive:
        info = zipfile.ZipInfo("xl/media/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


def many_parts() -> bytes:
    return rebuilt({}, {f"xl/media/{number}.bin": b"" for number in range(600)}, level=1)


def bomb() -> bytes:
    return rebuilt({}, {"xl/media/zeros.bin": b"\0" * (30 * 1024 * 1024)})


def wide(cell: str) -> Made:
    return swapped(SHEET, b'<c r="A2"', f'<c r="{cell}"'.encode())


def ole(*words: str) -> Made:
    def make() -> bytes:
        return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "".join(words).encode("utf-16-le") + b"\0" * 600

    return make


def csv_of(text: str, encoding: str = "utf-8") -> Made:
    return lambda: text.encode(encoding)


DAMAGED, HUGE, INSIDE, MACROS = "damaged", "something huge", "not that of a workbook", "macros"
#: name → (file name, content, a part of what the refusal says)
CORPUS: dict[str, tuple[str, Made, str]] = {
    "empty": ("a.csv", csv_of(""), "empty"),
    "blank": ("a.csv", csv_of("\n\n   \n"), "empty"),
    "nul": ("a.csv", csv_of("客户名称\n甲\x00乙\n"), "row 2"),
    "no encoding": ("a.csv", lambda: b"name\n\x81\xff\xff\xfe\n", "row"),
    "unclosed quote": ("a.csv", csv_of('name,note\nA,1\nB,"open\nC,2\n'), "row 3"),
    "unclosed quote, large": ("a.csv", csv_of('name,note\nA,"open\n' + "C,2\n" * 100_000), "row 2"),
    "stray quote": ("a.csv", csv_of('name,note\n"A"x,1\n'), "row 2"),
    "line of 10 MB": ("a.csv", csv_of("name\n" + "x" * 10_000_000), "row 2"),
    "5,000 columns": ("a.csv", csv_of(",".join(map(str, range(5000))) + "\n"), "5000 columns"),
    "pdf": ("a.csv", lambda: b"%PDF-1.4\n1 0 obj\n", "not a text file"),
    "png": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a text file"),
    "program": ("a.xlsx", lambda: b"MZ\x90\x00" + b"\0" * 500, "what its name says"),
    "html as xls": ("a.csv", csv_of("<html><body><table><tr><td>x</td></tr></table></body></html>"), "not a table"),
    "script": ("a.csv", csv_of("#!/bin/sh\nrm -rf /\n"), "not a table"),
    "svg": ("a.csv", csv_of("<svg onload=alert(1)>\n</svg>\n"), "not a table"),
    "text as xlsx": ("a.xlsx", csv_of("name\nA\n"), "what its name says"),
    "gzip bomb": ("a.csv.gz", lambda: gzip.compress(b"a,b\n" * 20_000_000, 9), HUGE),
    "gzip cut off": ("a.csv.gz", lambda: gzip.compress(b"name\n" + bytes(range(65, 91)) * 9000)[:200], DAMAGED),
    "gzip of gzip": ("a.csv.gz", lambda: gzip.compress(gzip.compress(b"name\nA\n" * 100)), "NUL"),
    "zip of something": ("a.xlsx", lambda: _zip({"x.txt": b"x"}), "not an Excel workbook"),
    "document": (
        "a.xlsx",
        lambda: _zip({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}),
        "not an Excel",
    ),
    "bomb": ("a.xlsx", bomb, HUGE),
    "600 parts": ("a.xlsx", many_parts, "too many parts"),
    "cut off": ("a.xlsx", lambda: book()[:-300], DAMAGED),
    "cut in the middle": ("a.xlsx", lambda: book()[:1500], DAMAGED),
    "lying size, small": ("a.xlsx", lying(24, 10), HUGE),
    "lying size, large": ("a.xlsx", lying(24, 2_000_000_000), HUGE),
    "lying crc": ("a.xlsx", lying(16, 1), DAMAGED),
    "lying packed size": ("a.xlsx", lying(20, 5), DAMAGED),
    "overlapping": ("a.xlsx", overlapping, "a.xlsx"),
    "encrypted part": ("a.xlsx", lambda: flagged(1), "password"),
    "symlink": ("a.xlsx", link, INSIDE),
    "zip slip": ("a.xlsx", with_part("../../etc/cron.d/x"), INSIDE),
    "absolute name": ("a.xlsx", with_part("/etc/x"), INSIDE),
    "backslash name": ("a.xlsx", with_part("xl\\..\\x"), "a.xlsx"),
    "nested zip": ("a.xlsx", lambda: rebuilt({}, {"xl/embeddings/b.xlsx": book()}), "another archive"),
    "macros": ("a.xlsx", with_part("xl/vbaProject.bin"), MACROS),
    "macro type": (
        "a.xlsx",
        swapped("[Content_Types].xml", b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"),
        MACROS,
    ),
    "old macros": ("a.xls", ole("_VBA_PROJECT"), MACROS),
    "old encrypted": ("a.xls", ole("EncryptedPackage"), "password"),
    "old nonsense": ("a.xls", ole(""), DAMAGED),
    "external link": ("a.xlsx", with_part("xl/externalLinks/externalLink1.xml"), "linked to other files"),
    "external target": (
        "a.xlsx",
        swapped(
            "xl/_rels/workbook.xml.rels",
            b"</Relationships>",
            b'<Relationship Id="r9" Type="x/oleObject" Target="http://evil/x" TargetMode="External"/></Relationships>',
        ),
        "linked to other files",
    ),
    "xxe workbook": ("a.xlsx", doctype("xl/workbook.xml"), "entities"),
    "xxe sheet": ("a.xlsx", doctype(SHEET), "entities"),
    "xxe strings": ("a.xlsx", doctype("xl/sharedStrings.xml"), "entities"),
    "xxe styles": ("a.xlsx", doctype("xl/styles.xml"), "entities"),
    "xxe rels": ("a.xlsx", doctype("_rels/.rels"), "entities"),
    "xxe properties": ("a.xlsx", doctype("docProps/core.xml"), "entities"),
    "laughs": ("a.xlsx", doctype("xl/sharedStrings.xml", LAUGHS), "entities"),
    "utf-16 part": ("a.xlsx", lambda: changed(SHEET, lambda data: data.decode().encode("utf-16")), INSIDE),
    "cell far away": ("a.xlsx", wide("XFD1048576"), "columns"),
    "row far away": ("a.xlsx", wide("A99999999"), "rows"),
    "column far away": ("a.xlsx", wide("XFD2"), "columns"),
    "impossible dimension": (
        "a.xlsx",
        swapped(SHEET, b'<dimension ref="A1:A2"', b'<dimension ref="A1:ZZZZ9999999"'),
        "lies about its size",
    ),
    "no sheet": ("a.xlsx", swapped("xl/workbook.xml", b'sheetId="1"', b'sheetId="1" hidden="x"'), ""),
}
#: What a lying dimension and its like must not stop: the table in it is fine.
HARMLESS: dict[str, tuple[str, Made]] = {
    "dimension of a whole sheet": ("a.xlsx", swapped(SHEET, b'ref="A1:A2"', b'ref="A1:XFD1048576"')),
    "csv called xls": ("a.txt", csv_of("客户名称\n杭州远大机械有限公司\n")),
}
del CORPUS["no sheet"]


def _zip(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def cases() -> Iterator[tuple[str, str, Made, str]]:
    """Name, file name, content, part of the refusal."""
    for name, (file, made, said) in CORPUS.items():
        yield name, file, made, said
