"""The secret of the installation that seals the event log, and the keys derived from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings


def audit_key() -> bytes:
    """Return the setting OPENPSM_AUDIT_KEY, else the content of audit.key in the data folder, made if absent."""
    given = str(getattr(settings, "OPENPSM_AUDIT_KEY", "") or "")
    return given.encode() if given else _kept_key(Path(settings.OPENPSM_DATA_DIR) / "audit.key")


@cache
def _kept_key(path: Path) -> bytes:
    if not path.exists():
        _publish(path, secrets.token_urlsafe(48).encode())
    return path.read_bytes().strip()


def _publish(path: Path, key: bytes) -> None:
    """Write the whole key elsewhere and link it into place, so that two processes starting at once agree on one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def sign(purpose: str, message: bytes) -> str:
    """Return the HMAC-SHA256 of the message under the key of this purpose ("chain", "head", "anchor")."""
    return signer(purpose)(message)


def signer(purpose: str, key: bytes | None = None) -> Callable[[bytes], str]:
    """Return the function that signs for this purpose: it looks the key up once, for work over many messages.

    `key` is that of another installation, of which a backup is read.
    """
    derived = _derived(audit_key() if key is None else key, purpose)
    return lambda message: hmac.digest(derived, message, "sha256").hex()


def kept_path() -> Path | None:
    """Where the key is kept, None if it comes from the settings."""
    is_given = bool(getattr(settings, "OPENPSM_AUDIT_KEY", ""))
    return None if is_given else Path(settings.OPENPSM_DATA_DIR) / "audit.key"


def forget() -> None:
    """Read the kept key anew at its next use: a restore has put another one into place."""
    _kept_key.cache_clear()


@cache
def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"openpsm {purpose}".encode(), hashlib.sha256).digest()


def master() -> Fernet:
    """The cipher that encrypts the keys of sealed values."""
    return Fernet(base64.urlsafe_b64encode(_derived(audit_key(), "seal")))
