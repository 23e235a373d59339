"""The event log: the one audit trail, which history tabs, webhooks and handlers read.

`record` appends in the transaction of the change. It takes a lock that lasts until the commit: call it last, and keep
transactions that record short.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, Q, QuerySet

from openpsm.core.events import chain, seals
from openpsm.core.events.chain import BrokenLog
from openpsm.core.events.encoding import plain
from openpsm.core.events.handlers import deliver_after_commit, on
from openpsm.core.events.seals import erase, unseal
from openpsm.core.events.verification import Problem, verify, write_anchor
from openpsm.core.models.events import Event

__all__ = [
    "BrokenLog",
    "Event",
    "EventRow",
    "Problem",
    "erase",
    "history",
    "on",
    "pending",
    "record",
    "record_many",
    "together",
    "unseal",
    "verify",
    "write_anchor",
]

_NAME = re.compile(r"[a-z_]+\.[a-z_]+")
_waiting: ContextVar[list[Event] | None] = ContextVar("openpsm_waiting_events", default=None)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One of many events of the same name: see `record` for the meaning of the parts."""

    subject: Model
    root: Model | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None
    seal_for: Model | None = None


def record(
    name: str,
    /,
    *,
    subject: Model,
    by: AbstractBaseUser | None,
    at: datetime,
    root: Model | None = None,
    sealed: Mapping[str, Any] | None = None,
    seal_for: Model | None = None,
    **data: Any,
) -> Event:
    """Append one event (3 statements; 1 more with sealed values, 3 more with the first of an owner).

    `root` is the main record whose history shows the event too. `sealed` are personal or confidential values, kept
    under the key of `seal_for` (by default the subject) so that they can be erased; `data` never holds such values.
    Numbers with a fraction come back as strings. Raises outside of a transaction.
    """
    row = EventRow(subject=subject, root=root, data=data, sealed=sealed, seal_for=seal_for)
    return record_many(name, [row], by=by, at=at)[0]


def record_many(name: str, rows: Sequence[EventRow], *, by: AbstractBaseUser | None, at: datetime) -> list[Event]:
    """Append one event per row in order, under one lock, in one bulk insert."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an event name: noun.past_tense")
    if not rows:
        return []
    owners = {seals.owner_of(row.seal_for or row.subject) for row in rows if row.sealed}
    ciphers = seals.ciphers(owners, at=at) if owners else {}
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]
    drafts = [_draft(row, ciphers) for row in rows]
    for draft in drafts:
        draft.name, draft.by_id, draft.at, draft.request_id = name, by.pk if by else None, at, request_id
    waiting = _waiting.get()
    if waiting is None:
        _append(drafts)
    else:
        waiting.extend(drafts)
    return drafts


@contextmanager
def together() -> Iterator[None]:
    """Append what is recorded inside at the end of the block, in order and at once: 3 statements, a short lock.

    For operations made of others; the block is inside their transaction. An error that leaves the block drops what
    waits. Inside, no error of a part that has recorded may be caught and passed over: its event would be kept.
    """
    if _waiting.get() is not None:
        yield
        return
    drafts: list[Event] = []
    token = _waiting.set(drafts)
    try:
        yield
    finally:
        _waiting.reset(token)
    if drafts:
        _append(drafts)


def pending() -> int:
    """Return how many events wait inside `together`: a walk over parts sees by it which of them recorded their own."""
    return len(_waiting.get() or ())


def _append(drafts: list[Event]) -> None:
    deliver_after_commit(chain.append(drafts))


def _draft(row: EventRow, ciphers: Mapping[seals.Owner, tuple[int, Any]]) -> Event:
    if "sealed" in row.data:
        raise ValueError("sealed values do not belong into data")
    data = plain(row.data)
    sealed: dict[str, Any] = {}
    if row.sealed:
        data["sealed"], sealed = seals.seal(row.sealed, *ciphers[seals.owner_of(row.seal_for or row.subject)])
    subject_type, subject_id = seals.owner_of(row.subject)
    root_type, root_id = seals.owner_of(row.root) if row.root else ("", None)
    parts = {"subject_type": subject_type, "subject_id": subject_id, "root_type": root_type, "root_id": root_id}
    return Event(**parts, data=data, sealed=sealed)


def history(record: Model, *, also: Collection[int] = ()) -> QuerySet[Event]:
    """The events about a record or about parts of it (those with it as root), newest first, with their users.

    `also` are records of the same kind that have become part of this one.
    """
    kind, pk = seals.owner_of(record)
    ids = [pk, *also]
    own, parts = Q(subject_type=kind, subject_id__in=ids), Q(root_type=kind, root_id__in=ids)
    return Event.objects.filter(own | parts).select_related("by").order_by("-seq")
