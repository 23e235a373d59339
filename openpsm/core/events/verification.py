"""Checking the event log: every link, the head, and the anchors kept outside of the database."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from openpsm.core.events import chain, keys
from openpsm.core.events.encoding import canonical
from openpsm.core.models.events import Event, EventAnchor, EventHead

BATCH = 2_000
BEFORE_ALL = -(2**63)
MOST_PROBLEMS = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at an event number; `kind` is one of head, missing, link, content, anchor."""

    seq: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the log at some moment, signed."""

    seq: int
    hash: str
    at: str
    mac: str

    @property
    def is_signed(self) -> bool:
        return hmac.compare_digest(str(self.mac), _mac_of_anchor(self.seq, self.hash, self.at))


def verify(full: bool = True) -> list[Problem]:
    """Check the whole log, or with `full=False` what was appended since the last anchor; at most 1,000 problems.

    Reads the log in batches by number: memory stays flat, no transaction stays open, and events that are appended
    meanwhile do not matter. One query per 2,000 events and four more.
    """
    head = EventHead.objects.filter(pk=1).first()
    anchors = list(_anchors())
    problems = [*_head_problems(head), *_anchor_problems(anchors, head)]
    good = [anchor for anchor in anchors if anchor.is_signed]
    start = max(good, key=lambda anchor: anchor.seq, default=None) if not full else None
    for problem in _chain_problems(head, start):
        problems.append(problem)
        if len(problems) >= MOST_PROBLEMS:
            break
    return problems


def _head_problems(head: EventHead | None) -> Iterator[Problem]:
    if head is None:
        if Event.objects.exists():
            yield Problem(0, "head", "the head of the log is missing")
        return
    if not hmac.compare_digest(head.mac, chain.mac_of_head(head.seq, head.hash)):
        yield Problem(head.seq, "head", "the head of the log is not signed by this installation")
    if head.seq and not Event.objects.filter(seq=head.seq, hash=head.hash).exists():
        yield Problem(head.seq, "head", "the event that the head names is not there")


def _chain_problems(head: EventHead | None, start: Anchor | None) -> Iterator[Problem]:
    seq, previous = (start.seq, start.hash) if start else (0, chain.START)
    sign = keys.signer("chain")
    for row in _rows(seq if start else BEFORE_ALL):
        if row[0] != seq + 1:
            yield Problem(seq + 1, "missing", f"events {seq + 1} to {row[0] - 1} are missing")
        elif row[-2] != previous:
            yield Problem(row[0], "link", f"event {row[0]} does not follow the one before it")
        if not hmac.compare_digest(row[-1], chain.link(row[:-1], sign)):
            yield Problem(row[0], "content", f"event {row[0]} is not what was recorded")
        seq, previous = row[0], row[-1]
    if head is not None and seq < head.seq:
        yield Problem(seq + 1, "missing", f"events {seq + 1} to {head.seq} are missing")


def _rows(after: int) -> Iterator[tuple[Any, ...]]:
    while batch := list(Event.objects.filter(seq__gt=after).order_by("seq").values_list(*chain.COLUMNS)[:BATCH]):
        yield from batch
        after = batch[-1][0]


# --- anchors


def write_anchor(at: datetime) -> bool:
    """Append the signed head to `anchors.log` in the data folder and to the table; False when nothing is new.

    Whoever cuts the end off the log, or writes it anew with the key, is found by an anchor: keep copies of the file
    where the database administrator cannot write.
    """
    head = EventHead.objects.filter(pk=1).first()
    last = EventAnchor.objects.order_by("-seq").first()
    if head is None or head.seq == 0 or (last is not None and last.seq >= head.seq):
        return False
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    mac = _mac_of_anchor(head.seq, head.hash, moment)
    _append_line({"seq": head.seq, "hash": head.hash, "at": moment, "mac": mac})
    EventAnchor.objects.create(seq=head.seq, hash=head.hash, at=at, mac=mac)
    return True


def _mac_of_anchor(seq: int, hash_: str, moment: str) -> str:
    return keys.sign("anchor", canonical([seq, hash_, moment]))


def _path() -> Path:
    return Path(settings.OPENPSM_DATA_DIR) / "anchors.log"


def _append_line(fields: dict[str, Any]) -> None:
    with os.fdopen(os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(canonical(fields) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _anchors() -> Iterator[Anchor]:
    """Read the anchors of the table, then those of the file; a line that is none counts as unsigned."""
    for row in EventAnchor.objects.all():
        yield Anchor(row.seq, row.hash, row.at.astimezone(UTC).isoformat(timespec="microseconds"), row.mac)
    if _path().exists():
        for line in _path().read_text("utf-8", errors="replace").splitlines():
            yield _read(line)


def _read(line: str) -> Anchor:
    try:
        fields = json.loads(line)
        return Anchor(int(fields["seq"]), str(fields["hash"]), str(fields["at"]), str(fields["mac"]))
    except (ValueError, KeyError, TypeError):
        return Anchor(0, "", "", "")


def _anchor_problems(anchors: list[Anchor], head: EventHead | None) -> Iterator[Problem]:
    hashes: dict[int, str] = {}
    wanted = sorted({anchor.seq for anchor in anchors})
    for index in range(0, len(wanted), BATCH):
        found = Event.objects.filter(seq__in=wanted[index : index + BATCH])
        hashes |= dict(found.values_list("seq", "hash"))
    for anchor in anchors:
        if not anchor.is_signed:
            yield Problem(anchor.seq, "anchor", "an anchor is not signed by this installation")
        elif head is None or head.seq < anchor.seq:
            yield Problem(anchor.seq, "anchor", f"the log once reached event {anchor.seq}: its end was cut off")
        elif hashes.get(anchor.seq) != anchor.hash:
            yield Problem(anchor.seq, "anchor", f"event {anchor.seq} is not the one that was anchored")
