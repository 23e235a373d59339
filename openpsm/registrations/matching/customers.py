"""Comparing a claim on a customer with every customer that is known.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol

from openpsm.accounts.models import MARK_LENGTH, Account, AccountMark, AccountName
from openpsm.accounts.rules import alias_marks, check_uscc, leading_claims, marks, normal_uscc
from openpsm.core.firsts import ALL, first_of_each
from openpsm.org.models import User
from openpsm.registrations.matching.abbreviated import fitting
from openpsm.registrations.matching.hits import Claim, Found, Hit, hit_of, rank
from openpsm.registrations.rules import (
    HitClass,
    Likeness,
    compare_companies,
)
from openpsm.registrations.rules.shorts import compare_alias

#: Of one leading mark so many accounts are compared; of one claim so many customers are shown, the most alike first.
MOST_OF_A_MARK = 200


MOST_HITS = 60


#: Marks that speak for one company whatever it is called.
NUMBERS = frozenset({"uscc", "phone", "email", "domain"})


class HasCode(Protocol):
    """Whatever has a credit code: an account, or a row of a list."""

    @property
    def uscc(self) -> str: ...


def account_hits(claim: Claim, by: User, excluding: int | None) -> list[Hit]:
    marked = _marked(claim)
    marked.pop(excluding or 0, None)
    names = names_of(marked) if marked else {}
    by_name = {pk: likeness for pk, known in names.items() if (likeness := best_name(claim, known))}
    fits = fitting(claim.name, by)
    fits.pop(excluding or 0, None)
    by_name = fits | by_name
    worth = [*by_name, *(pk for pk in names if pk not in by_name and marked[pk] & NUMBERS)]
    accounts = Account.objects.filter(pk__in=worth).select_related("owner") if worth else ()
    found = [
        Found(one, together(claim, one, by_name.get(one.pk), marked.get(one.pk, set()) & NUMBERS)) for one in accounts
    ]
    found = sorted(found, key=lambda one: rank(one.likeness))[:MOST_HITS]
    seen = Account.objects.visible_to(by).filter(pk__in=[one.record.pk for one in found])
    visible = set(seen.values_list("pk", flat=True)) if found else set()
    return [_account_hit(one, by, visible) for one in found]


def _marked(claim: Claim) -> dict[int, set[str]]:
    """Return by account the kinds of marks that agree with the claim or lead from it to the account (1 query).

    Of a leading mark that very many have, such as half a name that ends in 便利店, only the oldest are taken; of those
    that speak for one company none is left out.
    """
    telling = marks(
        names=claim.names,
        uscc=claim.uscc,
        domain=claim.domain,
        phones=claim.phones,
        emails=claim.emails,
        country=claim.country,
    )
    sure = {mark[:MARK_LENGTH] for mark in telling}
    leading = {mark[:MARK_LENGTH] for name in claim.names for mark in leading_claims(name) | alias_marks(name)}
    most = dict.fromkeys(sorted(leading), MOST_OF_A_MARK) | dict.fromkeys(sorted(sure), ALL)
    found: dict[int, set[str]] = {}
    for mark, pk in first_of_each(AccountMark, "mark", most, "account"):
        found.setdefault(pk, set()).add(mark.partition(":")[0])
    return found


def names_of(accounts: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """Return by account its names with their kinds, the full name first (2 queries)."""
    rows = Account.objects.live().filter(pk__in=accounts).values_list("pk", "name", "short_name")
    found = {pk: [("full", name)] + ([("short", short)] if short else []) for pk, name, short in rows}
    for pk, kind, name in AccountName.objects.filter(account__in=found).values_list("account_id", "kind", "name"):
        found[pk].append((kind, name))
    return found


def together(claim: Claim, account: HasCode, by_name: Likeness | None, kinds: Collection[str]) -> Likeness:
    """Return what names and numbers say together; at least one of them agrees."""
    reasons = (*(by_name.reasons if by_name else ()), *sorted(kinds))
    if "uscc" in kinds or (by_name is not None and "name" in by_name.reasons and by_name.cls == HitClass.SAME):
        return Likeness(HitClass.SAME, 100, reasons)
    if _are_two_companies(claim, account) or (by_name is not None and by_name.cls == HitClass.RELATED):
        return _two_companies(by_name, reasons)
    if by_name is not None and not kinds:
        return by_name
    return Likeness(HitClass.SAME, 100, reasons)


def _two_companies(by_name: Likeness | None, reasons: tuple[str, ...]) -> Likeness:
    """Two legal persons are never the same, whatever their names and telephones; a branch stays one."""
    if by_name is None:
        return Likeness(HitClass.POSSIBLE, 60, reasons)
    cls = by_name.cls if by_name.cls == HitClass.RELATED else HitClass.POSSIBLE
    return Likeness(cls, min(by_name.score, 90), reasons)


def _are_two_companies(claim: Claim, account: HasCode) -> bool:
    """Two good credit codes that differ are two legal persons, whatever switchboard or domain they share."""
    one, other = normal_uscc(claim.uscc), account.uscc
    return bool(one and other and one != other and not check_uscc(one) and not check_uscc(other))


def best_name(claim: Claim, names: Iterable[tuple[str, str]]) -> Likeness | None:
    """Return the best likeness of any two names; an equal short name alone is possible, for many share one."""
    found: list[Likeness] = []
    for kind, known in names:
        for index, name in enumerate(claim.names):
            likeness = compare_companies(name, known) or (compare_alias(name, known) if kind != "full" else None)
            if likeness and likeness.cls == HitClass.SAME and (kind == "short" or index > 0):
                likeness = replace(likeness, cls=HitClass.POSSIBLE)
            if likeness:
                reasons = likeness.reasons if kind == "full" else (*likeness.reasons, "known_as")
                found.append(replace(likeness, reasons=reasons))
    return min(found, key=rank, default=None)


def _account_hit(found: Found, by: User, visible: Collection[int]) -> Hit:
    account: Account = found.record
    is_in_pool = account.owner_id is None and not account.is_unassigned
    return hit_of("account", found, by, is_visible=account.pk in visible, is_in_pool=is_in_pool, stage="")
