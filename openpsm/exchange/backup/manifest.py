"""What a backup says of itself: its last part, signed, by which every other part is checked."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from openpsm.core.errors import DomainError
from openpsm.core.events import keys
from openpsm.core.events.encoding import canonical

FORMAT = 1
KIND = "openpsm-backup"
NAME, FILES, ANCHORS, KEY = "manifest.json", "files.jsonl", "anchors.log", "audit.key"
_LABEL = re.compile(r"[a-z_]+\.[a-z_0-9]+")
_HASH = re.compile(r"[0-9a-f]{64}")


class BadArchive(DomainError):
    """The file is no backup that could be restored here; the message says why."""

    code = "bad-archive"


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the archive as it was written: its size without compression, and its digest."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `sha256` is the digest of its rows in any database; `next_id` is 0 where keys are not numbered."""

    label: str
    columns: list[str]
    rows: int
    size: int
    sha256: str
    next_id: int

    @property
    def member(self) -> str:
        return f"tables/{self.label}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is known of a backup before its parts are read."""

    format: int
    program: str
    made_at: str
    database: str
    migrations: list[list[str]]
    tables: list[Table]
    head: list[Any]
    files: Part
    file_count: int
    file_bytes: int
    anchors: Part | None
    key: str
    is_key_inside: bool

    def encoded(self) -> bytes:
        """Return the manifest as it stands in the archive, signed with the key of the installation."""
        content = {"kind": KIND, **asdict(self)}
        return json.dumps({**content, "mac": keys.sign("backup", canonical(content))}, indent=1).encode()


def key_mark(key: bytes) -> str:
    """Return a mark by which a key is known again and from which nobody learns it."""
    return keys.signer("backup key", key)(b"")[:16]


def read(raw: bytes) -> tuple[Manifest, Callable[[bytes], bool]]:
    """Parse a manifest; the second answer says whether a key signed it. Raises BadArchive."""
    try:
        content = json.loads(raw)
        mac = str(content.pop("mac"))
        is_ours = content.pop("kind") == KIND
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise BadArchive(_("This is not a backup of OpenPSM: its description cannot be read.")) from error
    if not is_ours:
        raise BadArchive(_("This is not a backup of OpenPSM."))
    _refuse_newer(content)
    try:
        found = _parsed(content)
        signed = canonical({"kind": KIND, **asdict(found)})
    except (ValueError, KeyError, TypeError) as error:
        raise BadArchive(_("The description of this backup is damaged.")) from error
    return found, lambda key: hmac.compare_digest(mac, keys.signer("backup", key)(signed))


def _refuse_newer(content: dict[str, Any]) -> None:
    number = content.get("format")
    if isinstance(number, int) and number > FORMAT:
        text = _("This backup was made by a newer OpenPSM (%(version)s). Update this one first, then restore.")
        raise BadArchive(text % {"version": str(content.get("program", ""))[:40]})


def _parsed(content: dict[str, Any]) -> Manifest:
    anchors = content.pop("anchors")
    tables = [_table(row) for row in content.pop("tables")]
    found = Manifest(
        tables=tables,
        files=_part(content.pop("files")),
        anchors=None if anchors is None else _part(anchors),
        **content,
    )
    seq, hash_ = found.head
    _require(found.format == FORMAT, _are_ints(found.file_count, found.file_bytes, seq))
    _require(len({table.label for table in tables}) == len(tables), isinstance(hash_, str))
    _require(isinstance(found.is_key_inside, bool), _are_nodes(found.migrations))
    _require(*(isinstance(text, str) for text in (found.program, found.made_at, found.database, found.key)))
    return found


def _are_nodes(rows: Any) -> bool:
    return all(len(row) == 2 and all(isinstance(part, str) for part in row) for row in rows)


def _table(row: dict[str, Any]) -> Table:
    table = Table(**row)
    _require(bool(_LABEL.fullmatch(table.label)), bool(_HASH.fullmatch(table.sha256)))
    _require(_are_ints(table.rows, table.size, table.next_id), all(isinstance(name, str) for name in table.columns))
    return table


def _part(row: dict[str, Any]) -> Part:
    part = Part(**row)
    _require(bool(_HASH.fullmatch(part.sha256)), _are_ints(part.size))
    return part


def _are_ints(*values: Any) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _require(*conditions: bool) -> None:
    if not all(conditions):
        raise ValueError("a value of the manifest is out of its range")


def total_size(found: Manifest, more: Iterable[int] = ()) -> int:
    """The bytes that the parts have without compression."""
    return sum(table.size for table in found.tables) + found.files.size + found.file_bytes + sum(more)
