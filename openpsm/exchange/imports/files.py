"""The files that wait to be read: in a folder of their own, gone when their rows are staged or a day has passed."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from openpsm.exchange.sheets import limits
from openpsm.exchange.sheets.refusal import BadTable

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was received: its name here and the digest of its content."""

    name: str
    sha256: str


def folder() -> Path:
    return Path(settings.OPENPSM_DATA_DIR) / "imports"


def path_of(name: str) -> Path:
    return folder() / name


def store(file: str, chunks: Iterable[bytes]) -> Stored:
    """Write a file, counting; raises BadTable when it is too large, and nothing is left of it then."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    name, digest, size = secrets.token_hex(20), hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(path_of(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for chunk in chunks:
                size += len(chunk)
                if size > limits.MOST_BYTES:
                    most = limits.MOST_BYTES // 1024 // 1024
                    raise BadTable(file, _("it is larger than %(size)s MB.") % {"size": most})
                digest.update(chunk)
                target.write(chunk)
    except BaseException:
        remove(name)
        raise
    return Stored(name, digest.hexdigest())


def remove(name: str) -> None:
    """Delete a file that is no longer needed."""
    if name:
        path_of(name).unlink(missing_ok=True)


def sweep(*, at: datetime) -> int:
    """Delete what was left lying for a day; returns how many files."""
    old = [path for path in folder().glob("*") if path.stat().st_mtime < (at - KEPT).timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
