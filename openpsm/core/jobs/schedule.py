"""Periodic jobs: each tick runs once, however many workers look at the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django_tasks.base import Task

from openpsm.core.jobs.cron import Cron
from openpsm.core.models.jobs import Job, JobSchedule

T = TypeVar("T", bound=Task[Any, Any])


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task and its times."""

    name: str
    cron: Cron
    task: Task[Any, Any]


_periodic: dict[str, Periodic] = {}


def periodic(*, cron: str, name: str) -> Callable[[T], T]:
    """Run a task at the times of a cron line; stands above `@task()`, the module is imported in `AppConfig.ready`."""

    def register(task: T) -> T:
        known = _periodic.get(name)
        if known is not None and known.task.module_path != task.module_path:
            raise ValueError(f"there are two periodic jobs called {name!r}")
        _periodic[name] = Periodic(name, Cron.parse(cron), task)
        return task

    return register


def registered() -> list[Periodic]:
    """All periodic jobs by name."""
    return sorted(_periodic.values(), key=lambda job: job.name)


def tick(at: datetime) -> list[str]:
    """Enqueue what has become due and return the names; missed times are made up for once (1 query if none is due)."""
    rows = dict(JobSchedule.objects.values_list("name", "next_at"))
    new = [JobSchedule(name=job.name, next_at=job.cron.after(at)) for job in registered() if job.name not in rows]
    if new:
        JobSchedule.objects.bulk_create(new, ignore_conflicts=True)
    return [job.name for job in registered() if job.name in rows and rows[job.name] <= at and _enqueue(job, at)]


def _enqueue(job: Periodic, at: datetime) -> bool:
    """Move the row on and enqueue in one transaction; the worker that moves it is the one. None while one is open."""
    with transaction.atomic():
        moved = JobSchedule.objects.filter(name=job.name, next_at__lte=at)
        if not moved.update(next_at=job.cron.after(at), last_at=at):
            return False
        unfinished = Job.objects.filter(task=job.task.module_path, state__in=(Job.State.READY, Job.State.RUNNING))
        if unfinished.exists():
            return False
        job.task.enqueue()
    return True
