"""The recycle bin: what one deleted lately, and bringing it back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts import operations as accounts
from openpsm.activities import operations as activities
from openpsm.core.errors import DomainError
from openpsm.insights.recycled import Deleted, in_bin
from openpsm.org.bin import kept_for
from openpsm.projects import operations as projects
from openpsm.registrations import operations as registrations
from openpsm.web.access import UserRequest, page
from openpsm.web.templatetags.psm import day

KINDS: dict[str, str | Promise] = {
    "project": gettext_lazy("Project"),
    "account": gettext_lazy("Account"),
    "contact": gettext_lazy("Contact"),
    "activity": gettext_lazy("Activity"),
    "comment": gettext_lazy("Comment"),
}
RESTORE: dict[str, Callable[..., Any]] = {
    "project": lambda pk, **call: projects.restore_project(project_id=pk, **call),
    "account": lambda pk, **call: registrations.restore_account(account_id=pk, **call),
    "contact": lambda pk, **call: accounts.restore_contact(contact_id=pk, **call),
    "activity": lambda pk, **call: activities.restore_activity(activity_id=pk, **call),
    "comment": lambda pk, **call: activities.restore_comment(comment_id=pk, **call),
}


@page()
def recycle_bin(request: UserRequest) -> HttpResponse:
    """Show what the person deleted or answers for, with until when it can be brought back (7 queries)."""
    found = [(one, KINDS[one.kind], _name(one)) for one in in_bin(request.user, at=timezone.now())]
    context = {"title": _("Recycle bin"), "rows": found, "days": kept_for().days}
    return render(request, "today/bin.html", context)


def _name(one: Deleted) -> str:
    record = one.record
    if one.kind == "activity":
        when = day(record.done_on or record.planned_on)
        return f"{capfirst(record.get_kind_display())} {when} · {record.project or record.account}"
    if one.kind == "contact":
        return f"{record.name} · {record.account.name}"
    return str(record.text)[:100] if one.kind == "comment" else str(record)


@page(methods=("POST",))
def restore(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Bring a record back and go to it; a refusal is said on the page of the bin."""
    if kind not in RESTORE:
        raise Http404
    try:
        record = RESTORE[kind](pk, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("web:bin")
    messages.success(request, _("It is back."))
    return redirect(_place(kind, record))


def _place(kind: str, record: Any) -> str:
    if kind == "comment":
        from openpsm.web.views.comments import place_of  # it offers to undo, with this page's address

        return place_of(record)
    return reverse(f"web:{kind}-detail", args=[record.pk])
