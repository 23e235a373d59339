"""Taking a customer out of the public pool.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.accounts.operations.accounts import write_owner
from openpsm.core import events, parameters
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.locks import lock_rows
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.models import Registration
from openpsm.registrations.operations.checking import lock
from openpsm.registrations.operations.claims import Kind, Status, write_claim
from openpsm.registrations.parameters import POOL_LIMIT


def claim_account(*, account_id: int, by: User, at: datetime) -> Registration:
    """Take an account out of the public pool and register it. Raises NotAllowed, DomainError `pool-limit`, `owned`."""
    require(by, Permission.REGISTRATION_CREATE)
    with transaction.atomic():
        lock()
        lock_rows(Account, [account_id])  # a manager may be giving it to somebody at this moment
        account = Account.objects.visible_to(by).select_related("department").get(pk=account_id)
        return take_from_pool(account, by, at)


def take_from_pool(account: Account, by: User, at: datetime) -> Registration:
    if account.owner_id is not None or account.is_unassigned:
        raise DomainError(_("This account is not in the public pool."), code="owned")
    held = Account.objects.live().filter(owner=by)
    guarded = Registration.objects.filter(status=Status.LIVE, kind=Kind.ACCOUNT, protected_until__gte=today(at))
    if held.exclude(pk__in=guarded.values("account_id")).count() >= parameters.value(POOL_LIMIT):
        message = _("You hold as many unprotected accounts as you may. Give one back first.")
        raise DomainError(message, code="pool-limit")
    old = Registration.objects.filter(account=account, kind=Kind.ACCOUNT, status=Status.LIVE)
    old.update(status=Status.SUPERSEDED, updated_at=at)
    write_owner(account, by, at=at)
    events.record("account.claimed", subject=account, by=by, at=at)
    return write_claim(Kind.ACCOUNT, account, None, (), {}, by, at)
