"""Jobs: written with the change, run at least once, tried again, parked, once per tick."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks.base import TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from openpsm.core.jobs import bell, outcomes, schedule, worker
from openpsm.core.jobs.cron import Cron
from openpsm.core.models import Job, JobSchedule, WorkerHeartbeat
from tests.core import tasks

State = Job.State


@pytest.fixture(autouse=True)
def _forget() -> None:
    tasks.ran.clear()


@pytest.fixture
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs for which the bell was rung."""
    heard: list[str] = []
    monkeypatch.setattr(bell, "ring", heard.append)
    return heard


def test_enqueued_job_waits_for_the_commit_and_runs(
    db: None, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        result = tasks.remember.enqueue("hello")
        assert rung == []
    assert (rung, result.status) == ([result.id], TaskResultStatus.READY)
    assert worker.run_due() == 1
    result.refresh()
    assert (tasks.ran, result.status, result.return_value) == (
        ["hello"],
        TaskResultStatus.SUCCESSFUL,
        {"word": "hello"},
    )


@pytest.mark.django_db(transaction=True)
def test_job_is_rolled_back_with_the_change_that_asked_for_it(rung: list[str]) -> None:
    with transaction.atomic():
        tasks.remember.enqueue()
        transaction.set_rollback(True)
    assert (Job.objects.count(), rung, worker.run_due()) == (0, [], 0)


def test_enqueueing_takes_one_statement(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        tasks.remember.enqueue()
    assert len(queries) == 1


def test_deferred_job_runs_when_its_time_has_come(db: None, clock: Any, now: datetime) -> None:
    tasks.remember.using(run_after=now + timedelta(minutes=5)).enqueue()
    assert worker.run_due() == 0
    clock.shift(timedelta(minutes=5))
    assert worker.run_due() == 1


def test_higher_priority_runs_first(db: None) -> None:
    tasks.remember.enqueue("low")
    tasks.remember.using(priority=10).enqueue("high")
    worker.run_due()
    assert tasks.ran == ["high", "low"]


def test_failing_job_is_tried_again_with_growing_pauses_and_parked(db: None, clock: Any) -> None:
    result = tasks.break_down.enqueue(secret="hunter2")
    pauses: list[timedelta] = []
    for _ in range(2):
        assert worker.run_due() == 1
        job = Job.objects.get(pk=result.id)
        pauses.append(job.run_after - datetime.now(UTC))
        assert (job.state, worker.run_due()) == (State.READY, 0)
        clock.shift(pauses[-1])
    assert worker.run_due() == 1
    job.refresh_from_db()
    assert pauses == [timedelta(seconds=15), timedelta(minutes=1)]
    assert (job.state, job.attempts, tasks.ran) == (State.PARKED, 3, ["broke down"] * 3)
    clock.shift(timedelta(days=30))
    assert worker.run_due() == 0


def test_error_of_a_job_names_its_place_and_no_secret(db: None) -> None:
    tasks.break_down.enqueue(secret="hunter2")
    worker.run_due()
    error = Job.objects.get().error
    assert error.startswith("RuntimeError in tasks.py:")
    assert "hunter2" not in error


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 15), (2, 60), (3, 240), (4, 960), (9, 21_600), (99, 21_600)])
def test_pause_grows_fourfold_up_to_six_hours(attempts: int, seconds: int) -> None:
    assert outcomes.pause_after(attempts) == timedelta(seconds=seconds)


def test_refusal_is_final_and_its_message_is_kept(db: None) -> None:
    result = tasks.refuse.enqueue()
    worker.run_due()
    job = Job.objects.get(pk=result.id)
    assert (job.state, job.error, job.attempts) == (State.FAILED, "Not today.", 1)
    result.refresh()
    assert result.status == TaskResultStatus.FAILED


def test_job_of_a_deactivated_user_does_not_run(person: AbstractBaseUser) -> None:
    tasks.act_for.enqueue(user_id=person.pk)
    assert Job.objects.get().requested_by_id == person.pk
    person.is_active = False
    person.save()
    worker.run_due()
    assert (tasks.ran, Job.objects.get().state) == ([], State.FAILED)


def test_job_knows_its_context_and_shows_progress(db: None) -> None:
    result = tasks.with_context.enqueue("word")
    worker.run_due()
    job = Job.objects.get(pk=result.id)
    assert job.result == [1, "word"]
    assert (job.progress_done, job.progress_total, job.progress_text) == (3, 10, "three of ten")
    assert outcomes.current() is None


@pytest.mark.parametrize("job_id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_unknown_job_has_no_result(db: None, job_id: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        tasks.remember.get_result(job_id)


# --- leases


def leased(**changes: Any) -> str:
    job_id = tasks.remember.enqueue().id
    Job.objects.filter(pk=job_id).update(state=State.RUNNING, attempts=1, **changes)
    return job_id


def test_lease_keeps_others_away_until_it_expires(db: None, clock: Any, now: datetime) -> None:
    job_id = leased(leased_until=now + timedelta(seconds=60))
    assert outcomes.run(job_id, worker="b") is False
    clock.shift(timedelta(seconds=61))
    assert outcomes.run(job_id, worker="b") is True
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.attempts, job.workers) == (State.DONE, 2, ["b"])


def test_pulse_keeps_the_lease_of_a_long_job(db: None, clock: Any, now: datetime) -> None:
    job_id = leased(leased_until=now + timedelta(seconds=20))
    worker._running.add(job_id)
    try:
        clock.shift(timedelta(seconds=15))
        worker.beat(now, now + timedelta(seconds=15))
    finally:
        worker._running.discard(job_id)
    assert Job.objects.get(pk=job_id).leased_until == now + timedelta(seconds=75)
    assert WorkerHeartbeat.objects.get().beat_at == now + timedelta(seconds=15)


def test_job_that_killed_each_worker_is_parked(db: None, clock: Any, now: datetime) -> None:
    job_id = leased(leased_until=now - timedelta(seconds=1))
    Job.objects.filter(pk=job_id).update(attempts=6)
    assert outcomes.run(job_id, worker="b") is False
    assert (Job.objects.get(pk=job_id).state, tasks.ran) == (State.PARKED, [])


def test_worker_that_lost_its_lease_does_not_overwrite_the_next_one(db: None, clock: Any, now: datetime) -> None:
    job_id = tasks.remember.enqueue().id
    slow = outcomes._leased(job_id, worker="slow", at=now)
    assert slow is not None
    clock.shift(timedelta(seconds=61))
    quick = outcomes._leased(job_id, worker="quick", at=datetime.now(UTC))
    assert quick is not None
    outcomes._finish(slow, {"state": State.FAILED, "error": "late"}, at=now)
    assert (Job.objects.get(pk=job_id).state, Job.objects.get(pk=job_id).lease) == (State.RUNNING, quick.lease)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_runs_a_job() -> None:
    job_ids = [tasks.remember.enqueue(str(n)).id for n in range(10)]

    def work() -> None:
        try:
            for job_id in job_ids:
                outcomes.run(job_id, worker=threading.current_thread().name)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tasks.ran) == sorted(str(n) for n in range(10))
    assert set(Job.objects.values_list("state", "attempts")) == {(State.DONE, 1)}


# --- the sweeper


def test_sweeper_rings_again_for_what_was_not_heard(db: None, clock: Any, rung: list[str], now: datetime) -> None:
    lost = tasks.remember.enqueue().id
    later = tasks.remember.using(run_after=now + timedelta(hours=1)).enqueue().id
    expired = leased(leased_until=now - timedelta(seconds=1), rung_at=None)
    assert (worker.sweep(now), rung) == (1, [expired])
    assert (worker.sweep(now + timedelta(seconds=30)), rung) == (0, [expired])
    assert worker.sweep(now + timedelta(seconds=61)) == 2
    assert sorted(rung) == sorted([expired, expired, lost])
    assert later not in rung


# --- the schedule


@pytest.mark.parametrize(
    ("line", "at", "following"),
    [
        ("*/5 * * * *", (2026, 11, 20, 8, 30), (2026, 11, 20, 8, 35)),
        ("0 3 * * *", (2026, 11, 20, 8, 30), (2026, 11, 20, 19, 0)),  # 03:00 in Shanghai
        ("30 8 * * 1-5", (2026, 11, 20, 0, 30), (2026, 11, 23, 0, 30)),  # Friday to Monday
        ("0 0 1 1 *", (2026, 11, 20, 8, 30), (2026, 12, 31, 16, 0)),
        ("0 0 29 2 *", (2026, 11, 20, 8, 30), (2028, 2, 28, 16, 0)),
        ("0 0 13 * 5", (2026, 11, 20, 8, 30), (2026, 11, 26, 16, 0)),  # the 13th or a Friday
        ("0 0 * * 7", (2026, 11, 20, 8, 30), (2026, 11, 21, 16, 0)),
        ("5,10-12 1 * * *", (2026, 11, 19, 17, 10), (2026, 11, 19, 17, 11)),
    ],
)
def test_cron_line_finds_its_next_time(line: str, at: tuple[int, ...], following: tuple[int, ...]) -> None:
    moment, expected = (datetime(*parts, tzinfo=UTC) for parts in (at, following))  # type: ignore[arg-type,misc]  # ints
    assert Cron.parse(line).after(moment) == expected


@pytest.mark.parametrize("line", ["", "* * * *", "60 * * * *", "* * 0 * *", "*/0 * * * *", "a * * * *", "5-1 * * * *"])
def test_unfit_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Cron.parse(line)


def test_day_that_never_comes_is_refused(now: datetime) -> None:
    with pytest.raises(ValueError, match="never"):
        Cron.parse("0 0 30 2 *").after(now)


@pytest.fixture
def every_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_periodic", {})
    schedule.periodic(cron="*/5 * * * *", name="test.five")(tasks.tick_task)


def test_tick_enqueues_once_and_makes_up_for_missed_times_once(every_five: None, db: None, now: datetime) -> None:
    assert (schedule.tick(now), schedule.tick(now + timedelta(minutes=4))) == ([], [])
    assert schedule.tick(now + timedelta(minutes=61)) == ["test.five"]
    assert schedule.tick(now + timedelta(minutes=61)) == []
    assert JobSchedule.objects.get().next_at > now + timedelta(minutes=61)
    assert Job.objects.count() == 1


def test_tick_does_not_pile_up_behind_an_unfinished_one(every_five: None, db: None, now: datetime) -> None:
    schedule.tick(now)
    assert schedule.tick(now + timedelta(minutes=5)) == ["test.five"]
    assert schedule.tick(now + timedelta(minutes=10)) == []
    worker.run_due()
    assert schedule.tick(now + timedelta(minutes=15)) == ["test.five"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_run_each_tick_once(every_five: None, now: datetime) -> None:
    schedule.tick(now)
    done: list[str] = []

    def tick_tock() -> None:
        try:
            for minutes in range(5, 30, 5):
                done.extend(schedule.tick(now + timedelta(minutes=minutes)))
                Job.objects.update(state=State.DONE)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick_tock) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done) <= 5, Job.objects.count()) == (True, len(done))


def test_two_periodic_jobs_of_one_name_are_a_defect(every_five: None) -> None:
    with pytest.raises(ValueError, match="two periodic jobs"):
        schedule.periodic(cron="* * * * *", name="test.five")(tasks.remember)


def test_unreachable_queue_does_not_break_the_change(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_job_id: str) -> None:
        raise OSError("no disk")

    settings.OPENPSM_JOBS_BELL = True
    monkeypatch.setattr(bell, "_queue", lambda: (None, broken))
    with capture_logs() as lines:
        bell.ring("some job")
    assert [(line["event"], line["job"]) for line in lines] == [("bell_failed", "some job")]
