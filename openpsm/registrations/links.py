"""What becomes of this package's references to users and accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account
from openpsm.core import links
from openpsm.core.versions import bump
from openpsm.org.models import User
from openpsm.org.operations import void_approvals
from openpsm.registrations.models import (
    Arbitration,
    PoolStay,
    Registration,
    Territory,
    TerritoryAccount,
    TerritoryException,
)


def _live(user: User) -> QuerySet[Registration]:
    return Registration.objects.filter(owner=user, status=Registration.Status.LIVE)


def _give(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """Hand over live registrations; ended ones are history."""
    return _live(old).update(owner=new, version=F("version") + 1, updated_at=at)


def _merge(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Re-point the registrations; of two live claims on the customers that of the owner stays, else the kept one's.

    The key of a project's claim begins with its customer: it is written anew, and gives way where it is taken.
    """
    kind, status, moved = Registration.Kind, Registration.Status, 0
    taken = set(_claims(kept).values_list("kind", "strict_key"))
    staying = _staying(kept, gone, at)
    for row in Registration.objects.filter(account=gone).order_by("pk"):
        if row.kind == kind.PROJECT:
            row.strict_key = f"{kept.pk}:{row.strict_key.partition(':')[2]}"[:240]
        if (
            row.status == status.LIVE
            and row.pk != staying
            and (row.kind == kind.ACCOUNT or (row.kind, row.strict_key) in taken)
        ):
            row.status = status.SUPERSEDED
        row.account = kept
        row.save(update_fields=["account", "strict_key", "status", *bump(row, at=at)])
        moved += 1
    return moved


def _staying(kept: Account, gone: Account, at: datetime) -> int | None:
    """Return the claim of the vanishing account that stays because its owner owns the kept one; others give way."""
    rows = Registration.objects.filter(kind=Registration.Kind.ACCOUNT, status=Registration.Status.LIVE)
    mine, theirs = rows.filter(account=kept), rows.filter(account=gone, owner=kept.owner_id)
    staying: int | None = theirs.order_by("pk").values_list("pk", flat=True).first()
    if staying is None or mine.filter(owner=kept.owner_id).exists():
        return None
    mine.update(status=Registration.Status.SUPERSEDED, version=F("version") + 1, updated_at=at)
    return staying


def _merge_arbitrations(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Re-point them; an open one gives way to an open one about the kept account, for one record has one at a time."""
    open_ones = Registration.objects.filter(arbitration__ended_at=None, arbitration__project=None)
    is_taken = open_ones.filter(arbitration__account=kept).exists()
    for claim in open_ones.filter(arbitration__account=gone).order_by("pk") if is_taken else ():
        void_approvals(subject=claim, reason=str(_("The customer became part of another one.")), by=by, at=at)
    return Arbitration.objects.filter(account=gone).update(account=kept, version=F("version") + 1, updated_at=at)


def _merge_stays(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Re-point them; the stay of the vanishing account is over."""
    PoolStay.objects.open().filter(account=gone).update(left_at=at)
    return PoolStay.objects.filter(account=gone).update(account=kept)


def _worked_in(user: User) -> QuerySet[Territory]:
    return Territory.objects.filter(people=user)


def _give_territories(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """Whoever takes over a person's customers works where they lie."""
    found = list(_worked_in(old))
    for territory in found:
        territory.people.add(new)
        territory.people.remove(old)
        territory.save(update_fields=bump(territory, at=at))
    return len(found)


def _merge_territories(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """A territory that names the vanishing account names the kept one."""
    known = TerritoryAccount.objects.filter(account=kept).values("territory")
    TerritoryAccount.objects.filter(account=gone, territory__in=known).delete()
    return TerritoryAccount.objects.filter(account=gone).update(account=kept)


def _claims(account: Account) -> QuerySet[Registration]:
    return Registration.objects.filter(account=account, status=Registration.Status.LIVE)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    registrations = _("registrations")
    links.declare(Registration, "owner", target="org.user", label=registrations, move=_give, listing=_live)
    links.declare(Registration, "account", target="accounts.account", label=registrations, merge=_merge)
    for name, label in (
        ("asker", _("arbitrations asked for")),
        ("holder", _("arbitrations as owner")),
        ("main", _("arbitrations won")),
        ("assistant", _("arbitrations as assistant")),
        ("decided_by", _("arbitrations decided")),
    ):
        links.declare(Arbitration, name, target="org.user", label=label)
    stays = _("stays in the public pool")
    links.declare(PoolStay, "account", target="accounts.account", label=stays, merge=_merge_stays)
    links.declare(PoolStay, "former_owner", target="org.user", label=_("accounts lost to the public pool"))
    links.declare(PoolStay, "put_by", target="org.user", label=_("accounts put into the public pool"))
    links.declare(Arbitration, "account", target="accounts.account", label=_("arbitrations"), merge=_merge_arbitrations)
    links.declare(
        Territory,
        "people",
        target="org.user",
        label=_("territories worked in"),
        move=_give_territories,
        listing=_worked_in,
    )
    named = _("territories")
    links.declare(Territory, "accounts", target="accounts.account", label=named)
    links.declare(TerritoryAccount, "account", target="accounts.account", label=named, merge=_merge_territories)
    links.declare(TerritoryException, "asker", target="org.user", label=_("exceptions from territories asked for"))
