"""When do two names mean the same company or the same project? Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

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


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company's name taken apart: place without its ending, and the rest without legal form and fillers."""

    key: str
    place: str
    core: str
    is_branch: bool


_FORMS = (
    *("有限责任公司", "责任有限公司", "股份有限责任公司", "股份有限公司", "有限公司", "股份公司", "总公司", "公司"),
    *("companylimited", "incorporated", "corporation", "limited", "company", "gmbh", "corp", "coltd", "ltd"),
    *("inc", "llc", "plc"),
)
_FORM = re.compile(rf"(?:{'|'.join(_FORMS)})$")
_INNER_FORM = re.compile("股份有限责任公司|股份有限公司|有限责任公司|责任有限公司|有限公司|股份公司")
_FILLER = re.compile("集团|控股|股份")
_BRANCH_WORDS = (
    *("分公司", "分行", "支行", "分理处", "营业部", "办事处", "分店", "分厂", "分院", "分社", "分部"),
    *("经营部", "门市部", "储蓄所", "营业所", "代表处"),
)
_BRANCH = re.compile(rf"(?:{'|'.join(_BRANCH_WORDS)})$")
_MIDDLE_BRANCH = re.compile("分行(?=.+(?:支行|分理处|营业部)$)")
_ENDING = re.compile("特别行政区|(?:[壮回]族|维吾尔)?自治区|自治[州县]|[省市县区盟旗]")
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]{2,8})[)）\]】]")
_COUNTRY = frozenset({"中国", "中华", "china"})
_SEQUENCE = re.compile(r"[0-9]+|[一二三四五六七八九十]+(?=[期批标段包号次])")
#: Words at the end of a project's name that say nothing about which project it is.
_PROJECT_WORDS = re.compile("(?:招标|采购|项目|工程|设备|物资|公告|中标|标段)+$")


@lru_cache(maxsize=1)
def _place_pattern() -> re.Pattern[str]:
    """Return the pattern of one or more places at the beginning of a folded name, longer places first."""
    text = files("openpsm.accounts").joinpath("data", "divisions.csv").read_text(encoding="utf-8")
    names = {row["name"] for row in csv.DictReader(text.splitlines())} - {"市辖区", "县"}
    bare = {_ENDING.sub("", name) for name in names if len(name) > 2}
    known = sorted((name for name in names | bare if len(name) > 1), key=len, reverse=True)
    return re.compile(rf"(?:(?:{'|'.join(map(re.escape, known))})[省市县区]?)+")


@lru_cache(maxsize=20_000)
def company_name(name: str) -> CompanyName:
    """Take a company's name apart; a place in brackets counts like one at the front."""
    key = fold(name)
    plain, inner_place = _without_bracketed_place(name)
    text = fold(plain)
    is_branch = bool(_BRANCH.search(text))
    text = _INNER_FORM.sub("", text) if is_branch else _without_form(text)
    found = _place_pattern().match(text)
    place = found.group() if found and found.end() < len(text) else ""
    core = _FILLER.sub("", text[len(place) :]) or text[len(place) :]
    if is_branch:
        core = _ENDING.sub("", _MIDDLE_BRANCH.sub("", core))
        core = core.removeprefix("中国") or core
    return CompanyName(key, _ENDING.sub("", place) or inner_place, core, is_branch)


def _without_bracketed_place(name: str) -> tuple[str, str]:
    for found in _BRACKETED.finditer(unicodedata.normalize("NFKC", name)):
        inside = fold(found.group(1))
        if inside in _COUNTRY or _place_pattern().fullmatch(inside):
            place = "" if inside in _COUNTRY else _ENDING.sub("", inside)
            return unicodedata.normalize("NFKC", name).replace(found.group(), ""), place
    return name, ""


def _without_form(text: str) -> str:
    bare = _FORM.sub("", text)
    again = _FORM.sub("", bare)
    return again or bare or text


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
    head = parent.place + _ENDING.sub("", parent.core).removeprefix("中国")
    whole = branch.place + branch.core
    is_part = len(head) >= 4 and whole.startswith(head) and len(whole) > len(head)
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
        return min(len(one), len(other)) >= 6 and one[0] == other[0] and OSA.distance(one, other) == 1
    if len(one) == len(other):
        return sorted(one) == sorted(other) and OSA.distance(one, other) == 1
    return min(len(one), len(other)) >= 6 and OSA.distance(one, other) == 1


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
