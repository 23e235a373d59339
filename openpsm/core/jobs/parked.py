"""Jobs for the eyes of an administrator, and another try for one that was given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.core import events
from openpsm.core.errors import DomainError
from openpsm.core.jobs import bell
from openpsm.core.models.jobs import Job


def jobs_in(state: str = "") -> QuerySet[Job]:
    """The jobs of a state, or all of them; the caller has checked the right."""
    rows = Job.objects.select_related("requested_by").order_by("-enqueued_at", "pk")
    return rows.filter(state=state) if state else rows


def count_by_state() -> Mapping[str, int]:
    """How many jobs there are in each state (1 query)."""
    return dict(Job.objects.order_by().values_list("state").annotate(n=Count("pk")))


def retry_job(*, job_id: UUID, by: AbstractBaseUser, at: datetime) -> Job:
    """Let a parked or refused job begin anew with all its tries; the caller has checked the right."""
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True, of=("self",)).get(pk=job_id)
        if job.state not in (Job.State.PARKED, Job.State.FAILED):
            raise DomainError(_("Only a parked or refused job can be tried again."), code="job-not-parked")
        job.state, job.attempts, job.error = Job.State.READY, 0, ""
        job.run_after, job.rung_at, job.finished_at = at, at, None
        job.save(update_fields=["state", "attempts", "error", "run_after", "rung_at", "finished_at"])
        events.record("job.retried", subject=by, by=by, at=at, job=str(job.pk), task=job.task)
        transaction.on_commit(partial(bell.ring, str(job.pk)), robust=True)
    return job
