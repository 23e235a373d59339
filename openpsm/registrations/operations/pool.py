"""The public pool: taking customers out, giving them back, and giving them to a colleague.

Rule: docs/business-rules.md#public-pool
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.accounts.operations import set_account_owner
from openpsm.accounts.operations.accounts import locked, write_owner
from openpsm.core import events, parameters
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.core.text import is_placeholder
from openpsm.org.access import require, require_supervision
from openpsm.org.models import User
from openpsm.org.operations import Note, notify
from openpsm.org.permissions import Permission
from openpsm.registrations import progress, queries
from openpsm.registrations.models import PoolStay, Registration
from openpsm.registrations.operations.checking import lock
from openpsm.registrations.operations.claims import Kind, Status, protected_until, write_claim
from openpsm.registrations.operations.leaving import Leaving, into_pool
from openpsm.registrations.operations.protection import end_claims
from openpsm.registrations.parameters import RECLAIM_DAYS
from openpsm.registrations.territories import require_territory

Why = PoolStay.Why
LONGEST = 300
#: For so long the pool that somebody looks at may show what is taken already.
LATELY = timedelta(hours=1)


# --- out of the pool


def claim_account(*, account_id: int, by: User, at: datetime) -> Registration:
    """Take an account out of the public pool and register it.

    Raises NotAllowed, DomainError `owned`, `taken` for who came second, `pool-limit`, `pool-day-limit`,
    `reclaimed-early`, `outside-territory`.
    """
    require(by, Permission.REGISTRATION_CREATE)
    with transaction.atomic(), events.together():
        lock()
        lock_rows(Account, [account_id])  # a manager may be giving it to somebody at this moment
        account = Account.objects.visible_to(by).select_related("department").filter(pk=account_id).first()
        if account is None:
            raise _gone(account_id, at)
        return take_from_pool(account, by, at)


def _gone(account_id: int, at: datetime) -> Exception:
    """Whoever saw it in the pool a moment ago is told that somebody was quicker, not who; of others nothing."""
    lately = PoolStay.objects.filter(account=account_id, claim__isnull=False, left_at__gte=at - LATELY)
    if lately.exists():
        return DomainError(_("Somebody else was quicker: this account has just been taken."), code="taken")
    return Account.DoesNotExist()


def take_from_pool(account: Account, by: User, at: datetime) -> Registration:
    if account.owner_id is not None or account.is_unassigned:
        raise DomainError(_("This account is not in the public pool."), code="owned")
    require_territory(account, by)
    _require_room(by, at)
    _require_not_ones_own_lately(account, by, at)
    old = Registration.objects.filter(account=account, kind=Kind.ACCOUNT, status=Status.LIVE)
    old.update(status=Status.SUPERSEDED, updated_at=at)
    since = account.pooled_at or account.created_at
    write_owner(account, by, at=at)
    events.record("account.claimed", subject=account, by=by, at=at)
    claim = write_claim(Kind.ACCOUNT, account, None, (), {}, by, at)
    _end_stay(account, since, claim, at)
    return claim


def _require_room(by: User, at: datetime) -> None:
    room = queries.pool_room(by, at=at)
    if room.held >= room.most:
        message = _("You hold as many unprotected accounts as you may. Give one back first.")
        raise DomainError(message, code="pool-limit")
    if room.taken >= room.a_day:
        raise DomainError(_("You have taken as many accounts from the pool today as you may."), code="pool-day-limit")


def _require_not_ones_own_lately(account: Account, by: User, at: datetime) -> None:
    """Whoever lost it or gave it back leaves it to others for a while."""
    days = parameters.value(RECLAIM_DAYS)
    mine = PoolStay.objects.filter(account=account, former_owner=by, entered_at__gt=at - timedelta(days=days))
    last = mine.order_by("-entered_at").first()
    if last is not None:
        message = _("It was yours until %(day)s. You may take it again from %(free)s on, if nobody else has.")
        said = {"day": today(last.entered_at), "free": today(last.entered_at) + timedelta(days=days)}
        raise DomainError(message % said, code="reclaimed-early")


def _end_stay(account: Account, since: datetime, claim: Registration, at: datetime) -> None:
    """One that came with an import has no stay yet."""
    if not PoolStay.objects.open().filter(account=account).update(left_at=at, claim=claim):
        values: dict[str, Any] = {"why": Why.STOCK, "entered_at": since, "left_at": at, "claim": claim}
        PoolStay.objects.create(account=account, **values)


# --- into the pool


def release_account(*, account_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> Account:
    """Give one's own account back to the public pool, or as a manager above take one back, with a reason all may read.

    Its claim ends. Raises NotAllowed, Stale, InvalidInput, DomainError `in-pool`, `has-business` for a customer with
    whom business is done: that one goes to a colleague.
    """
    _require_reason(reason)
    with transaction.atomic(), events.together():
        lock()
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, version)
        is_own = account.owner_id == by.pk
        if not is_own:
            require_supervision(by, Permission.ACCOUNT_EDIT, on=account)
        _require_poolable(account, at)
        _let_go(account, reason.strip(), by, at, is_own=is_own)
    return account


def _require_reason(reason: str) -> None:
    if is_placeholder(reason) or len(reason) > LONGEST:
        raise InvalidInput(
            {"reason": [_("Say in at most 300 characters why: everybody who looks at the pool reads it.")]}
        )


def _require_poolable(account: Account, at: datetime) -> None:
    if account.owner_id is None and not account.is_unassigned:
        raise DomainError(_("This account is in the public pool already."), code="in-pool")
    if progress.trading_accounts([account.pk], today(at)):
        message = _("We do business with this customer. Give it to a colleague instead.")
        raise DomainError(message, code="has-business")


def _let_go(account: Account, reason: str, by: User, at: datetime, *, is_own: bool) -> None:
    old, why = account.owner_id, Why.RELEASED if is_own else Why.RETURNED
    end_claims(_live(account), status=Status.RELEASED, reason=reason, by=by, at=at)
    into_pool([Leaving(account.pk, old, why, reason)], by=by, at=at)
    account.refresh_from_db()
    if old is not None and not is_own:
        notify(rows=[Note(old, "account.returned", account, {"who": by.name, "title": account.name})], at=at)
    data: dict[str, Any] = {"old": old, "reason": reason}
    events.record("account.released" if is_own else "account.returned", subject=account, by=by, at=at, **data)


def _live(account: Account) -> list[Registration]:
    live = Registration.objects.filter(account=account, kind=Kind.ACCOUNT, status=Status.LIVE)
    lock_rows(Registration, list(live.values_list("pk", flat=True)))
    return list(live)


# --- to a colleague


def give_account(
    *, account_id: int, owner_id: int | None, by: User, at: datetime, version: int | None = None, reason: str = ""
) -> Account:
    """Give an account to another person, whose protection begins anew, or with None to the pool, with a reason.

    Who takes it out of the pool for themselves in this way is asked for their territory like anybody. Raises what
    `accounts.set_account_owner` and `release_account` do, `outside-territory`.
    """
    if owner_id is None:
        return release_account(account_id=account_id, reason=reason, by=by, at=at, version=version)
    with transaction.atomic(), events.together():
        lock()
        if owner_id == by.pk:
            _require_territory_of_pooled(account_id, by)
        account = set_account_owner(account_id=account_id, owner_id=owner_id, by=by, at=at, version=version)
        PoolStay.objects.open().filter(account=account).update(left_at=at)
        for claim in _live(account):
            if claim.owner_id != owner_id:
                end_claims([claim], status=Status.SUPERSEDED, reason=_("Given to a colleague."), by=by, at=at)
                _claim_anew(claim, account, at)
    return account


def _require_territory_of_pooled(account_id: int, by: User) -> None:
    account = Account.objects.visible_to(by).in_pool().filter(pk=account_id).first()
    if account is not None:
        require_territory(account, by)


def _claim_anew(old: Registration, account: Account, at: datetime) -> None:
    """The claim of the new owner: the same, with a protection of its own."""
    new = Registration(kind=old.kind, name=account.name, strict_key=old.strict_key, account=account)
    new.owner_id, new.registered_at, new.protected_until = account.owner_id or 0, at, protected_until(at)
    new.confirmed_different, new.created_at, new.updated_at = old.confirmed_different, at, at
    new.save(force_insert=True)
