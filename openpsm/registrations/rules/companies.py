"""When do two names mean the same company? Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from rapidfuzz.distance import OSA

from openpsm.accounts.names import SHORTEST_HEAD, SHORTEST_SLIP, CompanyName, company_name
from openpsm.core.text import initials, sort_key
from openpsm.registrations.rules.likeness import HitClass, Likeness


def compare_companies(one: str, other: str) -> Likeness | None:
    """Return how alike two company names are, None where nothing speaks for one company.

    Equal strict keys are the same; one name behind different spellings, forms, place endings or sounds is possible;
    a company and its branch, or two branches of one company, are related.
    """
    a, b = company_name(one), company_name(other)
    if a.key == b.key:
        return Likeness(HitClass.SAME, 100, ("name",))
    if not _fits(a.place, b.place):
        return None
    if a.is_branch != b.is_branch:
        return _family(a, b)
    alike = _alike(a, b)
    return Likeness(HitClass.POSSIBLE, *alike) if alike else None


def _fits(one: str, other: str) -> bool:
    """Two places do not contradict each other when one is missing or part of the other: 浙江杭州 and 杭州."""
    return not one or not other or one in other or other in one


def _family(a: CompanyName, b: CompanyName) -> Likeness | None:
    parent, branch = (b, a) if a.is_branch else (a, b)
    head, whole = parent.head, branch.plain
    is_part = len(head) >= SHORTEST_HEAD and whole.startswith(head) and len(whole) > len(head)
    is_part = is_part or (len(parent.key) >= 6 and branch.key.startswith(parent.key))
    return Likeness(HitClass.RELATED, 80, ("branch",)) if is_part else None


def _alike(a: CompanyName, b: CompanyName) -> tuple[int, tuple[str, ...]] | None:
    if a.place + a.core == b.place + b.core:
        return 95, ("name_without_form",)
    if a.core == b.core and len(a.core) >= 2:
        return (90 if a.place and b.place else 80), ("name_without_place",)
    if len(a.core) < 3 or len(b.core) < 3:
        return None
    if initials(a.core) == initials(b.core) and sort_key(a.core) == sort_key(b.core):
        return 80, ("name_by_sound",)
    if _is_slip(a.core, b.core):
        return 70, ("name_nearly",)
    return None


def _is_slip(one: str, other: str) -> bool:
    """A slip of the pen: two signs swapped, one doubled or left out; another sign instead is another name."""
    if one.isascii() and other.isascii():
        return min(len(one), len(other)) >= SHORTEST_SLIP and one[0] == other[0] and OSA.distance(one, other) == 1
    if len(one) == len(other):
        return sorted(one) == sorted(other) and OSA.distance(one, other) == 1
    return min(len(one), len(other)) >= SHORTEST_SLIP and OSA.distance(one, other) == 1
