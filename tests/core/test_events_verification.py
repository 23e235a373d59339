"""Every tampering with the event log is found."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from openpsm.core import events
from openpsm.core.events import EventRow, chain, keys, protection, verification
from openpsm.core.models import Event, EventAnchor, EventHead, Holiday

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
NUMBER = 12
PLACES = (1, 6, 12)


@pytest.fixture
def log(db: None, data_dir: Path) -> Path:
    """A log of twelve events, the database unprotected: whoever tampers here owns it. Returns the file of anchors."""
    protection.remove(connection)
    Event.objects.all().delete()
    EventHead.objects.all().delete()
    user = get_user_model().objects.create(username="ann", name="Ann")
    day = Holiday.objects.create(day="2031-03-01")
    with transaction.atomic():
        rows = [EventRow(subject=day, root=day, data={"n": n}, sealed={"phone": str(n)}) for n in range(NUMBER)]
        events.record_many("day.changed", rows, by=user, at=AT)
    assert events.verify() == []
    return data_dir / "anchors.log"


def edit(seq: int, **changes: Any) -> None:
    assert Event.objects.filter(seq=seq).update(**changes) == 1


EDITS: dict[str, dict[str, Any]] = {
    "name": {"name": "day.deleted"},
    "subject_type": {"subject_type": "org.user"},
    "subject_id": {"subject_id": 999},
    "root_type": {"root_type": ""},
    "root_id": {"root_id": None},
    "by": {"by": None},
    "at": {"at": AT + timedelta(microseconds=1)},
    "request_id": {"request_id": "abc"},
    "data": {"data": {"n": 99}},
    "data_emptied": {"data": {}},
    "sealed": {"sealed": {}},
    "previous_hash": {"previous_hash": "0" * 63 + "1"},
    "hash": {"hash": "f" * 64},
}


@pytest.mark.parametrize("seq", PLACES)
@pytest.mark.parametrize("field", EDITS)
def test_edited_field_is_found(log: Path, field: str, seq: int) -> None:
    edit(seq, **EDITS[field])
    assert seq in [problem.seq for problem in events.verify()]


@pytest.mark.parametrize("seq", PLACES)
def test_deleted_event_is_found(log: Path, seq: int) -> None:
    Event.objects.filter(seq=seq).delete()
    assert ("missing", seq) in [(problem.kind, problem.seq) for problem in events.verify()]


@pytest.mark.parametrize(("first", "last"), [(1, 3), (5, 8), (2, 12)])
def test_deleted_range_is_found(log: Path, first: int, last: int) -> None:
    Event.objects.filter(seq__gte=first, seq__lte=last).delete()
    assert ("missing", first) in [(problem.kind, problem.seq) for problem in events.verify()]


def test_emptied_log_is_found(log: Path) -> None:
    Event.objects.all().delete()
    assert {problem.kind for problem in events.verify()} == {"head", "missing"}


@pytest.mark.parametrize("seq", [0, 13, 14, 500])
def test_inserted_event_is_found(log: Path, seq: int) -> None:
    copy = Event.objects.get(seq=6)
    copy.seq = seq
    copy.save(force_insert=True)
    assert events.verify() != []


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 9), (11, 12)])
@pytest.mark.parametrize("is_whole", [True, False])
def test_swapped_events_are_found(log: Path, one: int, other: int, is_whole: bool) -> None:
    columns = ["name", "at", "data", "sealed", "hash", "previous_hash"] if is_whole else ["data", "sealed"]
    first, second = (Event.objects.values(*columns).get(seq=seq) for seq in (one, other))
    edit(one, **second)
    edit(other, **first)
    assert {one, other} & {problem.seq for problem in events.verify()}


@pytest.mark.parametrize("days", [-400, -1, 1])
def test_redated_log_is_found(log: Path, days: int) -> None:
    Event.objects.update(at=AT + timedelta(days=days))
    assert len(events.verify()) == NUMBER


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_cut_tail_is_found_by_the_head(log: Path, cut: int) -> None:
    Event.objects.filter(seq__gt=NUMBER - cut).delete()
    assert {problem.kind for problem in events.verify()} == {"head", "missing"}


def move_head_back(seq: int) -> None:
    hash_ = Event.objects.get(seq=seq).hash if seq else chain.START
    EventHead.objects.update(seq=seq, hash=hash_)


@pytest.mark.parametrize("cut", [1, 5, 11])
def test_cut_tail_with_the_head_moved_back_is_found(log: Path, cut: int) -> None:
    Event.objects.filter(seq__gt=NUMBER - cut).delete()
    move_head_back(NUMBER - cut)
    assert "head" in {problem.kind for problem in events.verify()}


@pytest.mark.parametrize("keeper", ["file", "table"])
def test_cut_tail_with_an_old_signed_head_is_found_by_the_anchor(log: Path, keeper: str) -> None:
    events.write_anchor(AT)
    Event.objects.filter(seq__gt=7).delete()
    head = Event.objects.get(seq=7)
    EventHead.objects.update(seq=7, hash=head.hash, mac=chain.mac_of_head(7, head.hash))
    log.unlink() if keeper == "table" else EventAnchor.objects.all().delete()
    assert [(problem.kind, problem.seq) for problem in events.verify()] == [("anchor", 12)]


def chained_anew(sign: Callable[[str, bytes], str], start: int = 1) -> None:
    """What somebody would do who wants the chain to look whole."""
    previous = Event.objects.get(seq=start - 1).hash if start > 1 else chain.START
    for event in Event.objects.filter(seq__gte=start):
        event.data, event.previous_hash = {**event.data, "n": -1}, previous
        event.hash = previous = sign("chain", str(event.data).encode() + previous.encode())
        event.save()
    EventHead.objects.update(hash=previous, mac=sign("head", previous.encode()))


@pytest.mark.parametrize("start", PLACES)
def test_log_chained_anew_without_the_key_is_found(log: Path, start: int) -> None:
    import hashlib

    chained_anew(lambda _purpose, message: hashlib.sha256(message).hexdigest(), start)
    assert {problem.seq for problem in events.verify()} >= set(range(start, NUMBER + 1))


def test_log_chained_anew_with_the_key_is_found_by_the_anchor(log: Path) -> None:
    events.write_anchor(AT)
    previous = chain.START
    for event in Event.objects.all():
        event.data, event.previous_hash = {"n": -1}, previous
        event.hash = previous = chain.hash_of(event)
        event.save()
    EventHead.objects.update(hash=previous, mac=chain.mac_of_head(NUMBER, previous))
    assert {problem.kind for problem in events.verify()} == {"anchor"}


def test_log_of_another_installation_is_found(log: Path, data_dir: Path) -> None:
    (data_dir / "audit.key").write_bytes(b"another key")
    keys._kept_key.cache_clear()
    assert {problem.kind for problem in events.verify()} == {"head", "content"}


@pytest.mark.parametrize("changes", [{"seq": 99}, {"hash": "a" * 64}, {"mac": "b" * 64}])
def test_edited_head_is_found(log: Path, changes: dict[str, Any]) -> None:
    EventHead.objects.update(**changes)
    assert "head" in {problem.kind for problem in events.verify()}


def test_missing_head_is_found(log: Path) -> None:
    EventHead.objects.all().delete()
    assert [problem.kind for problem in events.verify()] == ["head"]


@pytest.mark.parametrize(
    "line", ['{"seq": 3}', "nonsense", "", json.dumps({"seq": 2, "hash": "a", "at": "b", "mac": "c"})]
)
def test_forged_anchor_is_found(log: Path, line: str) -> None:
    log.write_text(line + "\n")
    assert [problem.kind for problem in events.verify()] == ["anchor"]


# --- how verification works


def test_anchor_is_written_once_per_head_to_file_and_table(log: Path) -> None:
    assert (events.write_anchor(AT), events.write_anchor(AT + timedelta(days=1))) == (True, False)
    assert (EventAnchor.objects.count(), len(log.read_text().splitlines())) == (1, 1)
    assert (events.verify(), log.stat().st_mode & 0o777) == ([], 0o600)


def test_quick_verification_starts_at_the_last_anchor(log: Path) -> None:
    events.write_anchor(AT)
    edit(3, name="day.deleted")
    day = Holiday.objects.get(day="2031-03-01")
    with transaction.atomic():
        events.record("day.changed", subject=day, by=None, at=AT)
    assert (events.verify(full=False), len(events.verify())) == ([], 1)
    edit(13, name="day.deleted")
    assert [problem.seq for problem in events.verify(full=False)] == [13]


def test_verification_reads_in_batches(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "BATCH", 4)
    with CaptureQueriesContext(connection) as queries:
        assert events.verify() == []
    assert len([q for q in queries if "LIMIT 4" in q["sql"]]) == NUMBER // 4 + 1


def test_verification_stops_at_a_thousand_problems(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MOST_PROBLEMS", 5)
    Event.objects.update(at=AT + timedelta(days=1))
    assert len(events.verify()) == 5
