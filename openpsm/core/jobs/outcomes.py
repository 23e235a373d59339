"""Running one job: lease the row, do the work, write down how it ended."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_tasks.base import Task, TaskContext
from django_tasks.utils import normalize_json

from openpsm.core import memo
from openpsm.core.errors import DomainError
from openpsm.core.jobs.backend import result_of
from openpsm.core.models.jobs import Job

LEASE = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=6)

log = structlog.get_logger(__name__)
_current: ContextVar[Job | None] = ContextVar("openpsm_job", default=None)
State = Job.State


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries: 15 s, 1 min, 4 min … six hours at most."""
    factor: int = 4 ** min(attempts - 1, 10)
    return min(FIRST_PAUSE * factor, LONGEST_PAUSE)


def due(at: datetime) -> Q:
    """The jobs that somebody should run: ready and not deferred, or held by a worker that is gone."""
    return Q(state=State.READY, run_after__lte=at) | Q(state=State.RUNNING, leased_until__lt=at)


def run(job_id: str, *, worker: str) -> bool:
    """Run the job if it is due and nobody else has it; True if this worker was the one. Never raises for its errors."""
    job = _leased(job_id, worker=worker, at=timezone.now())
    if job is None:
        return False
    context = {"job": str(job.pk), "task": job.task, "user_id": job.requested_by_id}
    with structlog.contextvars.bound_contextvars(request_id=f"job-{job.pk}", **context), memo.scope(), _as_current(job):
        _work(job)
    return True


def _leased(job_id: str, *, worker: str, at: datetime) -> Job | None:
    """Take the row by one conditional update, which only one of many workers can win."""
    if _park_exhausted(job_id, at):
        return None
    lease = uuid.uuid4()
    changes = {"state": State.RUNNING, "lease": lease, "leased_until": at + LEASE, "started_at": at, "error": ""}
    if not Job.objects.filter(due(at), pk=job_id).update(attempts=F("attempts") + 1, **changes):
        return None
    job = Job.objects.get(pk=job_id)
    job.workers = [*job.workers, worker][-20:]
    return job


def _park_exhausted(job_id: str, at: datetime) -> bool:
    """Park a job whose workers died each time, before it kills another one."""
    gone = Job.objects.filter(pk=job_id, state=State.RUNNING, leased_until__lt=at, attempts__gte=F("max_attempts"))
    changes: dict[str, Any] = {"state": State.PARKED, "finished_at": at, "lease": None, "leased_until": None}
    return bool(gone.update(error=_("The worker stopped in the middle of this job, each time."), **changes))


def _work(job: Job) -> None:
    try:
        outcome: dict[str, Any] = {"state": State.DONE, "result": _call(job)}
    except DomainError as error:
        outcome = {"state": State.FAILED, "error": str(error)}
    except Exception as error:  # whatever a job does wrong must not stop the worker
        log.exception("job_failed", attempt=job.attempts)
        outcome = _after_defect(job, error)
    _finish(job, outcome, at=timezone.now())


def _call(job: Job) -> Any:
    task: Task[Any, Any] = import_string(job.task)
    if job.requested_by_id and not get_user_model().objects.filter(pk=job.requested_by_id, is_active=True).exists():
        raise DomainError(_("Whoever asked for this may no longer sign in."), code="user-inactive")
    args = [TaskContext(task_result=result_of(job, task)), *job.args] if task.takes_context else job.args
    return normalize_json(task.call(*args, **job.kwargs))


def _after_defect(job: Job, error: Exception) -> dict[str, Any]:
    if job.attempts >= job.max_attempts:
        return {"state": State.PARKED, "error": _where(error)}
    retry_at = timezone.now() + pause_after(job.attempts)
    return {"state": State.READY, "error": _where(error), "run_after": retry_at, "rung_at": None}


def _where(error: Exception) -> str:
    """Name the error and its place, not its message: that may quote secrets. The log has the rest."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _finish(job: Job, outcome: dict[str, Any], *, at: datetime) -> None:
    """Write the end unless the lease went to somebody else, in whose hands the job now is."""
    changes = {**outcome, "lease": None, "leased_until": None, "workers": job.workers}
    if outcome["state"] != State.READY:
        changes["finished_at"] = at
    if not Job.objects.filter(pk=job.pk, lease=job.lease).update(**changes):
        log.warning("job_lease_lost")


# --- what a running job may say


@contextmanager
def _as_current(job: Job) -> Iterator[None]:
    token = _current.set(job)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Job | None:
    """The job this code runs in, None in a request or a test."""
    return _current.get()


def progress(done: int, total: int, text: str = "") -> None:
    """Show how far the running job is; without a job it does nothing. Call it between transactions: 1 statement."""
    job = _current.get()
    if job is not None:
        changes = {"progress_done": done, "progress_total": total, "progress_text": text[:200]}
        Job.objects.filter(pk=job.pk, lease=job.lease).update(**changes)
