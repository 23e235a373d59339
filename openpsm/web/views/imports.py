"""Tables in and out: bring a file, say what its columns mean, look at what would happen, take it over, take it back."""

from __future__ import annotations

import io
import tempfile
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core import health
from openpsm.core.models import Job
from openpsm.exchange import exports
from openpsm.exchange.imports import operations, reports
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.imports.kinds.base import Kind
from openpsm.exchange.models import ImportBatch
from openpsm.exchange.sheets import writing
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell
from openpsm.web.forms.base import attempt
from openpsm.web.forms.imports import MappingForm, UploadForm
from openpsm.web.views.files import HEADERS

MAY, TAKE = Permission.IMPORT, Permission.EXPORT
SHOWN, PREVIEWED = 50, 30
State = ImportBatch.State
_JOBS = {State.CHECKING: "check_batch", State.PUBLISHING: "publish_batch", State.UNDOING: "undo_batch"}


def _crumbs(*more: tuple[Any, str]) -> list[tuple[Any, str]]:
    return [(_("Settings"), reverse("web:settings")), (_("Imports"), reverse("web:import-list")), *more]


def _own(request: UserRequest, pk: int) -> ImportBatch:
    batch: ImportBatch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=pk)
    return batch


@page(MAY)
def import_list(request: UserRequest) -> HttpResponse:
    """Show one's own imports, newest first, and the kinds with their templates."""
    batches = list(ImportBatch.objects.visible_to(request.user).order_by("-pk")[:SHOWN])
    context = {
        "title": _("Imports"),
        "crumbs": _crumbs()[:1],
        "primary": (_("Import a file"), reverse("web:import-new")),
        "batches": [(batch, KINDS[batch.kind].label) for batch in batches],
        "kinds": operations.kinds_of(request.user),
        "can_export": access.reach(request.user).holds_anywhere(TAKE),
    }
    return render(request, "imports/list.html", context)


@page(MAY, methods=("GET", "POST"))
def new(request: UserRequest) -> HttpResponse:
    """Bring a file; what cannot be read is refused with its reason, and nothing of it is kept."""
    kinds = operations.kinds_of(request.user)
    form = UploadForm(
        request.POST or None, request.FILES or None, kinds=kinds, initial={"kind": request.GET.get("kind")}
    )
    if request.method == "POST" and form.is_valid():
        batch = attempt(form, lambda: _upload(request, form))
        if batch is not None:
            return redirect("web:import-map", batch.pk)
    context = {"form": form, "title": _("Import a file"), "crumbs": _crumbs(), "kinds": kinds}
    return render(request, "imports/new.html", context, status=422 if form.errors else 200)


def _upload(request: UserRequest, form: UploadForm) -> ImportBatch:
    file = form.cleaned_data["file"]
    return operations.upload(
        kind=form.cleaned_data["kind"], file_name=file.name, chunks=file.chunks(), by=request.user, at=timezone.now()
    )


@page(MAY)
def template(request: UserRequest, kind: str) -> HttpResponse:
    """Hand out an empty table with all headings."""
    found = _kind(kind)
    if found not in operations.kinds_of(request.user):
        raise PermissionDenied
    file = io.BytesIO()
    exports.write_template(file, found)
    return _download(file, f"{found.label}.xlsx", "xlsx")


def _kind(key: str) -> Kind:
    if key not in KINDS:
        raise Http404
    return KINDS[key]


def _download(file: Any, name: str, form: str) -> HttpResponse:
    file.seek(0)
    response: HttpResponse = FileResponse(file, as_attachment=True, filename=name, content_type=writing.MIME[form])  # type: ignore[assignment]  # a streaming answer is an answer
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response


@page(MAY, methods=("GET", "POST"))
def map_columns(request: UserRequest, pk: int) -> HttpResponse:
    """Say what the columns mean; the check of all rows runs behind the screen."""
    batch = _own(request, pk)
    if batch.state not in (State.DRAFT, State.CHECKED):
        return redirect("web:import-detail", pk)
    if request.method == "POST" and request.POST.get("sheet", batch.sheet) != batch.sheet:
        tell(request, lambda: _other_sheet(request, batch), _("This is the other sheet."))
        return redirect("web:import-map", pk)
    form = MappingForm(request, batch, KINDS[batch.kind])
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: _check(request, batch, form)) is not None:
        return redirect("web:import-detail", pk)
    crumbs = _crumbs((batch.file_name, reverse("web:import-detail", args=[pk])))
    context = {
        "form": form,
        "batch": batch,
        "kind": KINDS[batch.kind],
        "title": _("What the columns mean"),
        "crumbs": crumbs,
    }
    return render(request, "imports/map.html", context, status=422 if form.errors else 200)


def _other_sheet(request: UserRequest, batch: ImportBatch) -> ImportBatch:
    return operations.choose_sheet(batch_id=batch.pk, sheet=request.POST["sheet"], by=request.user)


def _check(request: UserRequest, batch: ImportBatch, form: MappingForm) -> ImportBatch:
    said = form.cleaned_data
    return operations.request_check(
        batch_id=batch.pk,
        chosen=form.chosen,
        update_by=said.get("update_by", ""),
        is_partial=said["is_partial"],
        by=request.user,
        at=timezone.now(),
    )


@page(MAY)
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show how far an import is and what came of it; while it runs the part in the middle refreshes itself."""
    batch = _own(request, pk)
    rows = list(reports.told(batch)[:PREVIEWED]) if not batch.is_busy else []
    names = reports.titles(batch)
    context = {
        "title": batch.file_name,
        "crumbs": _crumbs(),
        "batch": batch,
        "kind": KINDS[batch.kind],
        "good": batch.total - batch.bad,
        "faults": [(row, reports.reasons(row, names)) for row in rows],
        "job": _job(batch) if batch.is_busy else None,
        "worker": health.worker_seen_at(timezone.now()) if batch.is_busy else None,
        "states": State,
    }
    return render(request, "imports/_state.html" if request.htmx else "imports/detail.html", context)


def _job(batch: ImportBatch) -> Job | None:
    name = f"openpsm.exchange.imports.jobs.{_JOBS[State(batch.state)]}"
    rows = Job.objects.filter(requested_by=batch.by_id, task=name, kwargs__batch_id=batch.pk)
    return rows.order_by("-enqueued_at").first()


@page(MAY, methods=("POST",))
def publish(request: UserRequest, pk: int) -> HttpResponse:
    """Let a worker take the checked rows over."""
    batch, at = _own(request, pk), timezone.now()
    done = _("The rows are being taken over. You may leave this page.")
    tell(request, lambda: operations.request_publish(batch_id=batch.pk, by=request.user, at=at), done)
    return redirect("web:import-detail", pk)


@page(MAY, methods=("POST",))
def undo(request: UserRequest, pk: int) -> HttpResponse:
    """Let a worker take an import back."""
    batch, at = _own(request, pk), timezone.now()
    done = _("The import is being taken back.")
    tell(request, lambda: operations.request_undo(batch_id=batch.pk, by=request.user, at=at), done)
    return redirect("web:import-detail", pk)


@page(MAY, methods=("POST",))
def discard(request: UserRequest, pk: int) -> HttpResponse:
    """Throw a file away that nothing has come of."""
    batch = _own(request, pk)
    tell(request, lambda: operations.discard(batch_id=batch.pk, by=request.user), _("The file was thrown away."))
    return redirect("web:import-list")


@page(MAY)
def errors(request: UserRequest, pk: int) -> HttpResponse:
    """Hand out the file once more, with the faulty cells marked and the reasons beside them."""
    batch = _own(request, pk)
    stem = "-".join((batch.file_name.split(".")[0], _("errors")))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    if reports.is_small(batch):
        reports.write_workbook(file, batch)
        return _download(file, f"{stem}.xlsx", "xlsx")
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    reports.write_csv(text, batch)
    text.detach()
    return _download(file, f"{stem}.csv", "csv")


@page(TAKE)
def exports_page(request: UserRequest) -> HttpResponse:
    """Show what can be taken along, in which form."""
    context = {
        "title": _("Exports"),
        "crumbs": [(_("Settings"), reverse("web:settings"))],
        "kinds": list(KINDS.values()),
        "forms": writing.FORMATS,
    }
    return render(request, "imports/exports.html", context)


@page(TAKE, methods=("POST",))
def export(request: UserRequest, kind: str) -> HttpResponse:
    """Hand out all records of a kind that the person sees."""
    found, form = _kind(kind), request.POST.get("format", "xlsx")
    if form not in writing.FORMATS:
        messages.error(request, _("There is no such format."))
        return redirect("web:export-list")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    exports.export(kind=found, form=form, file=file, by=request.user, at=timezone.now())
    return _download(file, f"{found.label}.{form}", form)
