"""Lost customers: judged lost, reported, taken back."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts import operations
from openpsm.accounts.models import Account, LossRecord
from openpsm.accounts.operations import Loss
from openpsm.accounts.volumes import series_of
from openpsm.activities.models import PriceOffer
from openpsm.activities.operations import state_price
from openpsm.core.dates import today
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import AskForm, ask
from openpsm.web.forms.losses import LossForm, PriceForm
from openpsm.web.views.accounts import frame


def _around(account: Account) -> dict[str, Any]:
    return {
        "back": reverse("web:account-volumes", args=[account.pk]),
        "crumbs": [
            (_("Accounts"), reverse("web:account-list")),
            (account.name, reverse("web:account-detail", args=[account.pk])),
        ],
    }


@page()
def volumes(request: UserRequest, pk: int) -> HttpResponse:
    """Show what the customer took in thirteen months, and whether it is lost (3 queries beside the frame's)."""
    account, on = frame.find(request, pk), today(timezone.now())
    standing = LossRecord.objects.visible_to(request.user).filter(account=account, withdrawn_at=None)
    context = frame.context(request, account, "volumes")
    context |= {
        "volumes": series_of(account, on),
        "loss": standing.select_related("winner", "owner").first(),
        "on": on,
        "can_judge": _may_judge(request.user, account),
        "prices": list(_prices(request.user, account)),
        "can_price": context["is_related"] and frame.may(request.user, Permission.ACTIVITY_EDIT, account),
    }
    return render(request, "accounts/volumes.html", context)


def _prices(user: User, account: Account) -> Any:
    rows = PriceOffer.objects.visible_to(user).filter(account=account).select_related("owner")
    return rows.order_by("-offered_on", "-pk")[:20]


def _may_judge(user: User, account: Account) -> bool:
    """Whether to offer a manager to say that the customer is lost; the operation has the last word."""
    own, path = access.reach(user), access.department_path(account)
    above = own.manages(path) or own.holds(Permission.ACCOUNT_VIEW_ALL, path=path)
    return above and account.owner_id not in (None, user.pk) and own.holds(Permission.ACCOUNT_EDIT, path=path)


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def report(request: UserRequest, pk: int) -> HttpResponse:
    """Fill in the follow-up form of a lost customer."""
    account = frame.find(request, pk)
    known = LossRecord.objects.visible_to(request.user).filter(account=account, withdrawn_at=None).first()
    form = LossForm(request, initial={"version": known.version if known else None})

    def call() -> Any:
        loss = Loss(**form.loss)
        version = form.values["version"]
        return operations.report_loss(account_id=pk, loss=loss, version=version, by=request.user, at=timezone.now())

    intro = _("All sellers see reason, winner, destination and price; not the customer's name.")
    words: dict[str, Any] = {
        "title": _("Follow-up form of a lost customer"),
        "done": _("The loss is reported."),
        "intro": intro,
    }
    return ask(request, form, call, **words, **_around(account), action=_("Report"))


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def judge(request: UserRequest, pk: int) -> HttpResponse:
    """Say that the customer is lost: its owner owes the form."""
    account = frame.find(request, pk)
    call = lambda: operations.judge_lost(account_id=pk, by=request.user, at=timezone.now())  # noqa: E731  # one call
    intro = _("The owner gets a task with a day; until the form is there it is shown as owed.")
    words: dict[str, Any] = {
        "title": _("Ask for the follow-up form"),
        "done": _("The owner has been asked."),
        "intro": intro,
    }
    return ask(request, AskForm(request), call, **words, **_around(account))


@page(Permission.ACCOUNT_EDIT, methods=("GET", "POST"))
def withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Take judgement or report back."""
    account = frame.find(request, pk)
    form = _WithdrawForm(request)

    def call() -> Any:
        reason = form.values["reason"]
        return operations.withdraw_loss(account_id=pk, reason=reason, by=request.user, at=timezone.now())

    words: dict[str, Any] = {"title": _("The customer buys again"), "done": _("The report is taken back.")}
    return ask(request, form, call, **words, **_around(account))


@page(Permission.ACTIVITY_EDIT, methods=("GET", "POST"))
def price(request: UserRequest, pk: int) -> HttpResponse:
    """Say which price one has offered the customer."""
    account = frame.find(request, pk)
    form = PriceForm(request, initial={"offered_on": today(timezone.now())})

    def call() -> Any:
        return state_price(account_id=pk, by=request.user, at=timezone.now(), **form.values)

    words: dict[str, Any] = {"title": _("State a price offered"), "done": _("The price is noted.")}
    words["intro"] = _("You and your managers see it. Nobody undercuts a colleague unnoticed.")
    return ask(request, form, call, **words, **_around(account), action=_("Save"))


class _WithdrawForm(AskForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
