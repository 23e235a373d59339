"""Making a backup while others work: one moment of the database and the files that it names, in one archive."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext as _

import openpsm
from openpsm.core.attachments import storage
from openpsm.core.errors import DomainError
from openpsm.core.events import keys
from openpsm.core.models import Attachment, EventHead
from openpsm.exchange.backup import manifest, tables
from openpsm.exchange.backup.manifest import Manifest, Part, Table, key_mark
from openpsm.exchange.backup.snapshot import one_moment

CHUNK = 1024 * 1024
COMPRESSION = 3
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup; `faults` are the files that the database names and that are missing or were changed."""

    path: Path
    size: int
    rows: int
    files: int
    faults: list[str]


def make_backup(*, path: Path, at: datetime, with_key: bool = True, tell: Tell = lambda _line: None) -> Made:
    """Write database and attachments as of now into one new file. Nobody waits for it.

    The file gets its name when it is complete and on the disk; it is readable by its owner only. A key that comes from
    the settings is never in it. Raises DomainError: the file exists, no room, no such folder.
    """
    if path.exists():
        text = _("%(path)s exists already: a backup never overwrites a file.")
        raise DomainError(text % {"path": path}, code="exists")
    with (
        _draft(path) as file,
        storage.kept_still(),
        one_moment(),
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive,
    ):
        made, faults = _Writer(archive, at, tell).write(with_key)
    return Made(path, path.stat().st_size, sum(table.rows for table in made.tables), made.file_count, faults)


@contextmanager
def _draft(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file beside the path, and that name to it when all went well; nothing remains otherwise."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    except OSError as error:
        values = {"path": path, "reason": os.strerror(error.errno or 0)}
        raise DomainError(_("%(path)s could not be written: %(reason)s.") % values, code="storage") from error
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    """Give the file its name, which nobody else may have taken meanwhile."""
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS) or path.exists():
            raise
        draft.rename(path)  # a file system without hard links, as on memory sticks
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Writer:
    """Writes the parts one after the other and the manifest behind them."""

    def __init__(self, archive: zipfile.ZipFile, at: datetime, tell: Tell) -> None:
        self.archive, self.at, self.tell = archive, at, tell
        self.faults: list[str] = []

    def write(self, with_key: bool) -> tuple[Manifest, list[str]]:
        migrations = tables.applied_migrations()
        known = tables.models_of(tables.apps_at(migrations))
        found = [self._table(label, model) for label, model in known.items()]
        files, count, total = self._files()
        head = EventHead.objects.filter(pk=1).values_list("seq", "hash").first()
        made = Manifest(
            format=manifest.FORMAT,
            program=openpsm.__version__,
            made_at=self.at.astimezone(UTC).isoformat(timespec="seconds"),
            database=connection.vendor,
            migrations=[list(node) for node in migrations],
            tables=found,
            head=list(head or (0, "")),
            files=files,
            file_count=count,
            file_bytes=total,
            anchors=self._anchors(head[0] if head else 0),
            key=key_mark(keys.audit_key()),
            is_key_inside=self._key(with_key),
        )
        self._whole(manifest.NAME, made.encoded())
        return made, self.faults

    def _table(self, label: str, model: type[models.Model]) -> Table:
        self.tell(label)
        columns = [field.attname for field in tables.columns_of(model)]
        digest, rows, size = hashlib.sha256(), 0, 0
        with self.archive.open(f"tables/{label}.jsonl", "w", force_zip64=True) as member:
            for line in tables.lines(model):
                member.write(line)
                digest.update(line)
                rows, size = rows + 1, size + len(line)
        return Table(label, columns, rows, size, digest.hexdigest(), tables.next_id(model))

    def _files(self) -> tuple[Part, int, int]:
        """Copy the files that the rows of this moment name; their list is a part of its own."""
        listed: list[bytes] = []
        rows = Attachment.objects.order_by("storage_name").values_list("storage_name", "sha256", "name")
        total = 0
        for storage_name, sha256, name in rows.iterator(chunk_size=tables.BATCH):
            part = self._file(storage_name)
            if part is None or part.sha256 != sha256:
                self.faults.append(f"{name} ({storage_name})")
            if part is not None:
                total += part.size
                listed.append(json.dumps([storage_name, part.size, part.sha256]).encode() + b"\n")
        return self._whole(manifest.FILES, b"".join(listed)), len(listed), total

    def _file(self, storage_name: str) -> Part | None:
        """Copy one file as it is, None where it is missing; files are compressed already as a rule."""
        try:
            source = storage.path_of(storage_name).open("rb")
        except FileNotFoundError:
            return None
        info = zipfile.ZipInfo(f"files/{storage_name}")
        digest, size = hashlib.sha256(), 0
        with source, self.archive.open(info, "w", force_zip64=True) as member:
            while chunk := source.read(CHUNK):
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return Part(size, digest.hexdigest())

    def _anchors(self, last: int) -> Part | None:
        """Take the anchors along, without those written since this moment: they would say that an end was cut off."""
        path = Path(settings.OPENPSM_DATA_DIR) / manifest.ANCHORS
        if not path.exists():
            return None
        kept = (line for line in path.read_bytes().splitlines(keepends=True) if _anchored(line) <= last)
        return self._whole(manifest.ANCHORS, b"".join(kept))

    def _key(self, with_key: bool) -> bool:
        is_inside = with_key and keys.kept_path() is not None
        if is_inside:
            self._whole(manifest.KEY, keys.audit_key())
        return is_inside

    def _whole(self, name: str, content: bytes) -> Part:
        with self.archive.open(name, "w") as member:
            member.write(content)
        return Part(len(content), hashlib.sha256(content).hexdigest())


def _anchored(line: bytes) -> int:
    """The event of an anchor; a line that is none is kept for whoever checks the log."""
    try:
        return int(json.loads(line)["seq"])
    except (ValueError, KeyError, TypeError):
        return 0
