"""The backend behind `@task` and `.enqueue()`: a row in the caller's own transaction, neither lost nor premature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.utils import normalize_json

from openpsm.core.jobs import bell
from openpsm.core.models.jobs import Job

_STATUS = {
    Job.State.READY: TaskResultStatus.READY,
    Job.State.RUNNING: TaskResultStatus.RUNNING,
    Job.State.DONE: TaskResultStatus.SUCCESSFUL,
    Job.State.FAILED: TaskResultStatus.FAILED,
    Job.State.PARKED: TaskResultStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxTask(Task[Any, Any]):
    """A task that also says how often it is tried: `@task(max_attempts=1)`."""

    max_attempts: int = 6


class OutboxBackend(BaseTaskBackend):
    """Jobs in the table of the outbox. The engine only rings; the row decides who runs what, and when again.

    A task with the keyword argument `user_id` is a request of that user: it does not run once the user is deactivated.
    """

    task_class = OutboxTask
    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Task[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> TaskResult[Any]:
        """Write the row now and ring after the commit."""
        self.validate_task(task)
        at = timezone.now()
        job = Job.objects.create(
            task=task.module_path,
            args=normalize_json(list(args)),
            kwargs=normalize_json(dict(kwargs)),
            queue=task.queue_name,
            priority=task.priority,
            requested_by_id=kwargs.get("user_id"),
            enqueued_at=at,
            run_after=task.run_after or at,
            rung_at=None if task.run_after else at,
            max_attempts=getattr(task, "max_attempts", 6),
        )
        if job.run_after <= at:
            transaction.on_commit(partial(bell.ring, str(job.pk)), robust=True)
        return result_of(job, task)

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Read how a job stands."""
        try:
            return result_of(Job.objects.get(pk=result_id))
        except (Job.DoesNotExist, ValidationError):
            raise TaskResultDoesNotExist(result_id) from None


def result_of(job: Job, task: Task[Any, Any] | None = None) -> TaskResult[Any]:
    """Describe a job in the words of the task interface."""
    errors = [TaskError(exception_class_path="", traceback=job.error)] if job.error else []
    result: TaskResult[Any] = TaskResult(
        task=task or import_string(job.task),
        id=str(job.pk),
        status=_STATUS[Job.State(job.state)],
        enqueued_at=job.enqueued_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        last_attempted_at=job.started_at,
        args=job.args,
        kwargs=job.kwargs,
        backend="default",
        errors=errors,
        worker_ids=list(job.workers),
    )
    object.__setattr__(result, "_return_value", job.result)  # the interface has no other way to set it
    return result
