"""What a person confirms to be the same company teaches how it is called as well.

Rule: docs/business-rules.md#other-names
"""

from __future__ import annotations

from datetime import datetime

from openpsm.accounts.models import Account, AccountName
from openpsm.accounts.operations import learn_names
from openpsm.accounts.rules import check_uscc, normal_uscc
from openpsm.core.text import fold
from openpsm.org.access import can
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.matching import Claim, Hit
from openpsm.registrations.rules import HitClass
from openpsm.registrations.rules.shorts import is_short

Source = AccountName.Source


def kind_of(name: str) -> str:
    """Judge what kind of name this is: in Latin letters, for short, or another spelling."""
    if fold(name).isascii():
        return AccountName.Kind.ENGLISH
    return AccountName.Kind.SHORT if is_short(name) else AccountName.Kind.ALIAS


def learn_from_choice(account: Account, claim: Claim, hit: Hit, by: User, at: datetime) -> None:
    """Learn what a seller typed who then said that it is this customer.

    Only at a customer that the seller may change: one word of a stranger renames nobody. A parent or branch, and a
    company with another good credit code, is not the same.
    """
    if hit.cls != HitClass.RELATED and can(by, Permission.ACCOUNT_EDIT, on=account):
        learn_claim(account, claim, Source.REGISTRATION, by, at)


def learn_claim(account: Account, claim: Claim, source: str, by: User, at: datetime) -> None:
    """Learn the names of a claim that means this account; the account is locked."""
    if not _is_another(claim.uscc, account.uscc):
        learn_names(account, [(kind_of(name), name) for name in claim.names], source=source, by=by, at=at)


def _is_another(one: str, other: str) -> bool:
    codes = {normal_uscc(one), normal_uscc(other)} - {""}
    return len(codes) > 1 and not any(map(check_uscc, codes))
