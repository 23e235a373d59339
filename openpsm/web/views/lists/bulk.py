"""Changing many records of a list: choose, ask, preview, do, report, undo."""

from collections import Counter
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.org import operations
from openpsm.org.models import BulkEdit, BulkResult
from openpsm.org.operations.bulk import MOST_RECORDS
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import doing, jobs
from openpsm.web.lists.bulk import Action
from openpsm.web.lists.declaration import Listing
from openpsm.web.lists.doing import AT_ONCE, MOST_REHEARSED, ValuesForm
from openpsm.web.views.lists.choosing import listing_for, state_for


def _ids(texts: list[str]) -> list[int]:
    """Ids as sent: numbers alone, each once, no more than may be changed at once."""
    numbers = [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19]
    return list(dict.fromkeys(numbers))[:MOST_RECORDS]


@page(methods=("POST",))
def choose(request: UserRequest, listing: str) -> HttpResponse:
    """Say what shall be done with the chosen records, or with all of the filter."""
    chosen = state_for(request, listing, request.POST.get("query", ""))
    known = chosen.listing
    actions = [one for one in known.actions if one.is_open_to(request.user)]
    if not actions:
        raise Http404
    picked = _ids(request.POST.getlist("pk"))
    every = list(chosen.rows().order_by("pk").values_list("pk", flat=True)[: MOST_RECORDS + 1])
    ids = [pk for pk in picked if pk in set(every)] if picked and len(every) <= MOST_RECORDS else picked or every
    back = f"{known.url}{chosen.address()}"
    context = {
        "title": _("Change many"),
        "crumbs": [(known.title, back)],
        "back": back,
        "listing": known,
        "actions": [(one.label, reverse("web:bulk-ask", args=[listing, one.key])) for one in actions],
        "ids": ids[:MOST_RECORDS],
        "is_all": not picked,
        "is_cut": not picked and len(every) > MOST_RECORDS,
        "most": MOST_RECORDS,
        "query": chosen.query,
    }
    return render(request, "lists/bulk.html", context)


def _action(request: UserRequest, listing: Listing, key: str) -> Action:
    found = next((one for one in listing.actions if one.key == key and one.is_open_to(request.user)), None)
    if found is None:
        raise Http404
    return found


@page(methods=("POST",))
def ask(request: UserRequest, listing: str, action: str) -> HttpResponse:
    """Ask for the values, show what would happen, and do it."""
    known = listing_for(request, listing)
    act, ids = _action(request, known, action), _ids(request.POST.get("ids", "").split(","))
    step = request.POST.get("step", "")
    form = ValuesForm(act, request.user, request.POST if step else None)
    back = f"{known.url}?{request.POST.get('query', '')}"
    context: dict[str, Any] = {
        "title": act.label,
        "crumbs": [(known.title, back)],
        "back": back,
        "form": form,
        "ids": ids,
        "query": request.POST.get("query", ""),
        "action": reverse("web:bulk-ask", args=[listing, action]),
    }
    is_ready = bool(ids) and (form.is_valid() if step else not act.inputs())
    if is_ready and step == "do":
        return _do(request, known, act, ids, form)
    if is_ready:
        values = form.cleaned_data if step else {}
        tried = doing.rehearsed(known, act, ids, values, request.user)
        counts = Counter(one.outcome for one in tried)
        context |= {"lines": tried, "counts": counts, "untried": max(0, len(ids) - MOST_REHEARSED)}
        context["values"] = form.stored() if step else {}
    return render(request, "lists/bulk_ask.html", context, status=422 if form.errors or not ids else 200)


def _do(request: UserRequest, listing: Listing, act: Action, ids: list[int], form: ValuesForm) -> HttpResponse:
    values = form.stored() if form.is_bound and form.is_valid() else {}
    call: dict[str, Any] = {"listing": listing.key, "action": act.key, "values": values, "ids": ids}
    bulk = operations.start_bulk(**call, by=request.user, at=timezone.now())
    return _start(request, listing, bulk)


def _start(request: UserRequest, listing: Listing, bulk: BulkEdit) -> HttpResponse:
    """Short ones at once, long ones by the worker."""
    if len(bulk.ids) <= AT_ONCE:
        doing.run(listing, bulk, request.user)
    else:
        jobs.run_bulk.enqueue(user_id=request.user.pk, bulk_id=bulk.pk)
    return redirect("web:bulk", bulk.pk)


@page()
def report(request: UserRequest, pk: int) -> HttpResponse:
    """How a bulk edit of one's own went, record by record."""
    bulk = get_object_or_404(BulkEdit.objects.visible_to(request.user).select_related("undone_by"), pk=pk)
    known = listing_for(request, bulk.listing)
    act = next((one for one in known.actions if one.key == bulk.action), None)
    results = list(bulk.results.order_by("pk").values_list("record_id", "outcome", "reason"))
    counts = Counter(outcome for _pk, outcome, _reason in results)
    undone = BulkEdit.objects.visible_to(request.user).filter(undo_of=bulk).first()
    can_undo = act is not None and act.undo is not None and bulk.undo_of_id is None and undone is None
    label = act.label if act else bulk.action
    context = {
        "title": _("Undo: %(label)s") % {"label": label} if bulk.undo_of_id else label,
        "crumbs": [(known.title, known.url)],
        "back": known.url,
        "bulk": bulk,
        "lines": doing.lines(known, results, request.user),
        "counts": counts,
        "total": len(bulk.ids),
        "percent": 100 * len(results) // max(1, len(bulk.ids)),
        "undone": undone,
        "can_undo": can_undo and bulk.finished_at is not None and counts[BulkResult.Outcome.DONE] > 0,
    }
    name = "lists/_bulk_report.html" if request.headers.get("HX-Request") else "lists/bulk_report.html"
    return render(request, name, context)


@page(methods=("POST",))
def undo(request: UserRequest, pk: int) -> HttpResponse:
    """Put back what a bulk edit of one's own has changed, where nobody has changed it since."""
    bulk = get_object_or_404(BulkEdit.objects.visible_to(request.user), pk=pk)
    known = listing_for(request, bulk.listing)
    if _action(request, known, bulk.action).undo is None:
        raise Http404
    try:
        started = operations.start_undo(bulk_id=pk, by=request.user, at=timezone.now())
    except DomainError:
        return redirect("web:bulk", pk)
    return _start(request, known, started)
