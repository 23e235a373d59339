"""Many writers, one chain."""

import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from openpsm.core import events
from openpsm.core.events import chain, keys, verification
from openpsm.core.models import Event, EventHead, Holiday
from tests.core import processes

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def write(number: int, errors: list[Exception], *, sealed: bool = True) -> None:
    try:
        day = Holiday.objects.get(day="2031-03-01")
        for n in range(number):
            with transaction.atomic():
                events.record("day.changed", subject=day, by=None, at=AT, n=n, sealed={"n": n} if sealed else None)
    except (DatabaseError, events.BrokenLog) as error:
        errors.append(error)
    finally:
        connection.close()


def in_threads(number: int, target: object, *args: object) -> None:
    threads = [threading.Thread(target=target, args=args) for _ in range(number)]  # type: ignore[arg-type]  # a function
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_write_one_chain(data_dir: Path) -> None:
    Holiday.objects.create(day="2031-03-01")
    errors: list[Exception] = []
    in_threads(6, write, 15, errors)
    numbers = list(Event.objects.filter(name="day.changed").values_list("seq", flat=True))
    assert (errors, len(numbers), numbers[-1] - numbers[0]) == ([], 90, 89)
    assert events.verify() == []


def test_first_event_of_all_is_raced_for(data_dir: Path) -> None:
    Holiday.objects.create(day="2031-03-01")
    day = Holiday.objects.values().get(day="2031-03-01")
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    Holiday.objects.create(**day)
    errors: list[Exception] = []
    in_threads(5, write, 1, errors)
    assert (errors, list(Event.objects.values_list("seq", flat=True))) == ([], [1, 2, 3, 4, 5])
    assert events.verify() == []


def test_processes_write_one_chain_and_share_one_new_key(data_dir: Path) -> None:
    Holiday.objects.create(day="2031-03-01")
    code = "from tests.core.test_events_race import write; errors = []; write(15, errors); print(errors)"
    running = [processes.start(code, data_dir) for _ in range(3)]
    assert [process.communicate(timeout=90)[0].strip() for process in running] == ["[]"] * 3
    keys._kept_key.cache_clear()
    assert Event.objects.filter(name="day.changed").count() == 45
    assert events.verify() == []


def test_without_the_lock_the_chain_breaks(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the tests above: if this one cannot fail to chain, they prove nothing."""
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    day = Holiday.objects.create(day="2031-03-01")
    barrier = threading.Barrier(2, timeout=10)
    locked_head = chain._locked_head

    def unlocked() -> object:
        head = EventHead.objects.filter(pk=1).first() or locked_head()
        barrier.wait()
        return head

    with transaction.atomic():
        events.record("day.changed", subject=day, by=None, at=AT)
    monkeypatch.setattr(chain, "_locked_head", unlocked)
    errors: list[Exception] = []
    in_threads(2, partial(write, sealed=False), 1, errors)
    assert errors != [] or verification.verify() != []
