"""Handing over for somebody who leaves or moves, and confirming what one has received."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError, NotAllowed
from openpsm.org import access, handovers, operations
from openpsm.org.models import Handover, HandoverItem, User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell
from openpsm.web.forms.handovers import ContestForm, GiverForm, HandoverForm
from openpsm.web.places import PLACES

MOST = 100


@page()
def handover_list(request: UserRequest) -> HttpResponse:
    """Show the newest handovers that one has to do with, those that wait for a word first (2 queries)."""
    rows = handovers.with_counts(Handover.objects.visible_to(request.user)).select_related("giver", "created_by")
    found = list(rows.order_by("-pk")[:MOST])
    mine = HandoverItem.objects.visible_to(request.user).waiting().filter(receiver=request.user)
    mine = mine.filter(handover__in=[one.pk for one in found])
    counts = dict(mine.values_list("handover").annotate(n=Count("pk")))
    lines = [(one, counts.get(one.pk, 0)) for one in found]
    context: dict[str, Any] = {"title": _("Handovers"), "lines": lines, "most": MOST}
    if _may_begin(request.user):
        context["primary"] = (_("New handover"), reverse("web:handover-new"))
    return render(request, "handovers/list.html", context)


def _may_begin(user: User) -> bool:
    own = access.reach(user)
    return bool(own.managed) or own.holds_anywhere(Permission.USER_ADMIN)


@page()
def handover_new(request: UserRequest) -> HttpResponse:
    """Ask who hands over, and lead to the list of what moves."""
    form = GiverForm(request.GET if "giver" in request.GET else None, user=request.user)
    if form.is_bound and form.is_valid():
        return redirect("web:handover-begin", form.cleaned_data["giver"])
    return _choose(request, form)


def _choose(request: UserRequest, form: GiverForm) -> HttpResponse:
    context = {"title": _("New handover"), "crumbs": _crumbs(), "form": form}
    return render(request, "handovers/choose.html", context, status=422 if form.errors else 200)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Handovers"), reverse("web:handover-list"))]


@page(methods=("GET", "POST"))
def handover_begin(request: UserRequest, pk: int) -> HttpResponse:
    """Show everything that moves and ask who receives it; one step does it all (2 queries a kind of things)."""
    giver = get_object_or_404(User.objects.visible_to(request.user).select_related("department"), pk=pk)
    try:
        kinds = handovers.plan(giver, request.user)
    except NotAllowed as refused:
        choosing = GiverForm({"giver": pk}, user=request.user)
        choosing.add_error(None, str(refused))
        return _choose(request, choosing)
    form = _handover_form(request, giver, kinds)
    call: dict[str, Any] = {"giver_id": giver.pk, "by": request.user, "at": timezone.now()}
    made = form.send(lambda: operations.hand_over(**call, **form.given()))
    if made is not None:
        messages.success(request, _("Handed over. Each receiver has been asked to confirm it."))
        return redirect("web:handover-detail", made.pk)
    context: dict[str, Any] = {"title": _("New handover"), "crumbs": _crumbs(), "form": form, "giver": giver}
    context |= {"kinds": kinds, "total": sum(kind.count for kind in kinds)}
    return render(request, "handovers/new.html", context, status=422 if form.errors else 200)


def _handover_form(request: UserRequest, giver: User, kinds: list[handovers.Kind]) -> HandoverForm:
    path = (giver.department.path or "") if giver.department else ""
    may = giver.is_active and access.reach(request.user).holds(Permission.USER_ADMIN, path=path)
    initial = {"reason": Handover.Reason.LEAVING.value}
    return HandoverForm(request, user=request.user, kinds=kinds, may_deactivate=may, initial=initial)


@page()
def handover_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show what moved, to whom, and what they said (2 queries beside the frame's, and 1 a kind of record)."""
    return _page(request, pk, ContestForm())


def _page(request: UserRequest, pk: int, form: ContestForm, *, item: int = 0) -> HttpResponse:
    rows = handovers.with_counts(Handover.objects.visible_to(request.user)).select_related("giver", "created_by")
    record = get_object_or_404(rows, pk=pk)
    groups = handovers.groups(record, request.user)
    lines = [line for group in groups for line in group.lines]
    mine = [line for line in lines if line.item.receiver_id == request.user.pk]
    context = {
        "title": _("Handover of %(name)s") % {"name": record.giver.name},
        "crumbs": _crumbs(),
        "handover": record,
        "groups": [(group, [(line, _place(line)) for line in group.lines]) for group in groups],
        "mine_waiting": sum(line.state in ("waiting", "contested") for line in mine),
        "form": form,
        "contested_item": item,
    }
    return render(request, "handovers/detail.html", context, status=422 if form.errors else 200)


def _place(line: handovers.Line) -> str:
    return PLACES.get(line.item.subject_type, "").format(pk=line.item.subject_id) if line.name else ""


@page(methods=("POST",))
def handover_confirm(request: UserRequest, pk: int) -> HttpResponse:
    """Say that the ticked things have arrived, or with `all` everything that waits for one."""
    get_object_or_404(Handover.objects.visible_to(request.user), pk=pk)
    ticked = [int(text) for text in request.POST.getlist("item") if text.isdecimal() and len(text) < 19]
    ids = None if "all" in request.POST else ticked
    call: dict[str, Any] = {"handover_id": pk, "item_ids": ids, "by": request.user, "at": timezone.now()}
    tell(request, lambda: operations.confirm_items(**call), _("Thank you: it is confirmed."))
    return redirect("web:handover-detail", pk)


@page(methods=("POST",))
def handover_contest(request: UserRequest, pk: int, item: int) -> HttpResponse:
    """Say what is wrong with a thing received."""
    get_object_or_404(HandoverItem.objects.visible_to(request.user), pk=item, handover=pk)
    form = ContestForm(request.POST)
    if form.is_valid():
        try:
            operations.contest_item(item_id=item, by=request.user, at=timezone.now(), **form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Noted. Who handed it over to you sees what is wrong."))
            return redirect("web:handover-detail", pk)
    return _page(request, pk, form, item=item)
