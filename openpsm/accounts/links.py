"""What becomes of this package's references to users, accounts and contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import (
    Account,
    AccountMark,
    AccountMember,
    AccountName,
    AccountVolume,
    Contact,
    LossRecord,
)
from openpsm.core import links
from openpsm.org.models import User


def _owned(user: User) -> QuerySet[Account]:
    return Account.objects.live().filter(owner=user)


def _give_accounts(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """Hand over every account of a user that is not in the recycle bin, with its owner's seat on the team."""
    from openpsm.accounts.operations.accounts import write_owner  # operations import much more

    accounts = list(_owned(old).select_for_update(no_key=True).order_by("pk"))
    for account in accounts:
        write_owner(account, new, at=at)
    return len(accounts)


def _seats(user: User) -> QuerySet[AccountMember]:
    return AccountMember.objects.filter(user=user, is_owner=False).select_related("account")


def _give_seats(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """Hand over seats on account teams; where the receiver sits already, the old seat is given up."""
    taken = AccountMember.objects.filter(user=new).values("account_id")
    _seats(old).filter(account_id__in=taken).delete()
    return AccountMember.objects.filter(user=old, is_owner=False).update(user=new)


def _move_contacts(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    AccountMark.objects.filter(account=gone, contact__isnull=False).update(account=kept)
    return Contact.objects.filter(account=gone).update(account=kept)


def _move_seats(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Who worked on the one works on the other; the owner of the vanishing account becomes one of the team."""
    known = list(AccountMember.objects.filter(account=kept).values_list("user_id", flat=True))
    AccountMember.objects.filter(account=gone, user_id__in=known).delete()
    return AccountMember.objects.filter(account=gone).update(account=kept, is_owner=False)


def _move_names(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    known = AccountName.objects.filter(account=kept).values("strict_key")
    AccountName.objects.filter(account=gone, strict_key__in=known).delete()
    return AccountName.objects.filter(account=gone).update(account=kept)


def _move_daughters(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    return Account.objects.filter(parent=gone).exclude(pk=kept.pk).update(parent=kept)


def _move_volumes(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """Where both have a figure for a month and product, the one that stays has the last word."""
    known = AccountVolume.objects.filter(account=kept, month=OuterRef("month"), product=OuterRef("product"))
    AccountVolume.objects.filter(account=gone).filter(Exists(known)).delete()
    return AccountVolume.objects.filter(account=gone).update(account=kept)


def _move_losses(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    """One report stands per customer: the kept one's, if it has one."""
    standing = LossRecord.objects.standing()
    if standing.filter(account=kept).exists():
        standing.filter(account=gone).update(withdrawn_at=at)
    return LossRecord.objects.filter(account=gone).update(account=kept)


def _owed(user: User) -> QuerySet[LossRecord]:
    return LossRecord.objects.standing().filter(owner=user, reported_at=None)


def _give_owed(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    return _owed(old).update(owner=new, version=F("version") + 1, updated_at=at)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    account, contact, user = "accounts.account", "accounts.contact", "org.user"
    links.declare(Account, "owner", target=user, label=_("accounts"), move=_give_accounts, listing=_owned)
    links.declare(AccountMember, "user", target=user, label=_("account teams"), move=_give_seats, listing=_seats)
    links.declare(Account, "parent", target=account, label=_("daughter companies"), merge=_move_daughters)
    links.declare(Contact, "account", target=account, label=_("contacts"), merge=_move_contacts)
    links.declare(AccountMember, "account", target=account, label=_("seats on the account's team"), merge=_move_seats)
    links.declare(AccountName, "account", target=account, label=_("other names"), merge=_move_names)
    links.declare(AccountVolume, "account", target=account, label=_("monthly volumes"), merge=_move_volumes)
    links.declare(LossRecord, "account", target=account, label=_("loss reports"), merge=_move_losses)
    links.declare(LossRecord, "owner", target=user, label=_("loss reports owed"), move=_give_owed, listing=_owed)
    links.declare(LossRecord, "reported_by", target=user, label=_("who reported a loss"))
    for model, label in (
        ("accounts.accountgram", _("search keys, made anew")),
        ("accounts.accountmark", _("matching keys, made anew")),
    ):
        links.declare(model, "account", target=account, label=label)
    links.declare("accounts.accountmark", "contact", target=contact, label=_("matching keys, removed with the person"))
