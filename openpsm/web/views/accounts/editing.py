"""Changing an account: its fields, names, team, owner; claiming it from the pool, deleting it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts import operations
from openpsm.accounts.models import Account
from openpsm.accounts.rules import check_uscc
from openpsm.core.errors import DomainError
from openpsm.org.permissions import Permission
from openpsm.registrations import operations as registrations
from openpsm.registrations.territories import OutsideTerritory
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import customers as customer_forms
from openpsm.web.forms.base import attempt
from openpsm.web.forms.customers import attempt_claim
from openpsm.web.forms.projects import VersionForm
from openpsm.web.hits import shown_hits
from openpsm.web.undo import say_undoable
from openpsm.web.views.accounts import frame

FIELDS = (
    *("name", "short_name", "kind", "uscc", "country", "region", "address", "industry", "domain", "phone"),
    *("parent_id", "note", "version"),
)


@page()
def account_new(request: UserRequest) -> HttpResponse:
    """A new account is a registration: only one door leads in."""
    return redirect("web:registration-new")


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change the account; a name or number that means another account is shown before anything is stored."""
    account = frame.find(request, pk)
    initial = {name: getattr(account, name) for name in FIELDS}
    form = customer_forms.AccountForm(request.POST or None, user=request.user, initial=initial, custom=account.custom)
    if request.method == "POST" and form.is_valid():
        changed = attempt_claim(form, lambda: _change(request, pk, form))
        if changed is not None:
            for warning in check_uscc(changed.uscc):
                messages.warning(request, warning)
            return redirect("web:account-detail", pk)
    context = {"title": _("Edit the account"), "warnings": check_uscc(account.uscc)}
    return _form_page(request, account, form, context, template="components/claim_form.html")


def _change(request: UserRequest, pk: int, form: customer_forms.AccountForm) -> Account:
    return registrations.change_account(
        account_id=pk,
        changes=form.changes(),
        confirmed_different=form.confirmed,
        version=form.cleaned_data["version"],
        by=request.user,
        at=timezone.now(),
    )


def _form_page(
    request: UserRequest,
    account: Account,
    form: forms.Form,
    context: dict[str, Any],
    *,
    template: str = "components/form_page.html",
) -> HttpResponse:
    home = reverse("web:account-detail", args=[account.pk])
    hits = shown_hits(form.hits, form.confirmed, can_use=False) if isinstance(form, customer_forms.HitsForm) else []
    context = {"form": form, "crumbs": [(account.name, home)], "back": home, "account": account, "hits": hits} | context
    return render(request, template, context, status=422 if form.errors else 200)


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def name_new(request: UserRequest, pk: int) -> HttpResponse:
    """Add another name, by which the account is found from then on."""
    account = frame.find(request, pk)
    form = customer_forms.AccountNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        call = form.cleaned_data | {"confirmed_different": form.confirmed}
        now = timezone.now()
        if attempt_claim(form, lambda: registrations.add_account_name(account_id=pk, by=request.user, at=now, **call)):
            return redirect("web:account-detail", pk)
    intro = _("Short names, former names and other spellings: whoever types one of them finds this account.")
    context = {"title": _("Add another name"), "intro": intro, "action": _("Add the name")}
    return _form_page(request, account, form, context, template="components/claim_form.html")


@page(Permission.ACCOUNT_EDIT, methods=("POST",))
def name_delete(request: UserRequest, pk: int, name_pk: int) -> HttpResponse:
    """Take a name away again."""
    account = frame.find(request, pk)
    known = account.names.filter(pk=name_pk).exists()
    if known:
        _try(request, lambda: operations.remove_account_name(name_id=name_pk, by=request.user, at=timezone.now()))
    return redirect("web:account-detail", pk)


def _try(request: UserRequest, call: Callable[[], object]) -> bool:
    """Do what one button asks for; a refusal is said on the next page."""
    try:
        call()
    except OutsideTerritory:
        raise
    except DomainError as error:
        messages.error(request, str(error))
        return False
    return True


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def team(request: UserRequest, pk: int) -> HttpResponse:
    """Who works on the account beside its owner: the team reads phones and mail of the contacts."""
    account = frame.find(request, pk)
    form = customer_forms.PersonForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        call = form.cleaned_data
        now = timezone.now()
        if attempt(form, lambda: operations.add_account_member(account_id=pk, by=request.user, at=now, **call)):
            return redirect("web:account-team", pk)
    context = frame.context(request, account, "overview") | {"title": _("Team")}
    return _form_page(request, account, form, context, template="accounts/team.html")


@page(Permission.ACCOUNT_EDIT, methods=("POST",))
def team_remove(request: UserRequest, pk: int, user_pk: int) -> HttpResponse:
    """Take a colleague off the team."""
    frame.find(request, pk)
    now = timezone.now()
    if _try(
        request,
        lambda: operations.remove_account_member(account_id=pk, user_id=user_pk, by=request.user, at=now),
    ):
        say_undoable(request, _("No longer on the team."), "account-team", pk, user_id=user_pk)
    return redirect("web:account-team", pk)


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def owner(request: UserRequest, pk: int) -> HttpResponse:
    """Give the account to a colleague or to the public pool."""
    account = frame.find(request, pk)
    initial = {"version": account.version, "owner_id": account.owner_id}
    form = customer_forms.OwnerForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        call, now = form.cleaned_data, timezone.now()
        if attempt(form, lambda: registrations.give_account(account_id=pk, by=request.user, at=now, **call)):
            return redirect(_home_or_list(request, pk))
    intro = _("One's own account may be given to the pool; to a colleague only a manager gives it.")
    return _form_page(request, account, form, {"title": _("Change the owner"), "intro": intro})


def _home_or_list(request: UserRequest, pk: int) -> str:
    """Return the account's page, or the list once the person does not see it any more."""
    is_seen = Account.objects.visible_to(request.user).filter(pk=pk).exists()
    return reverse("web:account-detail", args=[pk]) if is_seen else reverse("web:account-list")


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def release(request: UserRequest, pk: int) -> HttpResponse:
    """Give one's own account back to the public pool, or take one back as a manager, with a reason that all read."""
    account = frame.find(request, pk)
    form = customer_forms.ReleaseForm(request.POST or None, initial={"version": account.version})
    if request.method == "POST" and form.is_valid():
        call, now = form.cleaned_data, timezone.now()
        if attempt(form, lambda: registrations.release_account(account_id=pk, by=request.user, at=now, **call)):
            messages.success(request, _("The account is in the public pool now."))
            return redirect(_home_or_list(request, pk))
    title = frame.release_label(request.user, account)
    intro = _("Its protection ends, its team is dissolved, and any seller may take it. Its history stays.")
    return _form_page(request, account, form, {"title": title, "intro": intro, "action": title})


@page(Permission.REGISTRATION_CREATE, methods=("POST",))
def claim(request: UserRequest, pk: int) -> HttpResponse:
    """Take the account out of the public pool; whoever comes second is told so."""
    now = timezone.now()
    try:
        is_done = _try(request, lambda: registrations.claim_account(account_id=pk, by=request.user, at=now))
    except OutsideTerritory:
        return redirect("web:account-exception", pk)
    if is_done:
        messages.success(request, _("The account is yours now."))
        return redirect("web:account-detail", pk)
    if request.POST.get("from") == "pool":
        return redirect("web:pool-list")
    return redirect(_home_or_list(request, pk))


@page(Permission.ACCOUNT_DELETE, methods=("GET", "POST"))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Move the account to the recycle bin."""
    account = frame.find(request, pk)
    form = VersionForm(request.POST or None, initial={"version": account.version})
    if request.method == "POST" and form.is_valid():
        call, now = form.cleaned_data, timezone.now()
        if attempt(form, lambda: operations.delete_account(account_id=pk, by=request.user, at=now, **call)):
            say_undoable(request, _("The account is in the recycle bin."), "bin-restore", "account", pk)
            return redirect("web:account-list")
    intro = _("It goes to the recycle bin with its contacts. An account with projects cannot be deleted.")
    context = {"title": _("Delete the account"), "intro": intro, "is_danger": True, "action": _("Delete")}
    return _form_page(request, account, form, context)
