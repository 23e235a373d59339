"""Comparing claims with a list of companies that is no part of the database: by the same marks and judgement.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from openpsm.accounts.models import MARK_LENGTH
from openpsm.accounts.names import bare_short
from openpsm.accounts.rules import alias_marks, leading_claims, leading_marks, marks
from openpsm.core.text import fold
from openpsm.registrations.matching.abbreviated import SHORT_BEST, SHORT_FITS
from openpsm.registrations.matching.customers import MOST_OF_A_MARK, NUMBERS, best_name, together
from openpsm.registrations.matching.hits import Claim, rank
from openpsm.registrations.rules import HitClass, Likeness
from openpsm.registrations.rules.shorts import is_short, short_likeness, speaks_against

MOST_BY_SIGNS = 20_000


@dataclass(frozen=True, slots=True)
class Match:
    """One row of the list that may mean what was asked."""

    row: int
    name: str
    likeness: Likeness


@dataclass
class CompanyList:
    """Companies in memory, found as the database finds them; about 3 KB a name."""

    claims: list[Claim] = field(default_factory=list)
    _by_mark: dict[str, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("I")))
    _by_sign: dict[str, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("I")))

    def add(self, claim: Claim) -> None:
        row = len(self.claims)
        self.claims.append(claim)
        leading = {mark for name in claim.names for mark in leading_marks(name)}
        leading |= {mark for name in claim.other_names for mark in alias_marks(name)}
        for mark in _marks_of(claim) | leading:
            self._by_mark[mark[:MARK_LENGTH]].append(row)
        for sign in {sign for name in claim.names for sign in fold(name)}:
            self._by_sign[sign].append(row)

    def matches(self, claim: Claim, limit: int) -> list[Match]:
        """Return the rows that may mean the claim, best first; of a short name also those that it abbreviates."""
        found = dict(self._by_marks(claim))
        found = self._by_signs(claim.name) | found
        rows = sorted(found, key=lambda row: (self._is_another(claim.name, row), *rank(found[row]), row))[:limit]
        return [Match(row, self.claims[row].name, found[row]) for row in rows]

    def _is_another(self, asked: str, row: int) -> bool:
        """Whether the form of a company that a short name fits is another than the short name says."""
        known = self.claims[row].name
        return is_short(asked) and fold(asked) != fold(known) and speaks_against(asked, known)

    def _by_marks(self, claim: Claim) -> Iterable[tuple[int, Likeness]]:
        kinds: dict[int, set[str]] = defaultdict(set)
        for mark in _marks_of(claim):
            for row in self._by_mark.get(mark[:MARK_LENGTH], ()):
                kinds[row].add(mark.partition(":")[0])
        for mark in {mark for name in claim.names for mark in leading_claims(name) | alias_marks(name)}:
            for row in self._by_mark.get(mark[:MARK_LENGTH], array("I"))[:MOST_OF_A_MARK]:
                kinds[row].add("near")
        for row, agreeing in kinds.items():
            known = self.claims[row]
            others = ((("short" if is_short(name) else "other"), name) for name in known.other_names)
            named = [("full", known.name), *others]
            by_name, numbers = best_name(claim, named), agreeing & NUMBERS
            if by_name or numbers:
                yield row, together(claim, known, by_name, numbers)

    def _by_signs(self, name: str) -> dict[int, Likeness]:
        """Return the rows that a short name abbreviates; none for a name with a legal form."""
        if not is_short(name):
            return {}
        short, found = bare_short(name), dict[int, Likeness]()
        for row in self._with_signs(set(short)):
            claim = self.claims[row]
            if (fits := short_likeness(short, claim.name, self._weight)) >= SHORT_FITS:
                found[row] = Likeness(HitClass.POSSIBLE, round(SHORT_BEST * fits), ("short_name",))
        return found

    def _with_signs(self, wanted: set[str]) -> Iterable[int]:
        """Yield the rows with one of the two rarest signs that have most of the others too."""
        signs = sorted((sign for sign in wanted if sign in self._by_sign), key=lambda sign: len(self._by_sign[sign]))
        enough = max(1, math.ceil(0.6 * len(wanted)))
        for row in {row for sign in signs[:2] for row in self._by_sign[sign][:MOST_BY_SIGNS]}:
            key = "".join(map(fold, self.claims[row].names))
            if sum(sign in key for sign in signs) >= enough:
                yield row

    def _weight(self, sign: str) -> float:
        """A sign tells the more, the fewer companies have it."""
        return math.log((len(self.claims) + 1) / (len(self._by_sign.get(sign, ())) + 1)) + 0.1


def _marks_of(claim: Claim) -> set[str]:
    return marks(
        names=claim.names,
        uscc=claim.uscc,
        domain=claim.domain,
        phones=claim.phones,
        emails=claim.emails,
        country=claim.country,
    )
