"""Export of a list: short ones at once, long ones by the worker with a page that shows how far it is."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.models.jobs import Job
from openpsm.core.paging import capped_count
from openpsm.org import operations
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import exporting, jobs, state
from openpsm.web.lists.state import COLUMNS, VIEW, State
from openpsm.web.views.files import HEADERS
from openpsm.web.views.lists.choosing import listing_for

#: Longer lists are the worker's.
AT_ONCE = 10_000


@page(Permission.EXPORT, methods=("POST",))
def export(request: UserRequest, listing: str) -> HttpResponse:
    """Hand out the list as a file, or let the worker make it."""
    format, known = request.POST.get("format", "xlsx"), listing_for(request, listing)  # noqa: A001 - its name
    if format not in exporting.FORMATS:
        raise Http404
    chosen = state.read_query(known, request.user, request.POST.get("query", ""))
    query = _query(chosen)
    if capped_count(chosen.rows(), AT_ONCE) is None:
        call: dict[str, Any] = {"user_id": request.user.pk, "listing": listing, "query": query, "format": format}
        return redirect("web:export", jobs.export_list.enqueue(**call).id)
    return _at_once(request, chosen, query, format)


def _query(chosen: State) -> str:
    """The address with its columns written out: what the file holds does not change while it waits."""
    keys = ",".join(column.key for column in chosen.columns)
    return urlencode(chosen.pairs(without=(VIEW, "group"), **{COLUMNS: keys}))


def _at_once(request: UserRequest, chosen: State, query: str, format: str) -> HttpResponse:  # noqa: A002 - its name
    with tempfile.TemporaryDirectory(dir=jobs.folder()) as place:
        path = Path(place) / "list"
        number = exporting.write(chosen, format, path)
        keys = [column.key for column in chosen.columns]
        said: dict[str, Any] = {"listing": chosen.listing.key, "query": query, "columns": keys, "number": number}
        operations.record_export(**said, by=request.user, at=timezone.now())
        return _handed_out(path, exporting.file_name(chosen, format), format)


def _handed_out(path: Path, name: str, format: str) -> HttpResponse:  # noqa: A002 - its name
    """The open file outlives its name on the disk."""
    content = path.open("rb")
    kind = exporting.MIMES[format]
    response: HttpResponse = FileResponse(content, as_attachment=True, filename=name, content_type=kind)  # type: ignore[assignment]  # a streaming answer is an answer
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response


def _job(request: UserRequest, pk: Any) -> Job:
    """One's own export; anybody else's does not exist."""
    own = Job.objects.filter(pk=pk, requested_by=request.user, task=jobs.export_list.module_path).first()
    if own is None:
        raise Http404
    return own


@page()
def show(request: UserRequest, pk: Any) -> HttpResponse:
    """How far an export is; its file, once it is there."""
    job = _job(request, pk)
    is_there = job.state == Job.State.DONE and not jobs.is_expired(job, timezone.now())
    context = {
        "title": _("Export"),
        "job": job,
        "is_there": is_there,
        "is_over": job.state == Job.State.DONE and not is_there,
        "is_running": not job.is_finished,
        "percent": 100 * job.progress_done // job.progress_total if job.progress_total else 0,
        "until": job.finished_at + jobs.KEEP if job.finished_at else None,
    }
    return render(request, "lists/_export.html" if request.headers.get("HX-Request") else "lists/export.html", context)


@page(Permission.EXPORT)
def download(request: UserRequest, pk: Any) -> HttpResponse:
    """Hand out the file of one's own export, as long as it is kept."""
    job = _job(request, pk)
    path = jobs.path_of(job)
    if job.result is None or jobs.is_expired(job, timezone.now()) or not path.is_file():
        raise Http404
    return _handed_out(path, job.result["name"], path.suffix.removeprefix("."))
