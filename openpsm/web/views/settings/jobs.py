"""Work behind the screen: what waits, what failed, and another try."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core import health
from openpsm.core.jobs import parked
from openpsm.core.models import Job
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell

VIEW = Permission.JOB_VIEW
SHOWN = 100


@page(VIEW)
def job_list(request: UserRequest) -> HttpResponse:
    """Show the newest jobs of a state, and whether a worker lives (3 queries beside the frame's)."""
    state = request.GET.get("state", "")
    if state not in Job.State.values:
        state = ""
    counts, now = parked.count_by_state(), timezone.now()
    context = {
        "title": _("Jobs"),
        "crumbs": [(_("Settings"), reverse("web:settings"))],
        "states": [(value, label, counts.get(value, 0)) for value, label in Job.State.choices],
        "state": state,
        "total": sum(counts.values()),
        "jobs": list(parked.jobs_in(state)[:SHOWN]),
        "seen_at": health.worker_seen_at(now),
        "shown": SHOWN,
    }
    return render(request, "settings/jobs.html", context)


@page(VIEW, methods=("POST",))
def retry(request: UserRequest, pk: UUID) -> HttpResponse:
    """Let a job that was given up begin anew."""
    if not parked.jobs_in().filter(pk=pk).exists():
        raise Http404
    tell(request, lambda: _retry(request, pk), _("The job waits for a worker again."))
    return redirect("web:job-list")


def _retry(request: UserRequest, pk: UUID) -> Job:
    access.require_over(request.user, VIEW)
    return parked.retry_job(job_id=pk, by=request.user, at=timezone.now())
