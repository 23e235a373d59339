"""Values that must be erasable: stored under a key per owner, while the chain covers only their salted digests."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.db import models
from django.db.models import Q

from openpsm.core.events import keys
from openpsm.core.events.encoding import canonical, plain
from openpsm.core.models.events import Event, SealKey

Owner = tuple[str, int]


def owner_of(obj: models.Model) -> Owner:
    if obj.pk is None:
        raise ValueError("an event is about a stored record")
    return obj._meta.label_lower, obj.pk


def ciphers(owners: Collection[Owner], *, at: datetime) -> dict[Owner, tuple[int, Fernet]]:
    """Return id and cipher of the owners' keys, making those that are missing (1 query, 3 with new owners)."""
    found = _existing(owners)
    missing = set(owners) - set(found)
    if missing:
        fresh = [SealKey(owner_type=kind, owner_id=pk, key=_new_key(), created_at=at) for kind, pk in sorted(missing)]
        SealKey.objects.bulk_create(fresh, ignore_conflicts=True)
        found |= _existing(missing)
    return found


def _existing(owners: Collection[Owner]) -> dict[Owner, tuple[int, Fernet]]:
    if not owners:
        return {}
    ids: dict[str, list[int]] = {}
    for kind, pk in owners:
        ids.setdefault(kind, []).append(pk)
    wanted = Q()
    for kind, pks in ids.items():
        wanted |= Q(owner_type=kind, owner_id__in=pks)
    return {(row.owner_type, row.owner_id): (row.pk, _cipher(row)) for row in SealKey.objects.filter(wanted)}


def _new_key() -> str:
    return keys.master().encrypt(Fernet.generate_key()).decode()


def _cipher(row: SealKey) -> Fernet:
    return Fernet(keys.master().decrypt(row.key.encode()))


def seal(values: Mapping[str, Any], key_id: int, cipher: Fernet) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the digests by name for the event's data, and the box with the values."""
    salted = {name: [secrets.token_hex(16), plain(value)] for name, value in values.items()}
    digests = {name: _digest(salt, value) for name, (salt, value) in salted.items()}
    return digests, {"key": key_id, "box": cipher.encrypt(canonical(salted)).decode()}


def _digest(salt: str, value: Any) -> str:
    return hashlib.sha256(salt.encode() + canonical(value)).hexdigest()


def unseal(events: Iterable[Event]) -> dict[int, dict[str, Any]]:
    """Return the sealed values by event number (1 query); events whose key was erased are left out.

    The caller has checked that its reader may see them.
    """
    boxes = {event.seq: event for event in events if event.sealed}
    rows = {row.pk: row for row in SealKey.objects.filter(pk__in={event.sealed["key"] for event in boxes.values()})}
    opened = {seq: _open(event, rows.get(event.sealed["key"])) for seq, event in boxes.items()}
    return {seq: values for seq, values in opened.items() if values is not None}


def _open(event: Event, row: SealKey | None) -> dict[str, Any] | None:
    """Open one box; None when its key is gone or another. A value that is not the recorded one is left out."""
    if row is None:
        return None
    try:
        salted = json.loads(_cipher(row).decrypt(event.sealed["box"].encode()))
    except InvalidToken:
        return None
    digests = event.data.get("sealed", {})
    return {name: value for name, (salt, value) in salted.items() if digests.get(name) == _digest(salt, value)}


def erase(owner: models.Model) -> bool:
    """Destroy the key of a person or record: its sealed values are gone from every event, the chain stays valid."""
    kind, pk = owner_of(owner)
    deleted, _by_model = SealKey.objects.filter(owner_type=kind, owner_id=pk).delete()
    return deleted > 0
