"""Reading a backup with suspicion: every part is looked at before anything of it is used."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.utils.translation import gettext as _

from openpsm.core.events import chain, keys
from openpsm.core.events.encoding import canonical
from openpsm.exchange.backup import manifest, tables
from openpsm.exchange.backup.manifest import BadArchive, Manifest, Part, Table, key_mark

MOST_MANIFEST = 16 * 1024 * 1024
MOST_KEY = 4 * 1024
MOST_LINE = 64 * 1024 * 1024
MOST_PROBLEMS = 20
CHUNK = 1024 * 1024
_FILE = re.compile(r"files/[0-9a-f]{40}")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
Tell = Callable[[str], object]


@dataclass
class Checked:
    """A backup whose every part was found to be what it says; `problems` are faults of its event log."""

    manifest: Manifest
    key: bytes
    files: dict[str, Part]
    problems: list[str] = field(default_factory=list)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open the archive for reading; its shape and the names in it are checked. Raises BadArchive."""
    if not path.is_file():
        raise BadArchive(_("There is no file %(path)s.") % {"path": path})
    with _damage(path.name):
        archive = zipfile.ZipFile(path)
    with archive:
        yield Archive(archive)


@contextmanager
def _damage(part: str) -> Iterator[None]:
    """Turn what libraries say of damaged bytes into a sentence."""
    try:
        yield
    except _DAMAGE as error:
        text = _("The backup is damaged or no backup at all: %(part)s cannot be read (%(reason)s).")
        raise BadArchive(text % {"part": part, "reason": str(error)[:200]}) from error


class Archive:
    """The members of an archive, none of which is trusted."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {info.filename: info for info in archive.infolist()}
        if len(self._members) != len(archive.infolist()):
            raise BadArchive(_("The backup holds two parts of the same name: somebody has made it by hand."))
        for info in self._members.values():
            _require_harmless(info)

    @property
    def names(self) -> set[str]:
        return set(self._members)

    def whole(self, name: str, most: int) -> bytes:
        """Read a small member."""
        if name not in self._members:
            raise BadArchive(_("This is not a whole backup of OpenPSM: %(part)s is missing.") % {"part": name})
        if self._members[name].file_size > most:
            raise BadArchive(_("%(part)s is larger than it can be.") % {"part": name})
        with _damage(name):
            return self._archive.read(name)

    def stream(self, name: str, expected: Part) -> Iterator[bytes]:
        """Read a member in pieces, and refuse at its end unless size and digest are the expected ones."""
        digest, left = hashlib.sha256(), expected.size
        with self._member(name, expected.size) as member:
            while chunk := member.read(CHUNK):
                digest.update(chunk)
                left -= len(chunk)
                yield chunk
        _require_same(name, left == 0, digest.hexdigest(), expected.sha256)

    def lines(self, table: Table) -> Iterator[bytes]:
        """Read a table line by line; the same at its end, and the number of rows."""
        digest, size, rows = hashlib.sha256(), 0, 0
        with self._member(table.member, table.size) as member:
            while line := member.readline(MOST_LINE):
                digest.update(line)
                size, rows = size + len(line), rows + 1
                yield line
        _require_same(table.member, (size, rows) == (table.size, table.rows), digest.hexdigest(), table.sha256)

    @contextmanager
    def _member(self, name: str, size: int) -> Iterator[IO[bytes]]:
        if self._members[name].file_size != size:
            raise BadArchive(_("%(part)s has another size than the backup says of it.") % {"part": name})
        with _damage(name), self._archive.open(name) as member:
            yield io.BufferedReader(cast("io.RawIOBase", member), CHUNK)


def _require_harmless(info: zipfile.ZipInfo) -> None:
    """Refuse what a backup never holds: odd names, links, folders, encryption, other compressions."""
    is_known = info.filename in (manifest.NAME, manifest.FILES, manifest.ANCHORS, manifest.KEY)
    is_ours = is_known or bool(_FILE.fullmatch(info.filename)) or bool(_TABLE.fullmatch(info.filename))
    mode = info.external_attr >> 16
    is_file = stat.S_IFMT(mode) in (0, stat.S_IFREG)
    if not is_ours or not is_file or info.flag_bits & 1 or info.compress_type not in _COMPRESSIONS:
        raise BadArchive(_("%(part)s does not belong into a backup.") % {"part": ascii(info.filename)[:80]})


_TABLE = re.compile(r"tables/[a-z_]+\.[a-z_0-9]+\.jsonl")
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _require_same(name: str, is_same_size: bool, found: str, expected: str) -> None:
    if not is_same_size or not hmac.compare_digest(found, expected):
        raise BadArchive(_("%(part)s is not what was backed up: its digest is another one.") % {"part": name})


# --- the check


def check(archive: Archive, *, tell: Tell = lambda _line: None) -> Checked:
    """Look at everything in the archive and write nothing. Raises BadArchive."""
    found, is_signed_by = manifest.read(archive.whole(manifest.NAME, MOST_MANIFEST))
    key = _key(archive, found)
    if not is_signed_by(key):
        raise BadArchive(_("The description of this backup was changed after it was made."))
    _require_known(found)
    checked = Checked(found, key, _listed_files(archive, found))
    _require_members(archive, checked)
    _require_room(found)
    _check_tables(archive, checked, tell)
    for name, part in checked.files.items():
        for _chunk in archive.stream(f"files/{name}", part):
            pass
    if found.anchors is not None:
        for _chunk in archive.stream(manifest.ANCHORS, found.anchors):
            pass
    return checked


def _key(archive: Archive, found: Manifest) -> bytes:
    """Return the key that belongs to the backup: from the settings, from the archive, or from the data folder."""
    path = keys.kept_path()
    if path is None:
        key, missing = keys.audit_key(), _("OPENPSM_AUDIT_KEY is not the key of this backup: set it to the right one.")
    elif found.is_key_inside:
        key = archive.whole(manifest.KEY, MOST_KEY)
        missing = _("The key in this backup is not the one that belongs to it.")
    else:
        key = path.read_bytes().strip() if path.exists() else b""
        missing = _("This backup does not hold its key: put the audit.key of its installation into the data folder.")
    if not hmac.compare_digest(key_mark(key), found.key):
        raise BadArchive(missing)
    return key


def _require_known(found: Manifest) -> None:
    """Refuse tables and migrations that this program does not have."""
    nodes = [(app, name) for app, name in found.migrations]
    if tables.unknown_migrations(nodes):
        text = _("This backup was made by a newer OpenPSM (%(version)s). Update this one first, then restore.")
        raise BadArchive(text % {"version": found.program[:40]})
    known = tables.models_of(tables.apps_at(nodes))
    expected = {label: [each.attname for each in tables.columns_of(model)] for label, model in known.items()}
    if {table.label: table.columns for table in found.tables} != expected:
        raise BadArchive(_("The tables of this backup are not those of its version of OpenPSM."))


def _listed_files(archive: Archive, found: Manifest) -> dict[str, Part]:
    content = archive.whole(manifest.FILES, MOST_LINE)
    digest = hashlib.sha256(content).hexdigest()
    _require_same(manifest.FILES, len(content) == found.files.size, digest, found.files.sha256)
    rows = (json.loads(line) for line in content.splitlines())
    return {name: Part(size, sha256) for name, size, sha256 in rows}


def _require_members(archive: Archive, checked: Checked) -> None:
    found = checked.manifest
    expected = {manifest.NAME, manifest.FILES, *(table.member for table in found.tables)}
    expected |= {f"files/{name}" for name in checked.files}
    expected |= {manifest.ANCHORS} if found.anchors is not None else set()
    expected |= {manifest.KEY} if found.is_key_inside else set()
    if missing := sorted(expected - archive.names):
        raise BadArchive(_("This is not a whole backup of OpenPSM: %(part)s is missing.") % {"part": missing[0]})
    if strange := sorted(archive.names - expected):
        raise BadArchive(_("%(part)s does not belong into a backup.") % {"part": strange[0]})


def _require_room(found: Manifest) -> None:
    needed = manifest.total_size(found)
    free = shutil.disk_usage(Path(settings.OPENPSM_DATA_DIR)).free
    if needed > free:
        values = {"needed": needed // 1024 // 1024, "free": free // 1024 // 1024}
        raise BadArchive(_("There is not enough room: the backup needs %(needed)s MB, %(free)s MB are free.") % values)


def _check_tables(archive: Archive, checked: Checked, tell: Tell) -> None:
    nodes = [(app, name) for app, name in checked.manifest.migrations]
    known = tables.models_of(tables.apps_at(nodes))
    log = _Log(checked)
    watch = {"core.event": log.event, "core.eventhead": log.head}
    for table in checked.manifest.tables:
        tell(table.label)
        seen = watch.get(table.label, lambda _row: None)
        for row in rows(archive, table, tables.Reader(known[table.label])):
            seen(row)
    checked.problems = log.ended()


def rows(archive: Archive, table: Table, reader: tables.Reader) -> Iterator[dict[str, Any]]:
    """Read the rows of a table. Raises BadArchive."""
    for line in archive.lines(table):
        try:
            yield reader.row(line)
        except ValueError as error:
            values = {"part": table.member, "reason": str(error)[:200]}
            raise BadArchive(_("%(part)s holds a row that cannot be read: %(reason)s") % values) from error


class _Log:
    """Follows the chain of the event log through the rows of its table."""

    def __init__(self, checked: Checked) -> None:
        self._sign = keys.signer("chain", checked.key)
        self._sign_head = keys.signer("head", checked.key)
        self._said = checked.manifest.head
        self._seq, self._hash = 0, chain.START
        self._has_head = False
        self._problems: list[str] = []

    def event(self, row: dict[str, Any]) -> None:
        """See the next event."""
        values = tuple(row[name] for name in chain.COLUMNS)
        is_next = row["seq"] == self._seq + 1 and row["previous_hash"] == self._hash
        if not is_next or not hmac.compare_digest(chain.link(values[:-1], self._sign), row["hash"]):
            self._say(_("Event %(seq)s does not follow the one before it, or was changed.") % {"seq": row["seq"]})
        self._seq, self._hash = row["seq"], row["hash"]

    def head(self, row: dict[str, Any]) -> None:
        """See the head, whose table comes behind that of the events."""
        self._has_head = True
        mac = self._sign_head(canonical([row["seq"], row["hash"]]))
        is_end = [row["seq"], row["hash"]] == self._said == [self._seq, self._hash]
        if not is_end or not hmac.compare_digest(mac, row["mac"]):
            self._say(_("The head of the event log is not its end."))

    def ended(self) -> list[str]:
        """Return what is wrong, at most MOST_PROBLEMS sentences."""
        if self._seq and not self._has_head:
            self._say(_("The head of the event log is not its end."))
        return self._problems

    def _say(self, text: str) -> None:
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(text)
