"""Appending to the chain: one lock, consecutive numbers, each link over the one before."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.db import transaction

from openpsm.core import bulk
from openpsm.core.events import keys
from openpsm.core.events.encoding import canonical
from openpsm.core.models.events import Event, EventHead

START = "0" * 64
COLUMNS = (
    *("seq", "name", "subject_type", "subject_id", "root_type", "root_id"),
    *("by_id", "at", "request_id", "data", "sealed", "previous_hash", "hash"),
)
_AT = COLUMNS.index("at")
MANY = 50
Row = tuple[Any, ...]


class BrokenLog(Exception):
    """The log has been tampered with or damaged, so that nothing may be appended: a defect, not a refusal."""


def link(row: Row, sign: Callable[[bytes], str]) -> str:
    """Return the keyed hash of one event, given as a tuple of COLUMNS without the last: the format of the log."""
    parts = list(row)
    parts[_AT] = parts[_AT].astimezone(UTC).isoformat(timespec="microseconds")
    return sign(canonical(parts))


def hash_of(event: Event, sign: Callable[[bytes], str] | None = None) -> str:
    return link(tuple(getattr(event, name) for name in COLUMNS[:-1]), sign or keys.signer("chain"))


def mac_of_head(seq: int, hash_: str) -> str:
    return keys.sign("head", canonical([seq, hash_]))


def append(events: list[Event]) -> list[Event]:
    """Number, link and insert the events (3 statements, however many); the lock is held until the commit."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("events are recorded inside the transaction of the change itself")
    head, sign = _locked_head(), keys.signer("chain")
    for event in events:
        head.seq += 1
        event.seq, event.previous_hash = head.seq, head.hash
        event.hash = head.hash = hash_of(event, sign)
    _insert(events)
    head.mac = mac_of_head(head.seq, head.hash)
    EventHead.objects.filter(pk=head.pk).update(seq=head.seq, hash=head.hash, mac=head.mac)
    return events


def _insert(events: list[Event]) -> None:
    if len(events) < MANY:
        Event.objects.bulk_create(events)
    else:
        bulk.write(Event, map(vars, events))


def _locked_head() -> EventHead:
    """Lock the head: PostgreSQL by the row, SQLite by the immediate transaction that holds the write lock."""
    head = EventHead.objects.select_for_update().filter(pk=1).first() or _first_head()
    if not hmac.compare_digest(head.mac, mac_of_head(head.seq, head.hash)):
        raise BrokenLog("the head of the event log is not signed by this installation: run `openpsm check --audit`")
    return head


def _first_head() -> EventHead:
    if Event.objects.exists():
        raise BrokenLog("the head of the event log is missing: run `openpsm check --audit`")
    EventHead.objects.bulk_create([EventHead(seq=0, hash=START, mac=mac_of_head(0, START))], ignore_conflicts=True)
    return EventHead.objects.select_for_update().get(pk=1)
