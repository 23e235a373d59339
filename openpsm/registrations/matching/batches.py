"""Comparing the rows of a table with known customers, many at a time: the same judgement as that of a registration.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from openpsm.accounts.models import MARK_LENGTH, Account
from openpsm.accounts.rules import leading_claims, marks
from openpsm.registrations.matching.among import Names, holders
from openpsm.registrations.matching.customers import NUMBERS, best_name, names_of, together
from openpsm.registrations.matching.hits import Claim, rank
from openpsm.registrations.rules import HitClass, Likeness


@dataclass(frozen=True, slots=True)
class Twin:
    """The known customer that is most like a claim."""

    account_id: int
    name: str
    likeness: Likeness


def twins_of(claims: Mapping[int, Claim], among: QuerySet[Account]) -> dict[int, Twin]:
    """Return by claim the customer among these that is, or may be, the same company.

    A handful of statements for a thousand claims. What is only related, a branch or a parent, is no twin.
    """
    wanted = _wanted(claims)
    shared: dict[int, dict[int, set[str]]] = {}
    for pk, mark in holders(wanted):
        for number in wanted[mark]:
            shared.setdefault(pk, {}).setdefault(number, set()).add(mark.partition(":")[0])
    accounts = {one.pk: one for one in among.filter(pk__in=shared).only("pk", "name", "uscc")} if shared else {}
    names = names_of(accounts) if accounts else {}
    found: dict[int, Twin] = {}
    for pk, account in sorted(accounts.items()):
        for number, kinds in shared[pk].items():
            twin = _judged(claims[number], account, names, kinds & NUMBERS)
            if twin and (number not in found or rank(twin.likeness) < rank(found[number].likeness)):
                found[number] = twin
    return found


def _wanted(claims: Mapping[int, Claim]) -> dict[str, set[int]]:
    """Return by mark the claims that it speaks for or leads from."""
    wanted: dict[str, set[int]] = {}
    for number, claim in claims.items():
        own = marks(names=claim.names, uscc=claim.uscc, domain=claim.domain, phones=claim.phones, country=claim.country)
        for mark in own.union(*map(leading_claims, claim.names)):
            wanted.setdefault(mark[:MARK_LENGTH], set()).add(number)
    return wanted


def _judged(claim: Claim, account: Account, names: Names, kinds: Collection[str]) -> Twin | None:
    by_name = best_name(claim, names.get(account.pk, ()))
    if by_name is None and not kinds:
        return None
    likeness = together(claim, account, by_name, kinds)
    return None if likeness.cls == HitClass.RELATED else Twin(account.pk, account.name, likeness)
