"""A company's name taken apart: place, telling part, legal form, branch. Decisions over texts, without database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from openpsm.core.text import fold

#: Signs of a company's name by which its branches are known, and of a telling part in which a slip is looked for.
SHORTEST_HEAD = 4
SHORTEST_SLIP = 6


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company's name taken apart: place without its ending, and the rest without legal form and fillers."""

    key: str
    place: str
    core: str
    is_branch: bool

    @property
    def plain(self) -> str:
        """Place and telling part: what two spellings of one name have in common whatever their legal form."""
        return self.place + self.core

    @property
    def head(self) -> str:
        """What the name of every branch of this company begins with: place and telling part without 中国 and ending."""
        return self.place + without_ending(self.core).removeprefix("中国")


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


@lru_cache(maxsize=1)
def _place_pattern() -> re.Pattern[str]:
    """Return the pattern of one or more places at the beginning of a folded name, longer places first."""
    text = files("openpsm.accounts").joinpath("data", "divisions.csv").read_text(encoding="utf-8")
    names = {row["name"] for row in csv.DictReader(text.splitlines())} - {"市辖区", "县"}
    bare = {_ENDING.sub("", name) for name in names if len(name) > 2}
    known = sorted((name for name in names | bare if len(name) > 1), key=len, reverse=True)
    return re.compile(rf"(?:(?:{'|'.join(map(re.escape, known))})[省市县区]?)+")


@lru_cache(maxsize=5_000)
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


def without_ending(text: str) -> str:
    """Return the text without 省, 市, 区, 县 and their like: 杭州市 is 杭州."""
    return _ENDING.sub("", text)
