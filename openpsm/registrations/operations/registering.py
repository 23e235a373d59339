"""Registering customers and projects: exactly one of two claims on the same thing wins.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.accounts.names import company_name
from openpsm.accounts.operations import NewAccount, create_accounts
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.operations import Note, notify
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject, create_within
from openpsm.registrations import matching
from openpsm.registrations.matching import PARTS, Claim, Hit, ProjectClaim
from openpsm.registrations.models import Registration
from openpsm.registrations.operations.checking import Collision, refuse, registering
from openpsm.registrations.operations.claims import Kind, write_claim
from openpsm.registrations.operations.learning import learn_from_choice
from openpsm.registrations.operations.pool import take_from_pool
from openpsm.registrations.rules import HitClass
from openpsm.registrations.territories import require_territory


def register(
    *,
    account: NewAccount | None = None,
    account_id: int | None = None,
    account_hit: str = "",
    project: NewProject | None = None,
    emails: Sequence[str] = (),
    parts: Mapping[str, str] = MappingProxyType({}),
    confirmed_different: Collection[str] = (),
    by: User,
    at: datetime,
) -> Registration:
    """Register a new customer, a new project, or both; returns the project's registration, else the customer's.

    `account_id` names a visible customer; `account_hit` the key of a hit on one: the project goes there, a customer in
    the pool is claimed, and at a colleague's customer the project must be for a product line or site of its own.
    `parts` holds the names of `end_user`, `contractor` and `design_institute` where they are known.
    `confirmed_different` holds the keys of the possible hits that the seller has looked at.
    Raises NotAllowed, InvalidInput, TooMany, Collision (codes `collision`, `confirm-different`),
    OutsideTerritory.
    """
    require(by, Permission.REGISTRATION_CREATE)
    if (account is None) == (account_id is None) or (account is None and project is None):
        raise InvalidInput({"account": _("Name one customer, a new or a known one, and a project for a known one.")})
    claim = _claim(account, emails) if account else None
    wanted = _project_claim(project, account_id, parts, account.name if account else "") if project else None
    with registering(by, at, claim, wanted):
        made: list[Registration] = []
        if account is not None and claim is not None:
            target = _register_account(account, claim, account_hit, confirmed_different, made, by, at)
        else:
            target = Account.objects.visible_to(by).select_related("owner", "department").get(pk=account_id)
        if project is not None:
            made.append(_register_project(project, target, account, parts, confirmed_different, by, at))
        if not made:
            raise DomainError(_("This customer is known already; name a project for it."), code="known-account")
    return made[-1]


def _claim(account: NewAccount, emails: Sequence[str] = ()) -> Claim:
    others = tuple(name for name in (account.short_name, *(name for _kind, name in account.other_names)) if name)
    return Claim(
        name=account.name,
        uscc=account.uscc,
        phones=(account.phone,) if account.phone else (),
        emails=tuple(emails),
        domain=account.domain,
        other_names=others,
        country=account.country or "CN",
    )


def _project_claim(
    project: NewProject, account_id: int | None, parts: Mapping[str, str], account: str = ""
) -> ProjectClaim:
    return ProjectClaim(
        project.name,
        account_id,
        project.site,
        project.product_line,
        project.tender_number,
        account=account,
        on=project.order_on or project.tender_on,
        **{name: parts.get(name, "").strip() for name in PARTS.values()},
    )


def _as_stored(claim: ProjectClaim) -> dict[str, Any]:
    return asdict(claim) | {"on": claim.on.isoformat() if claim.on else None}


def _register_account(
    new: NewAccount,
    claim: Claim,
    account_hit: str,
    confirmed: Collection[str],
    made: list[Registration],
    by: User,
    at: datetime,
) -> Account:
    """Return the customer of the claim: a new one, or the known one that the seller chose among the hits."""
    hits = matching.check(by=by, account=claim)
    chosen = next((hit for hit in hits if account_hit and hit.key == account_hit), None)
    if chosen is not None:
        return _known_account(chosen, claim, made, by, at)
    refuse(hits, confirmed)
    require_territory(new, by)
    account = create_accounts(rows=[replace(new, parent_id=new.parent_id or _parent(claim, hits))], by=by, at=at)[0]
    made.append(write_claim(Kind.ACCOUNT, account, None, confirmed, asdict(claim), by, at))
    return account


def _parent(claim: Claim, hits: Sequence[Hit]) -> int | None:
    """Return the visible account of which the claim is a branch."""
    if not company_name(claim.name).is_branch:
        return None
    family = (hit for hit in hits if hit.cls == HitClass.RELATED and hit.label and hit.record_id)
    return next((hit.record_id for hit in family if not company_name(hit.label or "").is_branch), None)


def _known_account(chosen: Hit, claim: Claim, made: list[Registration], by: User, at: datetime) -> Account:
    """Return the account of a hit that the seller chose; one in the pool is claimed on the way.

    What the seller called it is learnt.
    """
    lock_rows(Account, [chosen.pk])
    account: Account = Account.objects.live().select_related("owner", "department").get(pk=chosen.pk)
    if chosen.is_in_pool:
        made.append(take_from_pool(account, by, at))
    learn_from_choice(account, claim, chosen, by, at)
    return account


def _register_project(
    project: NewProject,
    account: Account,
    typed: NewAccount | None,
    parts: Mapping[str, str],
    confirmed: Collection[str],
    by: User,
    at: datetime,
) -> Registration:
    claim = _project_claim(project, account.pk, parts)
    is_colleagues = account.owner_id not in (None, by.pk)
    is_unseen = is_colleagues and not Account.objects.visible_to(by).filter(pk=account.pk).exists()
    hits = matching.check(by=by, project=claim)
    if is_unseen and not (project.product_line.strip() or project.site.strip()):
        raise Collision(hits)
    refuse(hits, confirmed)
    if is_colleagues:  # of a customer one does not see, only what one has typed oneself may be compared
        require_territory(typed if is_unseen and typed else account, by)
    row = replace(project, account_id=account.pk, owner_id=project.owner_id or by.pk)
    made: Project = create_within([row], by=by, at=at, known=[account])[0]
    if is_colleagues and account.owner_id:
        note = Note(user_id=account.owner_id, kind="registration.project_at_your_account", subject=account)
        notify(rows=[note], at=at)
    return write_claim(Kind.PROJECT, account, made, confirmed, _as_stored(claim), by, at)
