"""Comparing known customers with one another, many at a time: the same judgement as that of a registration.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpsm.accounts.models import MARK_LENGTH, Account, AccountMark
from openpsm.accounts.rules import leading_claims
from openpsm.core.firsts import first_of_each
from openpsm.registrations.matching import customers
from openpsm.registrations.matching.hits import Claim
from openpsm.registrations.rules import Likeness

#: Kinds of an account's own marks that speak for one company by equality alone.
EQUAL = ("name", "plain", *sorted(customers.NUMBERS))
Names = Mapping[int, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Alike:
    """Two accounts, the older one first, and how alike they are."""

    one: Account
    other: Account
    likeness: Likeness


def pairs_among(accounts: Sequence[Account]) -> Iterator[Alike]:
    """Yield every live account that is like one of these, each pair once.

    Some ten statements for a few hundred accounts: their names, their marks, who shares them, and those accounts.
    """
    own = customers.names_of([one.pk for one in accounts])
    candidates = _candidates(own)
    others = {pk for pair in candidates for pk in pair} - own.keys()
    names = {**own, **customers.names_of(others)}
    known = {one.pk: one for one in accounts}
    known |= Account.objects.live().in_bulk([pk for pk in others if pk in names])
    for pair, kinds in sorted(candidates.items()):
        one, other = (known.get(pk) for pk in pair)
        if one is not None and other is not None:
            likeness = _judge(one, other, names, kinds & customers.NUMBERS)
            if likeness is not None:
                yield Alike(one, other, likeness)


def _candidates(own: Names) -> dict[tuple[int, int], set[str]]:
    """Return by pair of accounts the kinds of marks that they share or that lead from the one to the other."""
    sought: dict[str, set[int]] = {}
    marks = AccountMark.objects.filter(account__in=own)
    for pk, mark in marks.values_list("account_id", "mark"):
        if mark.partition(":")[0] in EQUAL:
            sought.setdefault(mark, set()).add(pk)
    for pk, names in own.items():
        for mark in {mark[:MARK_LENGTH] for _kind, name in names for mark in leading_claims(name)}:
            sought.setdefault(mark, set()).add(pk)
    found: dict[tuple[int, int], set[str]] = {}
    for pk, mark in holders(sought):
        for other in sought[mark]:
            if other != pk:
                found.setdefault((min(pk, other), max(pk, other)), set()).add(mark.partition(":")[0])
    return found


def holders(marks: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the accounts that have these marks, the oldest ones of a mark that very many have."""
    for mark, pk in first_of_each(AccountMark, "mark", dict.fromkeys(marks, customers.MOST_OF_A_MARK), "account"):
        yield pk, mark


def _judge(one: Account, other: Account, names: Names, kinds: Collection[str]) -> Likeness | None:
    """Compare as if the younger account were registered beside the older one."""
    called = [name for _kind, name in names[other.pk]]
    claim = Claim(called[0], uscc=other.uscc, other_names=tuple(called[1:]), country=other.country)
    by_name = customers.best_name(claim, names[one.pk])
    if by_name is None and not kinds:
        return None
    return customers.together(claim, one, by_name, kinds)
