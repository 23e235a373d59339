"""When backups were made and how they ended: a file in the data folder, since a restored database would tell of others.

One JSON line each, the newest last: when, where, how large, and what went wrong.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

KEEP = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """How one backup ended; `error` is empty when there is a file."""

    at: str
    path: str
    size: int = 0
    faults: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def entries() -> list[Entry]:
    """All entries, the newest last; a line that is none is passed over."""
    path = _path()
    found = map(_entry, path.read_text("utf-8", errors="replace").splitlines()) if path.exists() else ()
    return [entry for entry in found if entry is not None]


def _entry(line: str) -> Entry | None:
    try:
        entry = Entry(**json.loads(line))
        return entry if entry.moment.tzinfo else None
    except (ValueError, TypeError):
        return None


def add(at: datetime, path: Path, *, size: int = 0, faults: list[str] | None = None, error: str = "") -> None:
    """Add an entry, and forget all but the newest."""
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    entry = Entry(moment, str(path.absolute()), size, (faults or [])[:20], error)
    lines = [json.dumps(asdict(each), ensure_ascii=False) for each in [*entries(), entry][-KEEP:]]
    draft = _path().with_suffix(".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    draft.replace(_path())


def last_good() -> Entry | None:
    """The newest backup that there is a file of."""
    return next((entry for entry in reversed(entries()) if not entry.error), None)


def last() -> Entry | None:
    """The newest try."""
    return next(iter(reversed(entries())), None)


def _path() -> Path:
    return Path(settings.OPENPSM_DATA_DIR) / "backups.log"
