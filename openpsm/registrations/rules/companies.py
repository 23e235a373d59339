"""When do two names mean the same company? Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from openpsm.accounts.latin import compare_latin, is_latin
from openpsm.accounts.names import (
    OWN_BRAND,
    RARE_BRAND,
    SHORTEST_HEAD,
    SHORTEST_SLIP,
    CompanyName,
    company_name,
    is_small,
    lies_in,
    pared,
)
from openpsm.core.text import initials, sort_key, sounds
from openpsm.registrations.rules.likeness import HitClass, Likeness

#: In a telling part of so many signs one too many or too few is a slip, not another name.
LONG_NAME = 9
_COUNTED = re.compile("[0-9一二三四五六七八九十百零东南西北]")


def compare_companies(one: str, other: str) -> Likeness | None:
    """Return how alike two company names are, None where nothing speaks for one company.

    Equal strict keys are the same; one name behind different spellings, forms, place endings or sounds is possible;
    a company and its branch, or two branches of one company, are related.
    """
    a, b = company_name(one), company_name(other)
    if a.key == b.key:
        return Likeness(HitClass.SAME, 100, ("name",))
    if is_latin(one) and is_latin(other):
        found = compare_latin(one, other)
        return Likeness(HitClass(found.cls.value), found.score, (found.reason,)) if found else None
    if a.is_branch != b.is_branch:
        return _family(a, b)
    if _fits(a.place, b.place):
        return _alike(a, b)
    if _holds_place(a, b) or _holds_place(b, a):
        return Likeness(HitClass.SAME, 90, ("name_without_place",))
    is_part = lies_in(a.place, b.place) or lies_in(b.place, a.place)
    if a.core == b.core and not is_part:
        return _moved(a, b)
    return _in_one_province(a, b) if is_part and a.core == b.core else None


def _fits(one: str, other: str) -> bool:
    """Two places do not contradict each other when one is missing or part of the other: 浙江杭州 and 杭州."""
    return not one or not other or one in other or other in one


def _family(a: CompanyName, b: CompanyName) -> Likeness | None:
    parent, branch = (b, a) if a.is_branch else (a, b)
    head, whole = parent.head, branch.whole
    is_part = len(head) >= SHORTEST_HEAD and whole.startswith(head) and len(whole) > len(head)
    is_part = is_part or (len(parent.key) >= 6 and branch.key.startswith(parent.key))
    return Likeness(HitClass.RELATED, 80, ("branch",)) if is_part else None


def _alike(a: CompanyName, b: CompanyName) -> Likeness | None:
    """Say how alike two names at places that fit are: the same name otherwise spelled, or one worth a look."""
    if a.place + a.core == b.place + b.core:
        return Likeness(HitClass.SAME, 97, ("name_without_form",))
    if a.core == b.core and len(a.core) >= 2:
        return _elsewhere(a, b)
    if min(len(a.core), len(b.core)) < 3:
        return None
    if _is_misspelled_place(a, b) or _is_misspelled_place(b, a):
        return Likeness(HitClass.SAME, 88, ("name_by_sound",))
    return (_at_one_place(a, b) if a.place == b.place else None) or _nearly(a, b)


def _at_one_place(a: CompanyName, b: CompanyName) -> Likeness | None:
    """Two telling parts at one place: other words or another order for the same."""
    if _is_other_order(a, b):
        return Likeness(HitClass.SAME, 92, ("name_other_order",))
    if a.kernel and a.kernel == b.kernel:
        return Likeness(HitClass.SAME, 90, ("name_with_filler",))
    if _is_other_rank(a, b) or a.core in pared(b.core) or b.core in pared(a.core):
        return Likeness(HitClass.SAME, 88, ("name_nearly",))
    return _misspelled_trade(a, b)


def _nearly(a: CompanyName, b: CompanyName) -> Likeness | None:
    """Two telling parts that sound alike or differ by a slip of the pen."""
    same, possible = HitClass.SAME, HitClass.POSSIBLE
    if initials(a.core) == initials(b.core) and sort_key(a.core) == sort_key(b.core):
        is_own = a.brand != b.brand and min(len(a.brand), len(b.brand)) >= OWN_BRAND  # 电器 and 电气 are two trades
        is_one = is_own and a.place == b.place
        return Likeness(same, 90, ("name_by_sound",)) if is_one else Likeness(possible, 70, ("name_by_sound",))
    if not _is_slip(a.core, b.core) or (a.is_branch and min(len(a.street), len(b.street)) < OWN_BRAND):
        return None
    is_whole = not a.is_branch and a.place == b.place and a.core[-1] == b.core[-1]
    is_long = is_whole and min(len(a.core), len(b.core)) >= LONG_NAME
    return Likeness(same, 88, ("name_nearly",)) if is_long else Likeness(possible, 75, ("name_nearly",))


def _elsewhere(a: CompanyName, b: CompanyName) -> Likeness | None:
    """One name with a place and without, or at a larger place; a branch without its town is that branch."""
    is_fuller = a.place.endswith(b.place) or b.place.endswith(a.place)  # 江苏苏州 and 苏州, or no place at all
    is_named = (len(a.street) > 1 or _is_of_county(a)) if a.is_branch else len(a.brand) >= OWN_BRAND
    if is_named or (is_fuller and (a.is_branch or (a.place and b.place and a.brand))):
        return Likeness(HitClass.SAME, 92, ("name_without_place",))
    if a.place and b.place and len(a.brand) < OWN_BRAND:
        return None
    return Likeness(HitClass.POSSIBLE, 85 if a.place and b.place else 80, ("name_without_place",))


def _is_of_county(name: CompanyName) -> bool:
    """A bank's branch that is called by places alone. A whole city has a 分行; its old 支行 took a district's name."""
    return name.key.endswith("支行") and not name.street and name.rankless != name.core


def _in_one_province(a: CompanyName, b: CompanyName) -> Likeness | None:
    """One name at a town and at the province that it lies in: one branch, or companies that are worth a look."""
    if a.is_branch and len(a.street) > 1:
        return Likeness(HitClass.SAME, 88, ("name_without_place",))
    is_own = not a.is_branch and len(a.brand) >= OWN_BRAND
    return Likeness(HitClass.POSSIBLE, 75, ("name_without_place",)) if is_own else None


def _moved(a: CompanyName, b: CompanyName) -> Likeness | None:
    """Partnerships move to where taxes are low and change the place in their names: a rare brand is the same one."""
    if not ("合伙" in a.key and "合伙" in b.key) or len(a.brand) < 2:
        return None
    return Likeness(HitClass.SAME if len(a.brand) >= RARE_BRAND else HitClass.POSSIBLE, 80, ("name_without_place",))


def _holds_place(one: CompanyName, other: CompanyName) -> bool:
    """What looks like a county is a part of the name: 东湖新技术开发区, somewhere, is 武汉东湖新技术开发区."""
    return bool(other.place) and is_small(one.place) and one.whole == other.core and len(one.whole) >= SHORTEST_SLIP


def _is_other_rank(a: CompanyName, b: CompanyName) -> bool:
    """One house's branch in one street, which has become a branch of another rank: 分理处 and 支行."""
    return a.is_branch and len(a.street) > 1 and a.rankless != a.core and a.rankless == b.rankless


def _is_misspelled_place(one: CompanyName, other: CompanyName) -> bool:
    """The whole name sounds the same, but nobody knows the place that it begins with: 漳洲 for 漳州."""
    is_worth = bool(one.place) and not other.place and len(one.brand) >= OWN_BRAND
    return is_worth and len(one.whole) == len(other.core) and sounds(one.whole) == sounds(other.core)


def _is_other_order(a: CompanyName, b: CompanyName) -> bool:
    """One brand and the same words of the trade in another order: 担保投资 and 投资担保."""
    if a.brand != b.brand or len(a.core) != len(b.core) or len(a.brand) < 2:
        return False
    one, other = a.core[len(a.brand) :], b.core[len(b.brand) :]
    return any(one[cut:] + one[:cut] == other for cut in range(2, len(one) - 1))


def _counted(core: str) -> str:
    """Return the signs of a name that tell siblings apart: 第十一加油站 and 第十加油站, 城东支行 and 城支行."""
    return "".join(_COUNTED.findall(core))


def _misspelled_trade(a: CompanyName, b: CompanyName) -> Likeness | None:
    """One brand, and a sign more, fewer or wrong in the words for the trade; 电器 and 电气 are two trades, though."""
    brand = min(a.brand, b.brand, key=len)
    one, other = a.core[len(brand) :], b.core[len(brand) :]
    is_misread = len(a.core) == len(a.brand) or len(b.core) == len(b.brand)  # no word for a trade, as one is misspelled
    if a.is_branch or len(brand) < 2 or min(len(a.core), len(b.core)) < SHORTEST_SLIP:
        return None
    if not (a.core.startswith(brand) and b.core.startswith(brand)):
        return None
    if (a.brand != b.brand and not is_misread) or one[:1] != other[:1] or min(len(one), len(other)) < 2:
        return None
    if OSA.distance(one, other, score_cutoff=1) != 1 or _counted(one) != _counted(other):
        return None
    is_same = len(brand) >= OWN_BRAND and (is_misread or len(one) != len(other))
    return (
        Likeness(HitClass.SAME, 88, ("name_nearly",)) if is_same else Likeness(HitClass.POSSIBLE, 75, ("name_nearly",))
    )


def _is_slip(one: str, other: str) -> bool:
    """A slip of the pen: two signs swapped, one doubled or left out; another sign instead is another name."""
    if _counted(one) != _counted(other):
        return False
    if one.isascii() and other.isascii():
        return min(len(one), len(other)) >= SHORTEST_SLIP and one[0] == other[0] and OSA.distance(one, other) == 1
    if len(one) == len(other):
        return sorted(one) == sorted(other) and OSA.distance(one, other) == 1
    return min(len(one), len(other)) >= SHORTEST_SLIP and OSA.distance(one, other) == 1
