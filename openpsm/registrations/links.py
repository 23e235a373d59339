"""What becomes of this package's references to users and accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account
from openpsm.core import links
from openpsm.org.models import User
from openpsm.registrations.models import Registration


def _live(user: User) -> QuerySet[Registration]:
    return Registration.objects.filter(owner=user, status=Registration.Status.LIVE)


def _give(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """Hand over live registrations; ended ones are history."""
    return _live(old).update(owner=new, updated_at=at)


def _merge(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Re-point the registrations; the live one of the vanishing account gives way to that of the kept one."""
    rows = Registration.objects.filter(account=gone)
    kind, status = Registration.Kind.ACCOUNT, Registration.Status
    rows.filter(kind=kind, status=status.LIVE).update(status=status.SUPERSEDED, updated_at=at)
    return rows.update(account=kept)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    registrations = _("registrations")
    links.declare(Registration, "owner", target="org.user", label=registrations, move=_give, listing=_live)
    links.declare(Registration, "account", target="accounts.account", label=registrations, merge=_merge)
