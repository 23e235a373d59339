"""Making backups, and archives that are refused before anything is written."""

import hashlib
import io
import json
import os
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from openpsm.cli.installation import install_shipped_data
from openpsm.core import attachments
from openpsm.core.attachments import storage
from openpsm.core.errors import DomainError
from openpsm.core.events import keys
from openpsm.core.events.encoding import canonical
from openpsm.core.models import Attachment
from openpsm.exchange import backup
from openpsm.exchange.backup import BadArchive, record, tables, writing
from openpsm.org.models import Role
from tests.core import files
from tests.factories import AT
from tests.factories.projects import make_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(django_db_setup, django_db_blocker, tmp_path_factory):
    """A sound backup of a project with two files, as bytes."""
    path = tmp_path_factory.mktemp("whole") / "backup.zip"
    with django_db_blocker.unblock():
        if not Role.objects.exists():  # a test with real transactions was before
            install_shipped_data(AT)
        project = make_project()
        for number in range(2):
            attach(project, f"offer {number}.pdf")
        made = backup.make_backup(path=path, at=AT)
        call_command("flush", verbosity=0, interactive=False)
        install_shipped_data(AT)
    assert (made.files, made.faults) == (2, [])
    return path.read_bytes()


def attach(project, name):
    content = io.BytesIO(files.pdf(inside=os.urandom(2_000).hex().encode()))
    return attachments.add_attachment(root=project, name=name, content=content, by=project.owner, at=AT)


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in content.items() if isinstance(content, dict) else content:
            archive.writestr(name, data)
    return out.getvalue()


def changed(data, **changes):
    """The same archive with other parts: None takes one away."""
    content = {**parts(data), **changes}
    return packed({name: part for name, part in content.items() if part is not None})


def resigned(data, change, parts_too=None):
    """The same archive whose manifest was changed and signed with the right key, as a forger with the key would."""
    content = {**parts(data), **(parts_too or {})}
    said = json.loads(content["manifest.json"])
    said.pop("mac")
    change(said)
    signed = keys.sign("backup", canonical(said))
    content["manifest.json"] = json.dumps({**said, "mac": signed}).encode()
    return packed(content)


def with_rows(data, label, change):
    """The same archive with other rows in a table, their digest included in a signed manifest."""
    name = f"tables/{label}.jsonl"
    rows = change(parts(data)[name])

    def describe(said):
        table = next(table for table in said["tables"] if table["label"] == label)
        digest = hashlib.sha256(rows).hexdigest()
        table.update(rows=rows.count(b"\n"), size=len(rows), sha256=digest)

    return resigned(data, describe, {name: rows})


def flipped(data, part):
    """One bit of a part differs inside the compressed bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(part)
        start = info.header_offset + 30 + len(part) + 40
    return data[:start] + bytes([data[start] ^ 4]) + data[start + 1 :]


def linked(data):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts(data).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16 if name.startswith("files/") else 0o600 << 16
            archive.writestr(info, part)
    return content.getvalue()


def a_file(data):
    return next(name for name in parts(data) if name.startswith("files/"))


def renamed(data, old, new):
    return packed({new if name == old else name: part for name, part in parts(data).items()})


def twice(data, name):
    with pytest.warns(UserWarning, match="Duplicate"):
        return packed([*parts(data).items(), (name, b"{}")])


def drop_table(said):
    said["tables"] = said["tables"][1:]


def set_to(**values):
    return lambda said: said.update(values)


def in_table(**values):
    return lambda said: said["tables"][0].update(values)


EVENTS = "core.event"
BOMB = b"0" * 70_000_000
DAMAGED = {
    "nothing": (lambda data: b"", "damaged or no backup"),
    "text": (lambda data: b"this is not a backup" * 100, "damaged or no backup"),
    "another zip": (lambda data: packed({"word/document.xml": b"<xml/>"}), "does not belong"),
    "empty zip": (lambda data: packed({}), "manifest.json is missing"),
    "truncated": (lambda data: data[: len(data) // 2], "damaged or no backup"),
    "last bytes missing": (lambda data: data[:-10], "damaged or no backup"),
    "first bytes missing": (lambda data: data[100:], "damaged or no backup"),
    "a bit in a table": (lambda data: flipped(data, "tables/core.event.jsonl"), "cannot be read|digest"),
    "a bit in a file": (lambda data: flipped(data, a_file(data)), "cannot be read|digest"),
    "a bit in the manifest": (lambda data: flipped(data, "manifest.json"), "cannot be read|damaged"),
    "no manifest": (lambda data: changed(data, **{"manifest.json": None}), "manifest.json is missing"),
    "no table": (lambda data: changed(data, **{"tables/org.user.jsonl": None}), "org.user.jsonl is missing"),
    "no file": (lambda data: changed(data, **{a_file(data): None}), "files/.* is missing"),
    "no key": (lambda data: changed(data, **{"audit.key": None}), "audit.key is missing"),
    "another key": (lambda data: changed(data, **{"audit.key": b"x" * 64}), "not the one that belongs"),
    "a huge key": (lambda data: changed(data, **{"audit.key": b"x" * 5_000}), "larger than it can be"),
    "one more part": (lambda data: changed(data, **{"files/" + "a" * 40: b"x"}), "does not belong"),
    "a part of another kind": (lambda data: changed(data, **{"setup.exe": b"MZ"}), "does not belong"),
    "climbing": (lambda data: changed(data, **{"files/../../x": b"x"}), "does not belong"),
    "absolute": (lambda data: changed(data, **{"/etc/passwd": b"x"}), "does not belong"),
    "a folder": (lambda data: changed(data, **{"files/": b""}), "does not belong"),
    "a link": (linked, "does not belong"),
    "two of a name": (lambda data: twice(data, "manifest.json"), "two parts of the same name"),
    "other compression": (lambda data: packed(parts(data), zipfile.ZIP_BZIP2), "does not belong"),
    "manifest not JSON": (lambda data: changed(data, **{"manifest.json": b"{"}), "cannot be read"),
    "manifest a list": (lambda data: changed(data, **{"manifest.json": b"[1]"}), "cannot be read"),
    "manifest nested": (lambda data: changed(data, **{"manifest.json": b"[" * 200_000}), "cannot be read"),
    "manifest of others": (lambda data: resigned(data, set_to(kind="other")), "not a backup of OpenPSM"),
    "manifest unsigned": (
        lambda data: changed(data, **{"manifest.json": parts(data)["manifest.json"].replace(b'"0.1.0"', b'"0.1.1"')}),
        "changed after it was made",
    ),
    "manifest odd": (
        lambda data: resigned(data, set_to(tables=[{"label": "../x"}])),
        "description of this backup is damaged",
    ),
    "manifest negative": (lambda data: resigned(data, in_table(rows=-1)), "description of this backup is damaged"),
    "newer format": (lambda data: resigned(data, set_to(format=2, program="9.9")), r"newer OpenPSM \(9.9\)"),
    "newer migrations": (
        lambda data: resigned(data, lambda said: said["migrations"].append(["core", "0999_later"])),
        "newer OpenPSM",
    ),
    "a table less": (lambda data: resigned(data, drop_table), "tables of this backup are not those"),
    "other columns": (lambda data: resigned(data, in_table(columns=["id"])), "tables of this backup are not those"),
    "another size": (lambda data: resigned(data, in_table(size=1)), "another size"),
    "another digest": (lambda data: resigned(data, in_table(sha256="0" * 64)), "digest"),
    "fewer rows": (lambda data: resigned(data, in_table(rows=1_000_000)), "digest"),
    "more than the disk holds": (lambda data: resigned(data, set_to(file_bytes=10**18)), "not enough room"),
    "a row too short": (lambda data: with_rows(data, "org.user", lambda rows: rows + b"[1]\n"), "cannot be read"),
    "a row of another kind": (
        lambda data: with_rows(data, "org.user", lambda rows: rows + b'{"a":1}\n'),
        "cannot be read",
    ),
    "a value of another kind": (
        lambda data: with_rows(
            data, "core.eventhead", lambda rows: rows.replace(b"[", b'["', 1).replace(b",", b'",', 1)
        ),
        "cannot be read",
    ),
    "rows spelt otherwise": (
        lambda data: with_rows(data, "org.user", lambda rows: rows.replace(b",", b", ", 1)),
        "spelling",
    ),
    "a bomb": (lambda data: with_rows(data, "org.user", lambda _rows: BOMB), "cannot be read"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_archive_is_refused_with_a_sentence(whole, tmp_path, kind):
    make, expected = DAMAGED[kind]
    path = tmp_path / "backup.zip"
    path.write_bytes(make(whole))
    with pytest.raises(BadArchive, match=expected):
        backup.inspect(path=path)


def test_a_sound_archive_is_not_refused_nor_one_packed_anew(whole, tmp_path):
    path = tmp_path / "backup.zip"
    for data in (whole, packed(parts(whole)), resigned(whole, lambda _said: None)):
        path.write_bytes(data)
        checked = backup.inspect(path=path)
        assert (len(checked.files), checked.problems) == (2, [])


def test_a_log_that_was_forged_is_told_apart_from_a_damaged_archive(whole, tmp_path):
    path = tmp_path / "backup.zip"
    for change, problems in ((lambda rows: rows.replace(b"project.created", b"project.deleted"), 1), (first_gone, 1)):
        path.write_bytes(with_rows(whole, EVENTS, change))
        found = backup.inspect(path=path).problems
        assert len(found) == problems
        assert "does not follow" in found[0]
    path.write_bytes(with_rows(whole, EVENTS, last_gone))
    assert backup.inspect(path=path).problems == ["The head of the event log is not its end."]


def first_gone(rows):
    return rows.partition(b"\n")[2]


def last_gone(rows):
    return b"\n".join(rows.split(b"\n")[:-2]) + b"\n"


def test_no_such_file(tmp_path):
    with pytest.raises(BadArchive, match="There is no file"):
        backup.inspect(path=tmp_path / "nothing")


# --- making


@pytest.fixture
def project(transactional_db):
    return make_project()


def test_a_backup_is_its_owners_alone_and_never_overwrites(project, tmp_path):
    path = tmp_path / "backup.zip"
    made = backup.make_backup_and_log(path=path, at=AT)
    assert (stat.S_IMODE(path.stat().st_mode), made.size) == (0o600, path.stat().st_size)
    with pytest.raises(DomainError, match="never overwrites"):
        backup.make_backup_and_log(path=path, at=AT + timedelta(days=1))
    assert [entry.error == "" for entry in record.entries()[-2:]] == [True, False]
    last = record.last_good()
    assert last is not None
    assert (last.path, last.moment) == (str(path), AT)


def test_a_file_that_appears_meanwhile_is_not_overwritten(project, tmp_path, monkeypatch):
    path = tmp_path / "backup.zip"
    monkeypatch.setattr(writing, "_anchored", lambda _line: path.write_text("of somebody else") and 0)
    (Path(storage.folder()).parent / "anchors.log").write_text("{}\n")
    try:
        with pytest.raises(DomainError, match="could not be written"):
            backup.make_backup(path=path, at=AT)
    finally:
        (Path(storage.folder()).parent / "anchors.log").unlink()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("of somebody else", [path])


def test_nothing_remains_of_a_backup_that_fails(project, tmp_path, monkeypatch):
    def broken(_model):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables, "lines", broken)
    with pytest.raises(DomainError, match="No space left"):
        backup.make_backup(path=tmp_path / "backup.zip", at=AT)
    with pytest.raises(DomainError, match="No such file"):
        backup.make_backup(path=tmp_path / "nowhere" / "backup.zip", at=AT)
    assert list(tmp_path.iterdir()) == []


def test_missing_and_changed_files_are_named_and_the_rest_is_kept(project, tmp_path):
    lost, other, good = (attach(project, f"{name}.pdf") for name in ("lost", "other", "good"))
    storage.path_of(lost.storage_name).unlink()
    storage.path_of(other.storage_name).write_bytes(b"something else")
    made = backup.make_backup(path=tmp_path / "backup.zip", at=AT)
    assert sorted(made.faults) == [f"{row.name} ({row.storage_name})" for row in (lost, other)]
    assert set(backup.inspect(path=made.path).files) == {other.storage_name, good.storage_name}


def test_no_file_leaves_the_store_while_a_backup_runs(project):
    gone = attach(project, "gone.pdf")
    Attachment.objects.filter(pk=gone.pk).update(deleted_at=AT - timedelta(days=60))
    with storage.kept_still():
        assert attachments.sweep(at=AT) == 0
        assert storage.path_of(gone.storage_name).exists()
    assert attachments.sweep(at=AT) == 1


def test_of_two_who_would_remove_files_one_may():
    with storage.may_remove() as first, storage.may_remove() as second:
        assert (first, second) == (True, False)
    with storage.may_remove() as again:
        assert again


@pytest.mark.django_db
def test_every_table_of_ours_is_in_a_backup_but_three():
    known = tables.models_of(tables.apps_at(tables.applied_migrations()))
    assert {"org.user", "core.event", "core.attachment", "projects.project"} <= set(known)
    assert not tables.LEFT_OUT & set(known)
    assert {"org.usersession", "core.ratebucket", "core.workerheartbeat"} == tables.LEFT_OUT
