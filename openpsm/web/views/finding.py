"""The search over everything, the records opened last, colleagues, and where a contact is added from nowhere."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.insights.finding import LONGEST, REMEMBERED, seen
from openpsm.org import operations
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.web import finding
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import AmountField, DayField, readable

MOST_ON_PAGE = 20
MOST_IN_PALETTE = 5
MOST_PROJECTS = 20
UNDERSTOOD = {"amount": AmountField(required=False), "day": DayField(required=False)}


@page()
def search(request: UserRequest) -> HttpResponse:
    """Find records, pages and commands; while typing only the results, a few of each kind (at most 10 queries)."""
    text = " ".join(request.GET.get("q", "")[:LONGEST].replace("\x00", "").split())
    most = MOST_IN_PALETTE if request.htmx else MOST_ON_PAGE
    found = finding.sections(text, user=request.user, most=most) if text else finding.opened_lately(request.user)
    context: dict[str, Any] = {"title": _("Search"), "global_query": text, "sections": found}
    return render(request, "today/_found.html" if request.htmx else "today/search.html", context)


@page(methods=("POST",))
def remember(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Note that the person has opened a record: sent by the page itself once it is shown."""
    label = REMEMBERED.get(kind, "")
    if not label or not seen(kind, pk, user=request.user):
        raise Http404
    operations.remember_opened(subject_type=label, subject_id=pk, by=request.user, at=timezone.now())
    return HttpResponse(status=204)


@page()
def keys(request: UserRequest) -> HttpResponse:
    """The keys that work on every page, fetched when somebody asks for them (no query of its own)."""
    return render(request, "frame/_keys.html")


@page()
def person(request: UserRequest, pk: int) -> HttpResponse:
    """A colleague: post, department, how to reach them, and their running projects as far as one sees them."""
    colleague = get_object_or_404(User.objects.visible_to(request.user).select_related("department"), pk=pk)
    running = Project.objects.visible_to(request.user).running().filter(owner=colleague).select_related("account")
    rows = list(running.order_by("sort_key", "pk")[:MOST_PROJECTS])
    return render(request, "today/person.html", {"title": colleague.name, "person": colleague, "projects": rows})


@page()
def understood(request: UserRequest, kind: str) -> HttpResponse:
    """Say how a typed amount or day is read, before the form is sent (no query beside the session's)."""
    field = UNDERSTOOD.get(kind)
    if field is None:
        raise Http404
    text, answer, error = request.GET.get("text", "")[:60].replace("\x00", ""), "", ""
    try:
        value = field.clean(text)
        answer = "" if value is None else readable(value)
    except ValidationError as refused:
        error = " ".join(refused.messages)
    return render(request, "components/_understood.html", {"answer": answer, "error": error})


@page(Permission.CONTACT_EDIT)
def contact_start(request: UserRequest) -> HttpResponse:
    """Add a contact from anywhere: choose the account first, the last ones opened are at hand."""
    chosen = request.GET.get("account", "")
    if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
        account = get_object_or_404(Account.objects.visible_to(request.user), pk=int(chosen))
        return redirect("web:contact-new", account.pk)
    own = Account.objects.visible_to(request.user).filter(members__user=request.user)
    rows = list(own.order_by("-updated_at", "-pk")[:30])
    return render(request, "today/contact_start.html", {"title": _("Add a contact"), "accounts": rows})
