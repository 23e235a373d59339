"""Files of projects, accounts and activities: add, list, hand out, take away.

A page shows them with `components/_files.html` and the values of `context`.
"""

from typing import Any, BinaryIO

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core import attachments
from openpsm.core.errors import DomainError
from openpsm.core.models.files import Attachment
from openpsm.org.models import User
from openpsm.web.access import UserRequest, page
from openpsm.web.attached import HOLDERS, Holder, holder_of
from openpsm.web.forms.base import BoundForm, attempt

#: A file that got past every check still runs nothing, is never shown inside our pages and stays in no cache.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


class FileForm(BoundForm):
    file = forms.FileField(label=gettext_lazy("File"), max_length=200)


def context(root: Model, user: User, *, form: FileForm | None = None) -> dict[str, Any]:
    """Return what `components/_files.html` needs for a visible record (at most 2 queries)."""
    holder = holder_of(root)
    return {
        "files": list(attachments.attachments_of(root).select_related("by")),
        "files_form": form or FileForm(prefix="upload"),
        "files_url": reverse("web:file-upload", args=[holder.key, root.pk]),
        "can_add_files": holder.may_write(user, root),
    }


def _holder(kind: str) -> Holder:
    if kind not in HOLDERS:
        raise Http404
    return HOLDERS[kind]


@page(methods=("POST",))
def upload(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Add a file to a record; a refusal says which file and why."""
    holder = _holder(kind)
    root = holder.find(request.user, pk)
    if root is None:
        raise Http404
    if not holder.may_write(request.user, root):
        raise PermissionDenied
    form = FileForm(request.POST, request.FILES, prefix="upload")
    if form.is_valid() and attempt(form, lambda: _add(root, form, request.user)) is not None:
        form = FileForm(prefix="upload")
    if request.htmx:
        status = 422 if form.errors else 200
        return render(request, "components/_files.html", context(root, request.user, form=form), status=status)
    for text in (text for texts in form.errors.values() for text in texts):
        messages.error(request, str(text))
    return redirect(holder.url(pk))


def _add(root: Any, form: FileForm, by: User) -> Attachment:
    file = form.cleaned_data["file"]
    return attachments.add_attachment(root=root, name=file.name, content=file, by=by, at=timezone.now())


def _found(request: UserRequest, pk: int, *, write: bool) -> Attachment:
    """Return the file if the person may have it at this moment; else it does not exist for them."""
    attachment: Attachment = get_object_or_404(Attachment, pk=pk)
    if not attachments.may(request.user, attachment):
        raise Http404
    if write and not attachments.may(request.user, attachment, write=True):
        raise PermissionDenied
    return attachment


@page()
def download(request: UserRequest, pk: int) -> HttpResponse:
    """Hand out a file, always to be saved, never to be shown."""
    attachment = _found(request, pk, write=False)
    try:
        content = attachments.open_attachment(attachment)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(_holder_of(attachment).url(attachment.root_id))
    return _handed_out(attachment, content)


def _handed_out(attachment: Attachment, content: BinaryIO) -> HttpResponse:
    kind, name = attachment.mime, attachment.name
    response: HttpResponse = FileResponse(content, as_attachment=True, filename=name, content_type=kind)  # type: ignore[assignment]  # a streaming answer is an answer
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response


def _holder_of(attachment: Attachment) -> Holder:
    return next(one for one in HOLDERS.values() if one.model._meta.label_lower == attachment.root_type)


@page(methods=("POST",))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Take a file away from its record; it leaves the disk 30 days later."""
    attachment = _found(request, pk, write=True)
    holder = _holder_of(attachment)
    root: Model = holder.find(request.user, attachment.root_id)
    attachments.remove_attachment(attachment=attachment, root=root, by=request.user, at=timezone.now())
    messages.success(request, _("The file was removed."))
    return redirect(holder.url(attachment.root_id))
