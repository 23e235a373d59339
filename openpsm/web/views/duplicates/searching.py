"""Looking for pairs: over the whole base by a worker, for one account at once."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core import health
from openpsm.core.models import Job
from openpsm.duplicates import operations
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import AskForm, ask
from openpsm.web.views.accounts import frame

MAY = Permission.ACCOUNT_MERGE
TASK = "openpsm.duplicates.jobs.search_base"


@page(MAY, methods=("GET", "POST"))
def search(request: UserRequest) -> HttpResponse:
    """Let a worker compare all accounts, and show how far it is; one search at a time."""
    job = Job.objects.filter(task=TASK).order_by("-enqueued_at").first()
    is_busy = job is not None and not job.is_finished
    if request.method == "POST":
        if not is_busy:
            operations.request_search(by=request.user)
        return redirect("web:duplicate-search")
    at = timezone.now()
    context = {
        "title": _("Search the whole base"),
        "crumbs": [(_("Duplicates"), reverse("web:duplicate-list"))],
        "job": job,
        "is_busy": is_busy,
        "worker": health.worker_seen_at(at) if is_busy else None,
    }
    return render(request, "duplicates/_search.html" if request.htmx else "duplicates/search.html", context)


@page(MAY, methods=("GET", "POST"))
def alike(request: UserRequest, pk: int) -> HttpResponse:
    """Look for accounts like this one now."""
    account = frame.find(request, pk)
    return ask(
        request,
        AskForm(request),
        lambda: operations.find_alike(account_id=account.pk, by=request.user, at=timezone.now()),
        title=_("Find duplicates"),
        intro=_("“%(name)s” is compared with all accounts. Nothing is changed.") % {"name": account.name},
        action=_("Search"),
        done=_("These accounts look like “%(name)s”.") % {"name": account.name},
        back=f"{reverse('web:duplicate-list')}?account={account.pk}",
    )
