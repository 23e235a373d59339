"""Work outside of requests: the outbox of jobs, their schedule, the workers alive."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """A piece of work for a worker, written in the transaction of whoever asks for it."""

    class State(models.TextChoices):
        READY = "ready", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("refused")
        PARKED = "parked", _("parked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(_("task"), max_length=200)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    queue = models.CharField(max_length=50, default="default")
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.READY)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("requested by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    enqueued_at = models.DateTimeField(_("enqueued at"))
    run_after = models.DateTimeField(_("not before"))
    rung_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    max_attempts = models.PositiveSmallIntegerField(default=6)
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    workers = models.JSONField(default=list)
    result = models.JSONField(null=True)
    error = models.TextField(_("error"), blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    progress_text = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = (
            models.Index(fields=["state", "run_after"], name="job_due"),
            models.Index(fields=["state", "leased_until"], name="job_lease"),
            models.Index(fields=["requested_by", "-enqueued_at"], name="job_requested"),
        )

    def __str__(self) -> str:
        return f"{self.task} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.PARKED)


class JobSchedule(models.Model):
    """When a periodic job is due next; the worker that moves the row on is the one that runs it."""

    name = models.CharField(max_length=100, unique=True)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class WorkerHeartbeat(models.Model):
    """A sign of life of a worker process, every 15 seconds."""

    worker = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.worker
