"""Registering customers and projects: the form, the check while typing, the list, one registration."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, TooMany
from openpsm.core.text import fold
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.registrations import operations, queries, territories
from openpsm.registrations.matching import Hit
from openpsm.registrations.models import Registration
from openpsm.registrations.parameters import WARNING_DAYS
from openpsm.registrations.territories import OutsideTerritory
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import ask
from openpsm.web.forms.base import attempt
from openpsm.web.forms.customers import PARTY_FIELDS, RegistrationForm, attempt_claim
from openpsm.web.forms.territories import ExceptionForm
from openpsm.web.hits import shown_hits

#: What tells companies apart lies folded up until one of these is filled in.
MORE = ("uscc", "short_name", "industry", "phone", "domain")


@page()
def registration_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show one registration and where its record stands (3 queries beside the frame's)."""
    rows = Registration.objects.visible_to(request.user).select_related("owner", "account", "project")
    registration: Registration = get_object_or_404(rows, pk=pk)
    account = Account.objects.visible_to(request.user).filter(pk=registration.account_id or 0).first()
    project = Project.objects.visible_to(request.user).filter(pk=registration.project_id or 0).first()
    crumbs = [(_("Registrations"), reverse("web:registration-list"))]
    context = {"registration": registration, "account": account, "project": project, "crumbs": crumbs}
    context |= _protection(registration, today(timezone.now()))
    is_customer = registration.kind == Registration.Kind.ACCOUNT and registration.status == Registration.Status.LIVE
    context["can_release"] = is_customer and account is not None and account.owner_id == request.user.pk
    return render(request, "registrations/detail.html", context | {"title": registration.name})


def _protection(registration: Registration, on: date) -> dict[str, Any]:
    """Whether it is over, and how many days are left; it holds on its last day too."""
    until = registration.protected_until if registration.status == Registration.Status.LIVE else None
    left = (until - on).days if until else 0
    is_soon = until is not None and 0 <= left <= parameters.value(WARNING_DAYS)
    return {"is_live": until is not None, "is_over": until is not None and left < 0, "left": left, "is_soon": is_soon}


@page(Permission.REGISTRATION_CREATE, methods=("GET", "POST"))
def registration_new(request: UserRequest) -> HttpResponse:
    """Register a customer, a project or both; whatever stops it is shown, and nothing typed is lost."""
    if request.method == "GET":
        known = {key: request.GET[key][:200] for key in ("name", "project_name") if key in request.GET}
        initial = known | {"account_id": request.GET.get("account", "")[:20], "kind": "buyer"}
        return _page(request, RegistrationForm(user=request.user, initial=initial))
    if "use" in request.POST or "forget" in request.POST:
        return _choose(request)
    form = RegistrationForm(request.POST, user=request.user)
    if form.is_valid():
        made = attempt_claim(form, lambda: _register(request, form))
        if made is not None:
            messages.success(request, _("Registered: it is yours and protected from now on."))
            return redirect("web:registration-detail", made.pk)
    return _page(request, form)


def _register(request: UserRequest, form: RegistrationForm) -> Registration:
    given = form.cleaned_data
    try:
        return operations.register(
            account=form.new_account(),
            account_id=given["account_id"],
            account_hit=given["account_hit"],
            project=form.new_project(),
            parts=form.parts(),
            confirmed_different=form.confirmed,
            by=request.user,
            at=timezone.now(),
        )
    except OutsideTerritory as outside:
        form.outside = outside
        raise


def _choose(request: UserRequest) -> HttpResponse:
    """Take a hit as the customer (or forget it again): the form comes back as it was typed, with the choice in it."""
    data = request.POST.copy()
    form = RegistrationForm(data, user=request.user)
    form.is_valid()
    found: list[Hit] = []
    error = ""
    try:
        found = _check(request, form) if "use" in data else []
    except TooMany as refused:
        error = str(refused)
    chosen = next((hit for hit in found if hit.key == data.get("use")), None)
    _put_choice(data, chosen)
    again = RegistrationForm(initial=data.dict(), user=request.user)
    again.hits = [hit for hit in found if chosen is None or hit.kind == "project"]
    return _page(request, again, confirmed=form.confirmed, chosen=chosen, error=error)


def _put_choice(data: QueryDict, chosen: Hit | None) -> None:
    """A visible customer becomes the known customer; one in the pool or of a colleague is named by its hit."""
    is_known = chosen is not None and chosen.record_id is not None and not chosen.is_in_pool
    data["account_id"] = str(chosen.record_id) if chosen and is_known else ""
    data["account_hit"] = chosen.key if chosen and not is_known else ""


def _check(request: UserRequest, form: RegistrationForm) -> list[Hit]:
    account, project = form.claims()
    if account is None and project is None:
        return []
    return operations.check_claim(account=account, project=project, by=request.user, at=timezone.now())


@page(Permission.REGISTRATION_CREATE, methods=("POST",))
def registration_check(request: UserRequest) -> HttpResponse:
    """Answer what has been typed so far with its hits, as the fragment under the form; nothing is stored."""
    form = RegistrationForm(request.POST, user=request.user)
    form.is_valid()
    try:
        form.hits = _check(request, form)
    except TooMany as refused:
        context = {"error": str(refused), "checks_left": 0, "hits": []}
        response = render(request, "registrations/_hits.html", context, status=429)
        response.headers["Retry-After"] = str(refused.retry_after)
        return response
    return render(request, "registrations/_hits.html", _hits_context(request, form, form.confirmed, is_checked=True))


def _hits_context(
    request: UserRequest, form: RegistrationForm, confirmed: list[str], *, is_checked: bool
) -> dict[str, Any]:
    told = any(form[name].value() for name in ("name", "project_name"))
    return _outside(request, form) | {
        "hits": shown_hits(form.hits, confirmed),
        "is_checked": is_checked and bool(told),
        "checks_left": queries.checks_left(request.user, at=timezone.now()),
    }


def _outside(request: UserRequest, form: RegistrationForm) -> dict[str, Any]:
    """What is said of territories: of a new customer while it is typed, of a known one when it was refused (1 query).

    `outside_account` is the known one, about whom one asks on a page of its own.
    """
    place = form.outside.place if form.outside else None
    if isinstance(place, Account):
        return {"outside": form.outside, "outside_account": place.pk}
    new = (
        form.new_account()
        if form.is_bound and hasattr(form, "cleaned_data") and not form["account_hit"].value()
        else None
    )
    strange = territories.strange_territories([new], request.user)[0] if new and len(fold(new.name)) >= 3 else []
    outside = OutsideTerritory(strange, new) if new and strange else None
    return {"outside": outside, "exception_reason": request.POST.get("reason", "")[:300]}


def _page(
    request: UserRequest,
    form: RegistrationForm,
    *,
    confirmed: list[str] | None = None,
    chosen: Hit | None = None,
    error: str = "",
) -> HttpResponse:
    marked = form.confirmed if confirmed is None else confirmed
    context = _hits_context(request, form, marked, is_checked=bool(form.hits))
    context |= {
        "form": form,
        "title": _("Register a customer or project"),
        "chosen": chosen,
        "hit_chosen": form["account_hit"].value(),
        "is_more_open": any(form[name].value() for name in MORE),
        "are_parties_open": any(form[name].value() for name in PARTY_FIELDS),
        "error": error,
    }
    return render(request, "registrations/new.html", context, status=422 if form.errors else 200)


@page(Permission.REGISTRATION_CREATE, methods=("POST",))
def registration_exception(request: UserRequest) -> HttpResponse:
    """Ask to register a new customer in the territory of others; what was typed stays where it is refused."""
    form = RegistrationForm(request.POST, user=request.user)
    place = form.new_account() if form.is_valid() else None
    if place is None:
        return _page(request, form)
    call: dict[str, Any] = {
        "place": place,
        "reason": request.POST.get("reason", ""),
        "by": request.user,
        "at": timezone.now(),
    }
    made = attempt(form, lambda: operations.ask_exception(**call))
    if made is None:
        return _page(request, form)
    messages.success(request, _("Asked for; you are told as soon as somebody has decided. Then register it."))
    return redirect("web:approval-detail", made.approval.pk if made.approval else 0)


@page(Permission.REGISTRATION_CREATE, methods=("GET", "POST"))
def account_exception(request: UserRequest, pk: int) -> HttpResponse:
    """Ask to have a known customer in the territory of others: one in the pool, or a project at a colleague's."""
    account: Account = get_object_or_404(Account.objects.visible_to(request.user), pk=pk)
    form, now = ExceptionForm(request), timezone.now()
    (strange,) = territories.strange_territories([account], request.user)
    intro = str(OutsideTerritory(strange, account)) if strange else _("No territory keeps you from this customer.")
    return ask(
        request,
        form,
        lambda: operations.ask_exception(place=account, **form.values, by=request.user, at=now),
        title=_("Ask for an exception: %(name)s") % {"name": account.name},
        done=_("Asked for; you are told as soon as somebody has decided."),
        back=reverse("web:account-detail", args=[pk]),
        crumbs=[(_("Accounts"), reverse("web:account-list")), (account.name, reverse("web:account-detail", args=[pk]))],
        intro=intro,
        action=_("Ask for it"),
    )


@page(Permission.REGISTRATION_CREATE, methods=("POST",))
def registration_arbitrate(request: UserRequest) -> HttpResponse:
    """Contest a hit: the claim is kept as it was typed, and the manager above both decides."""
    form = RegistrationForm(request.POST, user=request.user)
    form.is_valid()
    account, project = form.claims()
    call: dict[str, Any] = {"account": account, "project": project, "hit": request.POST.get("contest", "")[:40]}
    try:
        made = operations.request_arbitration(**call, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("web:registration-list")
    messages.success(request, _("Your claim is kept; the manager above both of you decides. Say what speaks for you."))
    return redirect("web:arbitration-detail", made.pk)
