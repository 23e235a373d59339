"""The event log: one chain, in the transaction of the change, with values that can be erased."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from openpsm.core import events
from openpsm.core.events import EventRow, chain, handlers, protection
from openpsm.core.events.encoding import canonical, plain
from openpsm.core.models import Event, EventHead, Holiday, Job, SealKey


class Colour(StrEnum):
    RED = "red"


def record(subject: Holiday, by: AbstractBaseUser | None, now: datetime, **data: Any) -> Event:
    with transaction.atomic():
        return events.record("day.changed", subject=subject, by=by, at=now, **data)


def test_event_says_who_did_what_to_which_record(subject: Holiday, person: AbstractBaseUser, now: datetime) -> None:
    root = Holiday.objects.create(day="2026-01-06")
    with transaction.atomic():
        events.record("day.changed", subject=subject, root=root, by=person, at=now, name="a", old=1)
    event = Event.objects.latest("seq")
    assert (event.name, event.subject_type, event.subject_id) == ("day.changed", "core.holiday", subject.pk)
    assert (event.root_type, event.root_id, event.by, event.at) == ("core.holiday", root.pk, person, now)
    assert event.data == {"name": "a", "old": 1}


def test_event_data_is_json_that_both_databases_return_alike(subject: Holiday, now: datetime) -> None:
    data = {
        "amount": Decimal("1200000.00"),
        "share": 0.1,
        "day": date(2026, 1, 2),
        "moment": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "kind": Colour.RED,
        "keys": {"b", "a"},
        "nested": {"x": (1, None, True), "length": timedelta(hours=1)},
        "odd": "a\x00b\ud800",
        "big": 10**30,
    }
    record(subject, None, now, **data)
    assert Event.objects.latest("seq").data == {
        "amount": "1200000.00",
        "share": "0.1",
        "day": "2026-01-02",
        "moment": "2026-01-02T03:04:05+00:00",
        "kind": "red",
        "keys": ["a", "b"],
        "nested": {"x": [1, None, True], "length": "P0DT01H00M00S"},
        "odd": "a\ufffdb\ufffd",
        "big": 10**30,
    }
    assert events.verify() == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(max_size=8)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    once = plain(value)
    assert canonical(plain(once)) == canonical(once)


def test_canonical_encoding_is_fixed() -> None:
    assert canonical(plain({"b": Decimal("1.50"), "a": ["钱", None]})) == b'{"a":["\\u94b1",null],"b":"1.50"}'


@pytest.mark.parametrize("bad", [object(), float("nan"), Decimal("NaN"), datetime(2026, 1, 1), {1: 2}, b"x", Holiday()])
def test_unfit_data_is_refused(subject: Holiday, now: datetime, bad: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        record(subject, None, now, bad=bad)


@pytest.mark.parametrize("name", ["Day.changed", "day", "day.changed.again", "day changed", ""])
def test_unfit_name_is_refused(subject: Holiday, now: datetime, name: str) -> None:
    with pytest.raises(ValueError, match="is not an event name"):
        events.record(name, subject=subject, by=None, at=now)


@pytest.mark.django_db(transaction=True)
def test_recording_outside_of_a_transaction_is_refused(now: datetime) -> None:
    day = Holiday.objects.create(day="2030-03-01")
    with pytest.raises(transaction.TransactionManagementError):
        events.record("day.changed", subject=day, by=None, at=now)


def test_event_of_an_unsaved_record_is_refused(db: None, now: datetime) -> None:
    with pytest.raises(ValueError, match="stored record"):
        record(Holiday(day="2030-03-01"), None, now)


def test_event_goes_when_its_transaction_is_rolled_back(subject: Holiday, now: datetime) -> None:
    before = Event.objects.count()
    with transaction.atomic():
        events.record("day.changed", subject=subject, by=None, at=now)
        transaction.set_rollback(True)
    record(subject, None, now)
    assert (Event.objects.count() - before, events.verify()) == (1, [])


def test_events_recorded_together_are_appended_in_order_at_the_end(subject: Holiday, now: datetime) -> None:
    record(subject, None, now)
    with CaptureQueriesContext(connection) as queries, transaction.atomic(), events.together():
        events.record("day.changed", subject=subject, by=None, at=now, number=1)
        with events.together():
            events.record("day.moved", subject=subject, by=None, at=now, number=2)
        assert Event.objects.filter(name="day.moved").count() == 0
        events.record("day.changed", subject=subject, by=None, at=now, number=3)
    kept = list(Event.objects.order_by("-seq").values_list("name", "data__number")[:3])
    assert kept == [("day.changed", 3), ("day.moved", 2), ("day.changed", 1)]
    assert (len(queries) - 2 - 1, events.verify()) == (3, [])  # without the savepoint and the count


def test_an_error_drops_what_was_recorded_together(subject: Holiday, now: datetime) -> None:
    def fail() -> None:
        with transaction.atomic(), events.together():
            events.record("day.changed", subject=subject, by=None, at=now)
            raise KeyError

    before = Event.objects.count()
    with pytest.raises(KeyError):
        fail()
    record(subject, None, now)
    assert (Event.objects.count() - before, events.verify()) == (1, [])


@pytest.mark.parametrize("number", [1, 50])
def test_recording_takes_three_statements(subject: Holiday, now: datetime, number: int) -> None:
    record(subject, None, now)
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        transaction.atomic(),
    ):
        events.record_many(
            "day.changed", [EventRow(subject=subject, data={"n": n}) for n in range(number)], by=None, at=now
        )
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 3


def test_events_are_numbered_without_gap(subject: Holiday, now: datetime) -> None:
    first = record(subject, None, now)
    with transaction.atomic():
        many = events.record_many("day.changed", [EventRow(subject=subject) for _ in range(3)], by=None, at=now)
    assert [event.seq for event in many] == [first.seq + 1, first.seq + 2, first.seq + 3]
    assert [event.previous_hash for event in many] == [first.hash, many[0].hash, many[1].hash]
    assert events.record_many("day.changed", [], by=None, at=now) == []


def test_history_shows_the_record_and_its_parts_newest_first(subject: Holiday, now: datetime) -> None:
    part, other = Holiday.objects.create(day="2027-03-01"), Holiday.objects.create(day="2027-03-02")
    own = record(subject, None, now)
    with transaction.atomic():
        of_part = events.record("part.changed", subject=part, root=subject, by=None, at=now)
        events.record("other.changed", subject=other, by=None, at=now)
    assert [event.seq for event in events.history(subject)] == [of_part.seq, own.seq]


@pytest.mark.parametrize("sql", ["UPDATE core_event SET name = 'x.y'", "DELETE FROM core_event", "TRUNCATE core_event"])
def test_database_refuses_to_change_events(subject: Holiday, now: datetime, sql: str) -> None:
    record(subject, None, now)
    if sql.startswith("TRUNCATE") and connection.vendor == "sqlite":
        sql = "DELETE FROM core_event WHERE 1"  # SQLite knows no other word for it
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.filter(name="day.changed").exists()


def test_protection_comes_back_after_a_table_was_rebuilt(db: None) -> None:
    protection.remove(connection)
    assert not protection.is_installed(connection)
    call_command("migrate", verbosity=0)
    assert protection.is_installed(connection)


# --- sealed values


def sealed_event(subject: Holiday, now: datetime, **values: Any) -> Event:
    with transaction.atomic():
        return events.record("day.changed", subject=subject, by=None, at=now, sealed=values, kind="x")


def test_sealed_value_is_read_back_and_stands_nowhere_in_the_clear(subject: Holiday, now: datetime) -> None:
    event = sealed_event(subject, now, phone="13800001111", price=Decimal("5.10"))
    assert events.unseal([event]) == {event.seq: {"phone": "13800001111", "price": "5.10"}}
    stored = Event.objects.values().get(seq=event.seq)
    assert "13800001111" not in str(stored)
    assert sorted(stored["data"]["sealed"]) == ["phone", "price"]


def test_erasing_an_owner_erases_its_values_and_keeps_the_chain(subject: Holiday, now: datetime) -> None:
    other = Holiday.objects.create(day="2027-03-01")
    gone, kept = sealed_event(subject, now, phone="1"), sealed_event(other, now, phone="2")
    assert (events.erase(subject), events.erase(subject)) == (True, False)
    later = sealed_event(subject, now, phone="3")
    assert events.unseal([gone, kept, later]) == {kept.seq: {"phone": "2"}, later.seq: {"phone": "3"}}
    assert events.verify() == []


def test_owner_of_sealed_values_may_be_another_record(subject: Holiday, now: datetime) -> None:
    owner = Holiday.objects.create(day="2027-03-01")
    with transaction.atomic():
        event = events.record("day.changed", subject=subject, by=None, at=now, sealed={"a": 1}, seal_for=owner)
    events.erase(subject)
    assert events.unseal([event]) == {event.seq: {"a": 1}}


def test_same_value_has_another_digest_each_time(subject: Holiday, now: datetime) -> None:
    digests = {sealed_event(subject, now, phone="1").data["sealed"]["phone"] for _ in range(3)}
    assert len(digests) == 3


def test_key_of_sealed_values_is_itself_encrypted(subject: Holiday, now: datetime) -> None:
    sealed_event(subject, now, phone="1")
    row = SealKey.objects.get(owner_id=subject.pk)
    with pytest.raises(ValueError, match="32"):
        Fernet(row.key)


def test_recording_sealed_values_takes_one_more_statement(subject: Holiday, now: datetime) -> None:
    sealed_event(subject, now, phone="1")
    with CaptureQueriesContext(connection) as queries:
        sealed_event(subject, now, phone="2")
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 4


# --- handlers

seen: list[str] = []


def remember(event: Event) -> None:
    seen.append(event.name)


def stumble(event: Event) -> None:
    seen.append("stumbled")
    if seen.count("stumbled") == 1:
        raise RuntimeError("a defect")


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(handlers, "_handlers", {})
    seen.clear()
    return events.on


def test_handler_runs_after_the_commit_only(
    subject: Holiday, now: datetime, registered: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    registered("day.changed")(remember)
    with django_capture_on_commit_callbacks(execute=True):
        record(subject, None, now)
        assert seen == []
    with transaction.atomic():
        events.record("day.changed", subject=subject, by=None, at=now)
        transaction.set_rollback(True)
    assert seen == ["day.changed"]


def test_failing_handler_does_not_break_the_writer_and_gets_a_second_chance(
    subject: Holiday,
    now: datetime,
    registered: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from openpsm.core.jobs import worker

    registered("day.changed")(stumble)
    registered("day.changed")(remember)
    with caplog.at_level(logging.CRITICAL), django_capture_on_commit_callbacks(execute=True):
        record(subject, None, now)
    assert seen == ["stumbled", "day.changed"]
    assert worker.run_due() == 1
    assert seen == ["stumbled", "day.changed", "stumbled"]
    assert Job.objects.get().state == Job.State.DONE


# --- the key and the anchors


def test_audit_key_is_made_once_and_readable_by_its_owner_only(data_dir: Path) -> None:
    from openpsm.core.events import keys

    first = keys.audit_key()
    assert (keys.audit_key(), len(first) >= 32) == (first, True)
    assert (data_dir / "audit.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["audit.key"]


def test_append_refuses_behind_a_forged_head(subject: Holiday, now: datetime) -> None:
    record(subject, None, now)
    EventHead.objects.update(seq=1_000_000)
    with pytest.raises(events.BrokenLog):
        record(subject, None, now)


def test_append_refuses_when_the_head_is_missing(subject: Holiday, now: datetime) -> None:
    record(subject, None, now)
    EventHead.objects.all().delete()
    with pytest.raises(events.BrokenLog):
        record(subject, None, now)
    assert chain.START not in set(EventHead.objects.values_list("hash", flat=True))
