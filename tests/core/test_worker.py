"""The worker as a process: it hears the bell, stops in good order, and another one takes over when it is killed."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from openpsm.core import health
from openpsm.core.models import Event, EventAnchor, Holiday, Job, WorkerHeartbeat
from tests.core import processes, tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WORK = "from openpsm.core.jobs import worker; worker.run(threads=2, beat_seconds=0.5, grace_seconds=3)"
RING = """
from tests.core import tasks
tasks.remember.enqueue("from a web process")
"""
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Start processes that are gone at the end of the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(code: str) -> "subprocess.Popen[str]":
        running.append(processes.start(code, data_dir))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def wait_for(is_so: Callable[[], bool], seconds: float = 25) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def enqueued(day: str) -> str:
    """Enqueue a slow job that no bell was rung for, so that the first beat of a worker finds it."""
    job_id = tasks.mark_slowly.enqueue(day=day, seconds=60).id
    Job.objects.filter(pk=job_id).update(rung_at=None)
    return job_id


def is_done(job_id: str) -> bool:
    return Job.objects.filter(pk=job_id, state=Job.State.DONE).exists()


def test_worker_hears_the_bell_of_another_process(start: Start) -> None:
    worker = start(WORK)
    wait_for(WorkerHeartbeat.objects.exists)
    assert health.worker_seen_at(timezone.now()) is not None
    assert start(RING).wait(timeout=30) == 0
    wait_for(Job.objects.filter(task="tests.core.tasks.remember", state=Job.State.DONE).exists)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    assert not WorkerHeartbeat.objects.exists()


def test_killed_worker_loses_no_job_and_another_one_finishes_it_once(start: Start) -> None:
    job_id = enqueued("2032-03-01")
    first = start(WORK)
    assert first.stdout is not None
    assert first.stdout.readline() == "in the middle\n"
    first.kill()
    first.wait()
    assert Job.objects.get(pk=job_id).state == Job.State.RUNNING
    Job.objects.filter(pk=job_id).update(leased_until=F("leased_until") - timedelta(minutes=5), rung_at=None)
    start(WORK)
    start(WORK)
    wait_for(lambda: is_done(job_id))
    assert [day.name for day in Holiday.objects.filter(day="2032-03-01")] == ["attempt 2"]
    job = Job.objects.get(pk=job_id)
    assert (job.attempts, len(set(job.workers))) == (2, 1)


def test_stopped_worker_hands_back_what_it_could_not_finish(start: Start) -> None:
    job_id = enqueued("2032-03-02")
    first = start(WORK)
    assert first.stdout is not None
    assert first.stdout.readline() == "in the middle\n"
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=20) == 0
    assert Job.objects.get(pk=job_id).state == Job.State.READY
    start(WORK)
    wait_for(lambda: is_done(job_id))
    assert Holiday.objects.filter(day="2032-03-02").count() == 1


def test_worker_anchors_the_event_log_when_it_starts(start: Start, data_dir: Path) -> None:
    code = """
from django.db import transaction
from django.utils import timezone
from openpsm.core import events
from openpsm.core.models import Holiday
with transaction.atomic():
    day = Holiday.objects.create(day="2032-03-03")
    events.record("day.added", subject=day, by=None, at=timezone.now())
"""
    assert start(code).wait(timeout=30) == 0
    start(WORK)
    wait_for(EventAnchor.objects.exists)
    assert EventAnchor.objects.get().seq == Event.objects.count()
    assert (data_dir / "anchors.log").exists()
