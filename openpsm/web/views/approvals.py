"""One approval: what is asked, who has said what, and one's own word."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import approvals, operations, queries
from openpsm.org.models import Approval
from openpsm.web.access import UserRequest, page
from openpsm.web.approvals import place_of
from openpsm.web.confirming import tell
from openpsm.web.forms.approvals import DecideForm, ReviewerForm
from openpsm.web.forms.base import attempt
from openpsm.web.forms.projects import posted_version


def _find(request: UserRequest, pk: int) -> Approval:
    rows = Approval.objects.visible_to(request.user).select_related("created_by")
    approval: Approval = get_object_or_404(rows, pk=pk)
    return approval


@page()
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show an approval (at most 5 queries beside the frame's and those of what its kind shows)."""
    return _page(request, _find(request, pk))


def _page(request: UserRequest, approval: Approval, **forms: Any) -> HttpResponse:
    kind, user = approvals.kind_of(approval), request.user
    initial = {"version": approval.version}
    context: dict[str, Any] = {
        "title": approval.title,
        "crumbs": [(_("Approvals"), reverse("web:approval-list"))],
        "approval": approval,
        "kind": kind.label,
        "lines": kind.lines(approval, user),
        "steps": queries.steps_of(approval),
        "place": place_of(approval, user),
        "is_plain": kind.is_plain,
        "may_decide": queries.may_decide(approval, user, at=timezone.now()),
        "may_withdraw": approval.created_by_id == user.pk and approval.state == Approval.State.WAITING,
        "decide_form": DecideForm(initial=initial, auto_id="decide_%s"),
        "reviewer_form": ReviewerForm(initial=initial, user=user, auto_id="add_%s"),
    }
    return render(request, "approvals/detail.html", context | forms, status=422 if forms else 200)


@page(methods=("POST",))
def decide(request: UserRequest, pk: int) -> HttpResponse:
    """Say yes or no; a no needs its reason."""
    approval, form = _find(request, pk), DecideForm(request.POST, auto_id="decide_%s")
    call: dict[str, Any] = {"approval_id": pk, "by": request.user, "at": timezone.now()}
    if form.is_valid() and attempt(form, lambda: operations.decide_approval(**call, **form.cleaned_data)) is not None:
        messages.success(request, _("Your word is recorded."))
        return redirect("web:approval-detail", pk)
    approval.refresh_from_db()
    return _page(request, approval, decide_form=form)


@page(methods=("POST",))
def reviewer(request: UserRequest, pk: int) -> HttpResponse:
    """Ask one more reviewer."""
    approval, form = _find(request, pk), ReviewerForm(request.POST, user=request.user, auto_id="add_%s")
    call: dict[str, Any] = {"approval_id": pk, "by": request.user, "at": timezone.now()}
    if form.is_valid() and attempt(form, lambda: operations.add_reviewer(**call, **form.cleaned_data)) is not None:
        messages.success(request, _("One more has been asked."))
        return redirect("web:approval-detail", pk)
    return _page(request, approval, reviewer_form=form)


@page(methods=("POST",))
def withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Take one's own question back."""
    _find(request, pk)
    call: dict[str, Any] = {"approval_id": pk, "version": posted_version(request), "by": request.user}
    call["reason"] = request.POST.get("reason", "")[:300]
    tell(request, lambda: operations.withdraw_approval(**call, at=timezone.now()), _("You have withdrawn it."))
    return redirect("web:approval-detail", pk)
