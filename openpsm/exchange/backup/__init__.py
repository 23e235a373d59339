"""Backup and restore: database and attachments in one file, which fits either database. Decision: docs/adr/0020."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from openpsm.core.errors import DomainError
from openpsm.exchange.backup import reading, record
from openpsm.exchange.backup.manifest import BadArchive
from openpsm.exchange.backup.reading import Checked
from openpsm.exchange.backup.restoring import BrokenLogInside, NotEmpty, Restored, require_empty, restore
from openpsm.exchange.backup.writing import Made, make_backup

__all__ = [
    "BadArchive",
    "BrokenLogInside",
    "Checked",
    "Made",
    "NotEmpty",
    "Restored",
    "inspect",
    "make_backup",
    "make_backup_and_log",
    "require_empty",
    "restore",
]


def make_backup_and_log(*, path: Path, at: datetime, with_key: bool = True) -> Made:
    """Make a backup and write down how it ended, for `openpsm check`. Raises as `make_backup` does."""
    try:
        made = make_backup(path=path, at=at, with_key=with_key)
    except DomainError as error:
        record.add(at, path, error=str(error))
        raise
    except Exception as error:
        record.add(at, path, error=type(error).__name__)
        raise
    record.add(at, path, size=made.size, faults=made.faults)
    return made


def inspect(*, path: Path, tell: Callable[[str], object] = lambda _line: None) -> Checked:
    """Check a backup as a restore would, and write nothing. Raises BadArchive."""
    with reading.opened(path) as archive:
        return reading.check(archive, tell=tell)
