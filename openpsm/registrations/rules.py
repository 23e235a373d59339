"""When do two names mean the same company or the same project? Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from openpsm.accounts.names import SHORTEST_HEAD, SHORTEST_SLIP, CompanyName, company_name
from openpsm.core.text import fold, initials, sort_key


class HitClass(StrEnum):
    """What a hit means for the claim: SAME stops it, POSSIBLE asks for a second look, RELATED informs."""

    SAME = "same"
    POSSIBLE = "possible"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two records are: class, score from 0 to 100, and the kinds of agreement that speak for it."""

    cls: HitClass
    score: int
    reasons: tuple[str, ...]


_SEQUENCE = re.compile(r"[0-9]+|[一二三四五六七八九十]+(?=[期批标段包号次])")
#: Words at the end of a project's name that say nothing about which project it is.
_PROJECT_WORDS = re.compile("(?:招标|采购|项目|工程|设备|物资|公告|中标|标段)+$")


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


def compare_projects(
    one: str, other: str, *, is_same_account: bool, is_other_line: bool = False, is_other_site: bool = False
) -> Likeness | None:
    """Return how alike two projects are by name, given whether the customer is the same.

    With one customer an equal name is the same project, unless product line or site are known to differ; phases, lots
    and years must agree. At another customer only an equal, telling name is possible (8 signs or more).
    """
    a, b = fold(one), fold(other)
    if a == b and is_same_account:
        is_other = is_other_line or is_other_site
        return Likeness(HitClass.POSSIBLE if is_other else HitClass.SAME, 100, ("account", "project_name"))
    bare_a, bare_b = _PROJECT_WORDS.sub("", a) or a, _PROJECT_WORDS.sub("", b) or b
    if _SEQUENCE.findall(a) != _SEQUENCE.findall(b) or is_other_line or is_other_site:
        return None
    if is_same_account:
        score = round(ratio(bare_a, bare_b))
        return Likeness(HitClass.POSSIBLE, score, ("account", "project_name_nearly")) if score >= 75 else None
    return Likeness(HitClass.POSSIBLE, 80, ("project_name",)) if bare_a == bare_b and len(bare_a) >= 8 else None


def shown_score(score: int) -> int:
    """Return the score in steps of 10, as it is shown of other people's records."""
    return score // 10 * 10
