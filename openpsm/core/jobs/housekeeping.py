"""The ground's own periodic jobs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from openpsm.core import attachments, events, limits
from openpsm.core.jobs.schedule import periodic
from openpsm.core.models.jobs import Job, WorkerHeartbeat
from openpsm.core.models.requests import IdempotencyKey

KEEP_DONE = timedelta(days=14)
KEEP_FAILED = timedelta(days=90)
KEEP_ANSWERS = timedelta(days=7)


@periodic(cron="17 2 * * *", name="core.anchor")
@task()
def anchor_events() -> bool:
    """Anchor the event log once a day."""
    return events.write_anchor(timezone.now())


@periodic(cron="37 2 * * *", name="core.purge")
@task()
def purge() -> None:
    """Forget old answers, counters, jobs that ended and workers that are long gone."""
    at = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=at - KEEP_ANSWERS).delete()
    limits.purge(at=at)
    Job.objects.filter(state=Job.State.DONE, finished_at__lt=at - KEEP_DONE).delete()
    Job.objects.filter(state__in=(Job.State.FAILED, Job.State.PARKED), finished_at__lt=at - KEEP_FAILED).delete()
    WorkerHeartbeat.objects.filter(beat_at__lt=at - timedelta(days=1)).delete()


@periodic(cron="7 3 * * *", name="core.sweep_files")
@task()
def sweep_files() -> int:
    """Remove the files that no record names any more."""
    return attachments.sweep(at=timezone.now())
