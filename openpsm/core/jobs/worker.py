"""The worker process: threads that answer the bell, and a pulse that keeps leases, rings lost jobs and ticks."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error as DatabaseFault
from django.db import close_old_connections, connections
from django.db.models import Q
from django.utils import timezone
from huey.consumer import Consumer  # type: ignore[import-untyped]  # huey has no types

from openpsm.core import events
from openpsm.core.jobs import bell, outcomes, schedule
from openpsm.core.models.jobs import Job, WorkerHeartbeat

BEAT_SECONDS = 15
RING_AGAIN = timedelta(seconds=60)
SWEEP_SIZE = 500
GRACE_SECONDS = 30

log = structlog.get_logger(__name__)
_name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(3)}"
_running: set[str] = set()


def run(*, threads: int = 2, beat_seconds: float = BEAT_SECONDS, grace_seconds: float = GRACE_SECONDS) -> None:
    """Work until SIGTERM or SIGINT; then finish what is running within the grace and hand back the rest.

    Must be called in the main thread of a process of its own.
    """
    events.write_anchor(timezone.now())
    consumer = _Consumer(bell.engine(), workers=threads, periodic=False, max_delay=1.0, shutdown_timeout=grace_seconds)
    with _pulse(beat_seconds):
        consumer.run()
    _hand_back()


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    """The engine's consumer, for which both signals mean: finish and go."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._signal_actions = {signal.SIGTERM: (False, True), signal.SIGINT: (False, True)}


def answer(job_id: str) -> None:
    """Run one job in a thread of the engine."""
    close_old_connections()
    _running.add(job_id)
    try:
        outcomes.run(job_id, worker=_name)
    finally:
        _running.discard(job_id)
        close_old_connections()


def run_due(*, limit: int = 1_000) -> int:
    """Run what is due in this process, without engine or pulse, and return how many jobs ran."""
    ran = 0
    while ran < limit:
        waiting = Job.objects.filter(outcomes.due(timezone.now())).order_by("-priority", "enqueued_at")
        job_id = waiting.values_list("pk", flat=True).first()
        if job_id is None or not outcomes.run(str(job_id), worker=_name):
            break
        ran += 1
    return ran


# --- the pulse


@contextmanager
def _pulse(seconds: float) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=_beat_until, args=(stop, seconds), name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)


def _beat_until(stop: threading.Event, seconds: float) -> None:
    started_at = timezone.now()
    while True:
        try:
            beat(started_at, timezone.now())
        except DatabaseFault:
            log.exception("pulse_failed")
            connections.close_all()
        if stop.wait(seconds):
            connections.close_all()
            return


def beat(started_at: datetime, at: datetime) -> None:
    """Show that this process lives, keep its leases, enqueue what the clock asks for, ring what was not heard."""
    life = {"started_at": started_at, "beat_at": at}
    WorkerHeartbeat.objects.update_or_create(worker=_name, defaults=life)
    if _running:
        mine = Job.objects.filter(pk__in=list(_running), state=Job.State.RUNNING, leased_until__gte=at)
        mine.update(leased_until=at + outcomes.LEASE)
    schedule.tick(at)
    sweep(at)


def sweep(at: datetime) -> int:
    """Ring the due jobs that were not rung within the last minute; returns how many."""
    unheard = Q(rung_at__isnull=True) | Q(rung_at__lt=at - RING_AGAIN)
    rows = Job.objects.filter(outcomes.due(at), unheard).order_by("-priority", "run_after")
    job_ids = list(rows.values_list("pk", flat=True)[:SWEEP_SIZE])
    if job_ids:
        Job.objects.filter(pk__in=job_ids).update(rung_at=at)
    for job_id in job_ids:
        bell.ring(str(job_id))
    return len(job_ids)


def _hand_back() -> None:
    """Free what did not finish within the grace, so that another worker need not wait for the lease."""
    at = timezone.now()
    unfinished = Job.objects.filter(pk__in=list(_running), state=Job.State.RUNNING)
    unfinished.update(state=Job.State.READY, lease=None, leased_until=None, run_after=at, rung_at=None)
    WorkerHeartbeat.objects.filter(worker=_name).delete()
