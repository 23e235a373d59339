"""What stands at the head of every page of an account: names, owner, protection, what may be done, tabs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountMember, Division, Industry
from openpsm.core.dates import today
from openpsm.duplicates.queries import kept_for
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations import queries
from openpsm.registrations.models import PoolStay, Registration
from openpsm.web.access import UserRequest
from openpsm.web.lists import neighbours

TABS = (
    ("overview", "account-detail"),
    ("activities", "account-activities"),
    ("volumes", "account-volumes"),
    ("comments", "account-comments"),
    ("files", "account-files"),
    ("history", "account-history"),
)


@dataclass(frozen=True)
class Head:
    """Ready values for `accounts/_head.html`; `protected_until` is None where no live registration guards it."""

    is_in_pool: bool
    protected_until: date | None
    can_claim: bool
    free_on: date | None
    stay: PoolStay | None
    actions: list[tuple[str, str, str]]


def find(request: UserRequest, pk: int) -> Account:
    """Return the visible account with owner, parent and the names of its codes (1 query), else raise 404."""
    live = Registration.objects.filter(account=OuterRef("pk"), kind=Registration.Kind.ACCOUNT, status="live")
    rows = Account.objects.visible_to(request.user).select_related("owner", "department", "parent", "created_by")
    rows = rows.annotate(
        region_name=Coalesce(Subquery(Division.objects.filter(pk=OuterRef("region")).values("full_name")), "region"),
        industry_name=Coalesce(Subquery(Industry.objects.filter(pk=OuterRef("industry")).values("name")), "industry"),
        protected_until=Subquery(live.order_by("-pk").values("protected_until")[:1]),
    )
    account: Account = get_object_or_404(rows, pk=pk)
    return account


def follows_merges(view: Callable[[UserRequest, int], HttpResponse]) -> Callable[[UserRequest, int], HttpResponse]:
    """Lead from the address of an account that has become part of another one to the same page of that one."""

    @wraps(view)
    def followed(request: UserRequest, pk: int) -> HttpResponse:
        try:
            return view(request, pk)
        except Http404:
            kept = kept_for(pk, request.user)
            if kept is None or request.resolver_match is None:
                raise
            return redirect(request.resolver_match.view_name, kept)

    return followed


def context(request: UserRequest, account: Account, tab: str) -> dict[str, Any]:
    """Return what `accounts/base.html` needs (1 query beside the frame's)."""
    team = AccountMember.objects.filter(account=account).select_related("user").order_by("-is_owner", "user__sort_key")
    members = list(team)
    is_related = _is_related(request.user, account, members)
    around = neighbours.around(request, account)
    on = around.carried if around else ""
    return {
        "account": account,
        "head": _head(request.user, account, is_related),
        "members": members,
        "tab": tab,
        "tabs": [(key, _tab_label(key), reverse(f"web:{name}", args=[account.pk]) + on) for key, name in TABS],
        "can_edit": is_related and may(request.user, Permission.ACCOUNT_EDIT, account),
        "is_related": is_related,
        "title": account.name,
        "neighbours": around,
    }


def may(user: User, permission: Permission, account: Account) -> bool:
    """Whether the permission is held at the account's department; decides about buttons only."""
    return access.reach(user).holds(permission, path=access.department_path(account))


def _is_related(user: User, account: Account, members: list[AccountMember]) -> bool:
    own, path = access.reach(user), access.department_path(account)
    above = own.manages(path) or own.holds(Permission.ACCOUNT_VIEW_ALL, path=path)
    return above or any(member.user_id == user.pk for member in members)


def _head(user: User, account: Any, is_related: bool) -> Head:
    is_in_pool = account.owner_id is None and not account.is_unassigned
    until, now = account.protected_until, timezone.now()
    stay = _stay(user, account) if is_in_pool else None
    free_on = _free_on(user, stay, now) if stay else None
    may_claim = is_in_pool and access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE)
    return Head(
        is_in_pool=is_in_pool,
        protected_until=until if until and until >= today(now) else None,
        can_claim=may_claim and free_on is None,
        free_on=free_on if may_claim else None,
        stay=stay,
        actions=_actions(user, account) if is_related else [],
    )


def _stay(user: User, account: Account) -> PoolStay | None:
    stays = queries.open_stays(user).filter(account=account)
    return stays.select_related("former_owner", "put_by").first()


def _free_on(user: User, stay: PoolStay, at: datetime) -> date | None:
    return queries.free_again_on(user, former_owner_id=stay.former_owner_id, entered_at=stay.entered_at, at=at)


def _actions(user: User, account: Account) -> list[tuple[str, str, str]]:
    def at(name: str) -> str:
        return reverse(f"web:{name}", args=[account.pk])

    actions: list[tuple[str, str, str]] = []
    if may(user, Permission.ACCOUNT_EDIT, account):
        actions += [
            (_("Edit"), at("account-edit"), "edit"),
            (_("Add another name"), at("account-name-new"), "tag"),
            (_("Team"), at("account-team"), "users"),
            (_("Change the owner"), at("account-owner"), "user"),
        ]
        if may_release(user, account):
            actions.append((release_label(user, account), at("account-release"), "arrow-back-up"))
    if may(user, Permission.ACCOUNT_MERGE, account):
        actions.append((_("Find duplicates"), at("account-alike"), "git-branch"))
    if may(user, Permission.ACCOUNT_DELETE, account):
        actions.append((_("Delete"), at("account-delete"), "trash"))
    return actions


def may_release(user: User, account: Account) -> bool:
    """Whether to offer the way to the public pool: to the owner and to managers above, not to the team."""
    own, path = access.reach(user), access.department_path(account)
    is_there = account.owner_id is None and not account.is_unassigned
    above = own.manages(path) or own.holds(Permission.ACCOUNT_VIEW_ALL, path=path)
    return not is_there and (account.owner_id == user.pk or above)


def release_label(user: User, account: Account) -> str:
    """How the way to the pool is called for this person."""
    if account.owner_id == user.pk:
        return _("Give it back to the public pool")
    return _("Take it back into the public pool") if account.owner_id else _("Put it into the public pool")


def _tab_label(key: str) -> str:
    labels = {
        "overview": _("Overview"),
        "activities": _("Activities"),
        "volumes": _("Volumes"),
        "comments": _("Comments"),
        "files": _("Files"),
        "history": _("History"),
    }
    return labels[key]
