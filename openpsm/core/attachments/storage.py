"""Where the files are: generated names under the data folder, outside of anything that is served by itself."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from openpsm.core.attachments.contents import BadFile
from openpsm.core.errors import DomainError

CHUNK = 256 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True)
class Draft:
    """A file on its way in: written, not yet in its place."""

    file: BinaryIO
    path: Path
    size: int
    sha256: str


def folder() -> Path:
    return Path(settings.OPENPSM_DATA_DIR) / "media"


def path_of(storage_name: str) -> Path:
    return folder() / storage_name[:2] / storage_name


@contextmanager
def received(name: str, content: BinaryIO | File[bytes], limit: int) -> Iterator[Draft]:
    """Write the content beside the media folder, counting; the draft is gone at the end unless it was kept."""
    with _storage_errors():
        (folder() / "incoming").mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder() / "incoming" / secrets.token_hex(16)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with _storage_errors():
                size, digest = _copy(name, content, file, limit)
            yield Draft(file, path, size, digest)
    finally:
        path.unlink(missing_ok=True)


def _copy(name: str, content: BinaryIO | File[bytes], file: BinaryIO, limit: int) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while chunk := content.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise BadFile(name, _("it is larger than %(size)s MB.") % {"size": limit // 1024 // 1024})
        digest.update(chunk)
        file.write(chunk)
    file.flush()
    return size, digest.hexdigest()


def keep(draft: Draft) -> str:
    """Sync the draft to the disk, move it into its place and return its storage name."""
    name = secrets.token_hex(20)
    target = path_of(name)
    with _storage_errors():
        os.fsync(draft.file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.path.rename(target)
        _sync_folder(target.parent)
    return name


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storage_errors() -> Iterator[None]:
    """A full or locked disk is an answer, not a crash."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DomainError(
            _("There is no room for this file. Please tell your administrator."), code="storage"
        ) from error


def remove(storage_name: str) -> None:
    path_of(storage_name).unlink(missing_ok=True)


@contextmanager
def kept_still() -> Iterator[None]:
    """Let no file leave the store as long as this lasts: a backup copies what its moment of the database names."""
    with _lock(fcntl.LOCK_SH):
        yield


@contextmanager
def may_remove() -> Iterator[bool]:
    """Say whether files may leave the store now, and keep a backup from beginning meanwhile."""
    with _lock(fcntl.LOCK_EX | fcntl.LOCK_NB) as is_held:
        yield is_held


@contextmanager
def _lock(how: int) -> Iterator[bool]:
    """Say whether the lock is held; it ends with the process, however that ends."""
    descriptor = os.open(folder().with_name("media.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, how)
            is_held = True
        except BlockingIOError:
            is_held = False
        yield is_held
    finally:
        os.close(descriptor)


def stored_before(at: datetime) -> Iterator[str]:
    """Yield the storage names of files, drafts included, that were last written before an instant."""
    for path in folder().glob("*/*"):
        if path.is_file() and path.stat().st_mtime < at.timestamp():
            yield path.name
