"""Processes as they are published, to read."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from openpsm.org.permissions import Permission
from openpsm.process import queries
from openpsm.web.access import UserRequest, page

ADMIN = Permission.PROCESS_ADMIN


@page(ADMIN)
def process_list(request: UserRequest) -> HttpResponse:
    """Show the published versions (1 query beside the frame's)."""
    context = {
        "title": _("Processes"),
        "crumbs": [(_("Settings"), reverse("web:settings"))],
        "versions": queries.published_versions(),
    }
    return render(request, "settings/processes.html", context)


@page(ADMIN)
def process_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show one version: the customer's steps, our stages with their key nodes and what keeps them."""
    version = next((each for each in queries.published_versions() if each.pk == pk), None)
    if version is None:
        raise Http404
    process = queries.definition(pk)
    home = reverse("web:process-list")
    context = {
        "title": process.title,
        "crumbs": [(_("Settings"), reverse("web:settings")), (_("Processes"), home)],
        "process": process,
        "version": version,
    }
    return render(request, "settings/process.html", context)
