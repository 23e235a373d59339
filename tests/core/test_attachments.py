"""Files: what is taken, what is not, and what is left on the disk afterwards."""

import io
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from openpsm.core import attachments
from openpsm.core.attachments import BadFile, contents, storage
from openpsm.core.errors import DomainError
from openpsm.core.models import Attachment, Event, Holiday
from tests.core import files

MACRO = "_VBA_PROJECT".encode("utf-16-le")
GOOD = {
    "photo.jpg": files.jpeg(),
    "photo padded.JPEG": files.jpeg(behind=b"\x00" * 10),
    "chart.png": files.png(),
    "moving.gif": files.gif(),
    "modern.webp": files.webp(),
    "phone.heic": files.heic(),
    "offer.pdf": files.pdf(),
    "报价单.docx": files.office(),
    "清单.xlsx": files.office("xl/workbook.xml"),
    "slides.pptx": files.office("ppt/presentation.xml"),
    "old.doc": files.OLE,
    "plan.dwg": b"AC1032" + b"\x00" * 100,
    "notes.txt": "会议记录\n".encode(),
    "gbk.csv": "客户,金额\n中石化,1\n".encode("gb18030"),
    "excel.csv": "a,b\n".encode("utf-16"),
    "readme.md": b"# Title\n",
}
HOSTILE: dict[str, tuple[str, bytes]] = {
    "program": ("setup.exe", b"MZ" + b"\x00" * 100),
    "page": ("page.html", b"<html></html>"),
    "vector": ("logo.svg", b"<svg onload='alert(1)'/>"),
    "script": ("run.js", b"alert(1)"),
    "archive": ("all.zip", files.office()),
    "macro document": ("a.docm", files.office(parts={"word/vbaProject.bin": b"x"})),
    "double ending": ("photo.jpg.exe", files.jpeg()),
    "no ending": ("photo", files.jpeg()),
    "only an ending": (".jpg", files.jpeg()),
    "empty": ("a.pdf", b""),
    "program as text": ("a.txt", b"\x7fELF" + b"\x00" * 50),
    "page as text": ("a.txt", b"  <!DOCTYPE html><script>alert(1)</script>"),
    "shell script as text": ("a.txt", b"#!/bin/sh\nrm -rf /\n"),
    "vector as table": ("a.csv", b"<svg xmlns='x'/>"),
    "binary as table": ("a.csv", b"\xff\xfe\x00\xd8\x00"),
    "program as picture": ("a.png", b"MZ" + b"\x00" * 100),
    "page as picture": ("a.gif", b"<html></html>"),
    "script in picture": ("a.gif", files.gif(inside=b"/*<script>alert(1)</script>*/")),
    "script in text of picture": ("a.png", files.png(inside=b"x\x00<ScRiPt src=x>")),
    "php in comment of picture": ("a.jpg", files.jpeg(comment=b"<?php system($_GET[0]); ?>")),
    "archive behind picture": ("a.jpg", files.jpeg(behind=files.office() + b"\xff\xd9")),
    "archive behind chart": ("a.png", files.png(behind=files.office())),
    "archive in gif": ("a.gif", files.gif(inside=files.office())),
    "pixel flood": ("a.png", files.png(60_000, 60_000)),
    "pixel flood jpeg": ("a.jpg", files.jpeg(65_000, 65_000)),
    "pixel flood heic": ("a.heic", files.heic(100_000, 100_000)),
    "no pixels": ("a.png", files.png(0, 5)),
    "cut picture": ("a.png", files.png()[:-10]),
    "cut photo": ("a.jpg", files.jpeg()[:-2]),
    "jpeg as png": ("a.png", files.jpeg()),
    "webp with a tail": ("a.webp", files.webp() + b"tail"),
    "not a pdf": ("a.pdf", b"<html>%PDF-1.7 %%EOF"),
    "pdf that starts late": ("a.pdf", b"GIF89a;" + files.pdf()),
    "pdf with script": ("a.pdf", files.pdf(inside=b"<</S/JavaScript/JS(app.alert(1))>>")),
    "pdf that starts programs": ("a.pdf", files.pdf(inside=b"<</S /Launch /F (cmd.exe)>>")),
    "pdf and page": ("a.pdf", files.pdf(inside=b"<html><script>alert(1)</script>")),
    "pdf and archive": ("a.pdf", files.pdf(behind=files.office() + b"%%EOF")),
    "cut pdf": ("a.pdf", files.pdf()[:-10]),
    "archive as document": ("a.docx", files.office("", {"x.txt": b"x"})),
    "table as document": ("a.docx", files.office("xl/workbook.xml")),
    "document with macro": ("a.docx", files.office(parts={"word/vbaProject.bin": b"x"})),
    "document with program": ("a.docx", files.office(parts={"word/embeddings/a.exe": b"MZ"})),
    "document in front of which is a page": ("a.docx", files.office(prefix=b"<html>")),
    "encrypted document": ("a.docx", files.encrypted(files.office())),
    "office encryption": ("a.xlsx", files.OLE + "EncryptedPackage".encode("utf-16-le")),
    "old document as new": ("a.docx", files.OLE),
    "document that climbs": ("a.docx", files.office(parts={"../../etc/passwd": b"x"})),
    "document with a root": ("a.docx", files.office(parts={"/etc/passwd": b"x"})),
    "document with a drive": ("a.docx", files.office(parts={"C:/x": b"x"})),
    "document with a link": ("a.docx", files.symlinked()),
    "bomb": ("a.xlsx", files.office("xl/workbook.xml", {"xl/sheet.xml": b"\x00" * 40_000_000})),
    "many parts": ("a.xlsx", files.office("xl/workbook.xml", {f"xl/{n}": b"" for n in range(5_001)})),
    "overlapping parts": ("a.docx", files.overlapping()),
    "cut document": ("a.docx", files.office()[:-30]),
    "damaged document": ("a.docx", b"PK\x03\x04" + b"\x00" * 200),
    "old document with macro": ("a.doc", files.OLE + MACRO),
    "text as old document": ("a.xls", b"hello"),
    "not a drawing": ("a.dwg", b"MZ"),
}


@pytest.fixture
def store(data_dir: Path) -> Path:
    return data_dir / "media"


def add(root: Holiday, name: str, data: bytes, now: datetime, by: AbstractBaseUser | None = None) -> Attachment:
    return attachments.add_attachment(root=root, name=name, content=io.BytesIO(data), by=by, at=now, kind="offer")


def files_in(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", GOOD)
def test_good_file_is_stored_under_another_name(subject: Holiday, now: datetime, store: Path, name: str) -> None:
    attachment = add(subject, name, GOOD[name], now)
    with attachments.open_attachment(attachment) as file:
        assert file.read() == GOOD[name]
    (path,) = files_in(store)
    assert (attachment.name, attachment.size, path.name) == (name, len(GOOD[name]), attachment.storage_name)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(attachments.attachments_of(subject)) == [attachment]


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_is_refused_and_leaves_nothing(subject: Holiday, now: datetime, store: Path, case: str) -> None:
    name, data = HOSTILE[case]
    before = Event.objects.count()
    with pytest.raises(BadFile) as caught:
        add(subject, name, data, now)
    assert (name.strip(".") in str(caught.value), bool(str(caught.value.reason))) == (True, True)
    assert (Attachment.objects.count(), Event.objects.count(), files_in(store)) == (0, before, [])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/a.pdf", "a.pdf"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ('a"<b>|.pdf', "a__b__.pdf"),
        ("x" * 300 + ".pdf", "x" * 140 + ".pdf"),
        ("报价 单\u3000（最终）.pdf", "报价 单 （最终）.pdf"),
    ],
)
def test_file_name_is_cleaned(name: str, shown: str) -> None:
    assert attachments.clean_name(name) == shown


def test_adding_and_removing_are_events(subject: Holiday, person: AbstractBaseUser, now: datetime, store: Path) -> None:
    attachment = add(subject, "a.pdf", files.pdf(), now, person)
    attachments.remove_attachment(attachment=attachment, root=subject, by=person, at=now)
    attachments.remove_attachment(attachment=attachment, root=subject, by=person, at=now)
    names = list(Event.objects.filter(root_id=subject.pk).values_list("name", flat=True))
    assert (names, list(attachments.attachments_of(subject))) == (["attachment.added", "attachment.removed"], [])


def test_too_large_file_is_refused_while_it_comes_in(
    subject: Holiday, now: datetime, store: Path, settings: Any
) -> None:
    class Endless(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            Endless.taken += 1
            return b"x" * 262_144

    settings.OPENPSM_ATTACHMENT_MB = 1
    with pytest.raises(BadFile):
        attachments.add_attachment(root=subject, name="a.txt", content=Endless(), by=None, at=now)
    assert (Endless.taken, files_in(store)) == (5, [])


def test_full_store_and_full_record_refuse(
    subject: Holiday, now: datetime, store: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_PER_RECORD", 1)
    add(subject, "a.txt", b"x", now)
    with pytest.raises(DomainError) as caught:
        add(subject, "b.txt", b"x", now)
    assert caught.value.code == "quota"
    settings.OPENPSM_MEDIA_QUOTA_MB = 0
    with pytest.raises(DomainError) as caught:
        add(Holiday.objects.create(day="2033-03-01"), "b.txt", b"x", now)
    assert caught.value.code == "quota"


def test_disk_without_room_is_an_answer(
    subject: Holiday, now: datetime, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DomainError) as caught:
        add(subject, "a.txt", b"x", now)
    assert (caught.value.code, files_in(store), Attachment.objects.count()) == ("storage", [], 0)


def test_missing_file_is_an_answer(subject: Holiday, now: datetime, store: Path) -> None:
    attachment = add(subject, "a.txt", b"x", now)
    storage.remove(attachment.storage_name)
    with pytest.raises(DomainError) as caught:
        attachments.open_attachment(attachment)
    assert caught.value.code == "file-missing"


def test_file_may_be_read_by_those_whom_its_record_allows(
    subject: Holiday, person: AbstractBaseUser, now: datetime, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_rights", {})
    attachment = add(subject, "a.txt", b"x", now)
    assert not attachments.may(person, attachment)
    attachments.register(
        Holiday, readable=lambda user, pk: (user, pk) == (person, subject.pk), writable=lambda user, pk: False
    )
    assert (attachments.may(person, attachment), attachments.may(person, attachment, write=True)) == (True, False)
    attachment.deleted_at = now
    assert not attachments.may(person, attachment)


def test_sweep_removes_files_deleted_long_ago_and_strays(subject: Holiday, now: datetime, store: Path) -> None:
    kept, removed = add(subject, "a.txt", b"a", now), add(subject, "b.txt", b"b", now)
    attachments.remove_attachment(attachment=removed, root=subject, by=None, at=now)
    with transaction.atomic():
        add(subject, "c.txt", b"c", now)
        transaction.set_rollback(True)
    in_a_month = datetime.now(now.tzinfo) + timedelta(days=31)
    assert attachments.sweep(at=in_a_month) == 2
    assert [path.name for path in files_in(store)] == [kept.storage_name]
    assert list(Attachment.objects.all()) == [kept]


def test_each_kind_has_its_own_type() -> None:
    assert {kind.mime for kind in contents.KINDS.values()} & {
        "text/html",
        "image/svg+xml",
        "application/javascript",
    } == set()
