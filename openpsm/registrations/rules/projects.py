"""When do two records mean the same project? Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import ratio

from openpsm.core.text import fold
from openpsm.projects.names import SHORTEST_TELLING, ProjectName, project_name, without
from openpsm.registrations.rules.companies import compare_companies
from openpsm.registrations.rules.likeness import HitClass, Likeness

#: Signs without numbers and generic words from which an equal name at one customer is the same project.
SHORTEST_SAME = 6

#: Two dates farther apart than this are those of two projects, unless the name tells them to be one.
DAYS_APART = 550


class Tie(IntEnum):
    """What two projects have in common by their parties, the closest last; a contractor builds for many."""

    OTHER = 0
    UNKNOWN = 1
    PARTY = 2
    ALIKE = 3
    SAME = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFacts:
    """What is known of a project in words: its name and parties, where, what, under which number and when."""

    name: str
    account: str = ""
    contractor: str = ""
    end_user: str = ""
    design_institute: str = ""
    site: str = ""
    product_line: str = ""
    tender_number: str = ""
    on: date | None = None
    others: tuple[str, ...] = ()

    @property
    def owners(self) -> list[str]:
        """Whom the project is for."""
        return [name for name in (self.account, self.end_user) if fold(name)]

    @property
    def parties(self) -> list[str]:
        """Everybody who has a part in the project."""
        named = (*self.owners, self.contractor, self.design_institute, *self.others)
        return list(dict.fromkeys(name for name in named if fold(name)))


def compare_facts(one: ProjectFacts, other: ProjectFacts) -> Likeness | None:
    """Return how alike two projects are by all that is known of them.

    Another tender number makes it no more than possible: owner and agency number apart, and a second call is one more.
    """
    tie, reasons = tie_of(one, other)
    found = compare_projects(
        one.name,
        other.name,
        is_same_account=tie == Tie.SAME,
        tie=tie,
        is_other_line=differ(one.product_line, other.product_line),
        is_other_site=differ(one.site, other.site),
        is_same_tender=agree(one.tender_number, other.tender_number),
        is_far_apart=are_far_apart(one.on, other.on),
        parties=(*one.parties, *other.parties),
    )
    if found is None:
        return None
    if differ(one.tender_number, other.tender_number) and found.cls == HitClass.SAME:
        found = replace(found, cls=HitClass.POSSIBLE)
    more = [name for name in ("site", "product_line") if agree(getattr(one, name), getattr(other, name))]
    return replace(found, reasons=tuple(dict.fromkeys((*found.reasons, *reasons, *more))))


def tie_of(one: ProjectFacts, other: ProjectFacts) -> tuple[Tie, tuple[str, ...]]:
    """Return how close the parties of two projects are, and the codes of what they share.

    A customer may stand as end user or contractor on the other side: one project reached through two parties.
    """
    ours, theirs = set(map(fold, one.owners)), set(map(fold, other.owners))
    all_ours, all_theirs = set(map(fold, one.parties)), set(map(fold, other.parties))
    if ours & all_theirs or theirs & all_ours:
        return Tie.SAME, ("account",)
    if any(compare_companies(a, b) for a in one.owners for b in other.owners):
        return Tie.ALIKE, ("account_nearly",)
    if all_ours & all_theirs:
        return Tie.PARTY, ("party",)
    return (Tie.OTHER if ours and theirs else Tie.UNKNOWN), ()


def compare_projects(
    one: str,
    other: str,
    *,
    is_same_account: bool,
    is_other_line: bool = False,
    is_other_site: bool = False,
    is_same_tender: bool = False,
    is_far_apart: bool = False,
    tie: Tie | None = None,
    parties: Sequence[str] = (),
) -> Likeness | None:
    """Return how alike two projects are, given what their customers and other parties have in common.

    With one customer an equal name is the same project, unless product line, site or day are known to differ. Phases,
    lots, batches, lines, years and sizes, and the places named, must not contradict each other. At another customer
    only a telling name speaks for one project. One tender number is one project, or two lots of it.
    """
    tie = tie if tie is not None else Tie.SAME if is_same_account else Tie.OTHER
    by_account = ("account",) if is_same_account else ()
    a, b = project_name(one), project_name(other)
    if is_same_tender:
        return Likeness(HitClass.POSSIBLE if contradict(a, b) else HitClass.SAME, 100, ("tender_number",))
    if is_other_line or is_other_site or is_far_apart:
        is_equal = a.key == b.key and is_same_account
        return Likeness(HitClass.POSSIBLE, 100, (*by_account, "project_name")) if is_equal else None
    if contradict(a, b):
        return None
    found = _better(_by_name(a, b, tie), _by_name(_bare(one, parties), _bare(other, parties), tie))
    return replace(found, reasons=(*by_account, *found.reasons)) if found else None


def _bare(name: str, parties: Sequence[str]) -> ProjectName:
    return project_name(without(name, parties))


def _better(one: Likeness | None, other: Likeness | None) -> Likeness | None:
    found = [likeness for likeness in (one, other) if likeness]
    return max(found, key=lambda likeness: (likeness.cls == HitClass.SAME, likeness.score), default=None)


def _by_name(a: ProjectName, b: ProjectName, tie: Tie) -> Likeness | None:
    """Return what the names say, given the tie; they do not contradict each other."""
    shorter, is_even = min(len(a.core), len(b.core)), a.numbers == b.numbers
    is_sure = tie >= Tie.ALIKE or _is_telling(a, tie)
    if a.key == b.key and (tie == Tie.SAME or len(a.key) >= SHORTEST_TELLING):
        return Likeness(HitClass.SAME if is_sure else HitClass.POSSIBLE, 100 if is_sure else 80, ("project_name",))
    if a.core == b.core and is_even and is_sure and shorter >= SHORTEST_SAME:
        return Likeness(HitClass.SAME, 95, ("project_name_nearly",))
    score = _likeness(a, b)
    if score >= SURE and is_even and tie >= Tie.PARTY and shorter >= SHORTEST_TELLING:
        return Likeness(HitClass.SAME, score, ("project_name_nearly",))
    if score >= LIMITS[tie] and (tie >= Tie.ALIKE or shorter >= SHORTEST_SAME):
        return Likeness(HitClass.POSSIBLE, min(score, 90), ("project_name_nearly",))
    return None


#: From this score on a name without contradiction is the same; by tie, from which score on it may be.
SURE = 90
LIMITS = {Tie.SAME: 76, Tie.ALIKE: 78, Tie.PARTY: 80, Tie.UNKNOWN: 80, Tie.OTHER: 88}


def _is_telling(name: ProjectName, tie: Tie) -> bool:
    """A name that says where, or which, and enough of what, is borne by one project only."""
    if tie == Tie.PARTY and len(name.core) >= SHORTEST_TELLING:
        return True
    return len(name.core) >= SHORTEST_SAME and bool(name.places or len(name.numbers) > 1)


def _likeness(a: ProjectName, b: ProjectName) -> int:
    """Return 0 to 100: agreement of what the names are about; a name that is wholly part of the other counts high."""
    whole = ratio(a.core, b.core)
    shorter = min(len(a.core), len(b.core))
    if shorter >= SHORTEST_SAME:
        part = LCSseq.similarity(a.core, b.core) / shorter
        if part == 1:
            return round(max(whole, 85))
    return round(whole)


def contradict(a: ProjectName, b: ProjectName) -> bool:
    """Both name a phase, lot, batch, line, year, size or place, and no common one."""
    if a.places and b.places and not _fits(a, b):
        return True
    return any(a.numbers[kind].isdisjoint(b.numbers[kind]) for kind in a.numbers.keys() & b.numbers.keys())


def _fits(a: ProjectName, b: ProjectName) -> bool:
    """A city fits itself and its province: 浙江 and 杭州, not 杭州 and 宁波."""
    return any(one.startswith(two) or two.startswith(one) for one in a.places for two in b.places)


def agree(one: str, other: str) -> bool:
    return bool(fold(one) and fold(one) == fold(other))


def differ(one: str, other: str) -> bool:
    return bool(fold(one) and fold(other) and fold(one) != fold(other))


def are_far_apart(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and abs((one - other).days) > DAYS_APART
