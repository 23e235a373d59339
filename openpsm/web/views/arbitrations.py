"""The arbitration desk: both claims side by side, and one form that decides."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.activities.models import Activity
from openpsm.core import parameters
from openpsm.core.text import localized
from openpsm.org import access
from openpsm.org import queries as org_queries
from openpsm.org.models import Approval, User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.registrations import operations
from openpsm.registrations.models import Arbitration
from openpsm.registrations.parameters import SHARE_MAX, SHARE_MIN
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.arbitrations import ArbitrationForm, EvidenceForm
from openpsm.web.forms.base import attempt
from openpsm.web.views.registration_listing import ways

MOST = 100
RELATED = ("claim", "standing", "approval__created_by", "asker__department", "holder__department", "main", "assistant")


@dataclass(frozen=True)
class Side:
    """One of the two claims as the reader may know it; `done` and `last` are None where the record stays closed."""

    title: str
    who: User
    registered_at: datetime | None
    evidence: str | None
    likelihood: int | None
    done: int | None
    last: Any
    is_main: bool
    is_assistant: bool


def _rows(user: User) -> Any:
    return Arbitration.objects.visible_to(user).select_related(*RELATED, "decided_by")


@page()
def arbitration_list(request: UserRequest) -> HttpResponse:
    """Show the arbitrations that one sees, open ones first (2 queries beside the frame's)."""
    rows = list(_rows(request.user).order_by("-pk")[:MOST])
    waiting = [one for one in rows if one.ended_at is None]
    context = {
        "title": _("Arbitration"),
        "ways": ways("arbitrations"),
        "waiting": waiting,
        "ended": [one for one in rows if one.ended_at is not None],
    }
    return render(request, "registrations/arbitrations.html", context)


@page(methods=("GET", "POST"))
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show both claims; whoever is asked decides here (at most 9 queries beside the frame's)."""
    found: Arbitration = get_object_or_404(_rows(request.user), pk=pk)
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        call: dict[str, Any] = {"arbitration_id": pk, "by": request.user, "at": timezone.now()}
        if attempt(form, lambda: operations.decide_arbitration(**call, **form.cleaned_data)) is not None:
            messages.success(request, _("Decided; both have been told."))
            return redirect("web:arbitration-detail", pk)
        found = _rows(request.user).get(pk=pk)
    return _page(request, found, form)


def _form(request: UserRequest, found: Arbitration) -> ArbitrationForm:
    low, high = (f"{Decimal(parameters.value(name)):f}" for name in (SHARE_MIN, SHARE_MAX))
    given: dict[str, Any] = {"initial": {"version": found.version, "main_id": found.holder_id}}
    given |= {"asker": (found.asker_id, found.asker.name), "holder": (found.holder_id, found.holder.name)}
    return ArbitrationForm(request.POST or None, bounds=f"{low}–{high}", **given)


def _page(request: UserRequest, found: Arbitration, form: ArbitrationForm) -> HttpResponse:
    user = request.user
    record = _record(found, user)
    is_party = user.pk in (found.asker_id, found.holder_id)
    may = found.ended_at is None and access.reach(user).holds_anywhere(Permission.REGISTRATION_ARBITRATE)
    may_decide = bool(may and found.approval and org_queries.may_decide(found.approval, user, at=timezone.now()))
    evidence = found.asker_evidence if user.pk == found.asker_id else found.holder_evidence
    context: dict[str, Any] = {
        "title": _("Who works on: %(name)s") % {"name": found.claim.name},
        "crumbs": [
            (_("Registrations"), reverse("web:registration-list")),
            (_("Arbitration"), reverse("web:arbitration-list")),
        ],
        "arbitration": found,
        "record": record,
        "stage": localized(record.stage.name) if isinstance(record, Project) else "",
        "approval_seen": Approval.objects.visible_to(user).filter(pk=found.approval_id or 0).exists(),
        "sides": _sides(found, user, record, may_read=may_decide or user.pk == found.decided_by_id),
        "may_decide": may_decide,
        "form": form,
        "may_write": is_party and found.ended_at is None,
        "evidence_form": EvidenceForm(initial={"version": found.version, "evidence": evidence}, auto_id="own_%s"),
    }
    return render(request, "registrations/arbitration.html", context, status=422 if form.errors else 200)


def _record(found: Arbitration, user: User) -> Account | Project | None:
    """What both claim, as far as the reader may open it (1 query)."""
    if found.project_id:
        return Project.objects.visible_to(user).select_related("stage").filter(pk=found.project_id).first()
    return Account.objects.visible_to(user).filter(pk=found.account_id).first()


def _sides(found: Arbitration, user: User, record: Any, *, may_read: bool) -> list[Side]:
    work = _work(found, user) if record is not None else None
    may_know = record is not None or user.pk == found.holder_id  # to others it is a masked record
    since = found.standing.registered_at if found.standing and may_know else None
    first = (found.holder, _("The owner now"), since, found.holder_evidence, found.holder_likelihood)
    second = (
        found.asker,
        _("Claims it as well"),
        found.claim.registered_at,
        found.asker_evidence,
        found.asker_likelihood,
    )
    return [_side(found, *one, work, may_read or user.pk == one[0].pk) for one in (first, second)]


def _side(
    found: Arbitration,
    who: User,
    title: str,
    since: datetime | None,
    evidence: str,
    likelihood: int | None,
    work: dict[int, tuple[int, Any]] | None,
    may_read: bool,
) -> Side:
    done, last = work.get(who.pk, (0, None)) if work is not None else (None, None)
    shown = evidence if may_read else None
    part = {"is_main": found.main_id == who.pk, "is_assistant": found.assistant_id == who.pk}
    return Side(title, who, since, shown, likelihood, done, last, **part)


def _work(found: Arbitration, user: User) -> dict[int, tuple[int, Any]]:
    """Count what each of the two has done on the record, and when last (1 query)."""
    rows = Activity.objects.visible_to(user).filter(done_on__isnull=False, owner__in=(found.asker_id, found.holder_id))
    rows = rows.filter(project=found.project_id) if found.project_id else rows.filter(account=found.account_id)
    counted = rows.order_by().values("owner").annotate(done=Count("pk"), last=Max("done_on"))
    return {row["owner"]: (row["done"], row["last"]) for row in counted}


@page(methods=("POST",))
def evidence(request: UserRequest, pk: int) -> HttpResponse:
    """Write what speaks for one's own claim."""
    found: Arbitration = get_object_or_404(_rows(request.user), pk=pk)
    form = EvidenceForm(request.POST, auto_id="own_%s")
    call: dict[str, Any] = {"arbitration_id": pk, "by": request.user, "at": timezone.now()}
    if form.is_valid() and attempt(form, lambda: operations.add_evidence(**call, **form.cleaned_data)) is not None:
        messages.success(request, _("Saved: whoever decides reads it."))
        return redirect("web:arbitration-detail", found.pk)
    messages.error(request, " ".join(str(each) for texts in form.errors.values() for each in texts))
    return redirect("web:arbitration-detail", found.pk)
