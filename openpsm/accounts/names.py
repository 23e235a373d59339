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
#: How the code of a province ends.
PROVINCE = "0000"
#: Other names of so many signs are found in spite of a sign that is wrong.
SHORTEST_ALIAS, LONGEST_ALIAS = 3, 12
#: A name of so many signs is the same with 中国 before it and without.
SHORTEST_COUNTRYLESS = 6
#: A brand of so many signs is a company's own: one that sounds the same is a slip of the pen. With one more, names that
#: differ by a word such as 投资 or 发展 alone are spellings of one.
OWN_BRAND = 3
RARE_BRAND = 4


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company's name taken apart: place without its ending, and the rest without legal form and fillers.

    `whole` is both in the order of the name; of a branch `place` is where the branch is, and `core` names its company
    and what it is called there.
    """

    key: str
    place: str
    core: str
    is_branch: bool
    whole: str

    @property
    def plain(self) -> str:
        """Place and telling part: what two spellings of one name have in common whatever their legal form."""
        return self.place + self.core

    @property
    def head(self) -> str:
        """What the name of every branch of this company begins with: place and telling part without 中国 and ending."""
        return self.place + without_ending(self.core).removeprefix("中国")

    @property
    def brand(self) -> str:
        """The telling part without the words for the trade at its end: what is a company's own.

        Empty where there is nothing else in it: 自来水公司 and 新华书店 stand in every town.
        """
        found = _trade_pattern().search(self.core)
        brand = self.core[: found.start()] if found else self.core
        return "" if brand in _EVERYWHERE else brand

    @property
    def street(self) -> str:
        """What a branch is called by itself, such as 体育西 of 银行广州体育西支行; empty for any other name."""
        return _BRANCH.sub("", _HOUSE.sub("", self.core)) if self.is_branch else ""

    @property
    def rankless(self) -> str:
        """The telling part of a bank's branch without the word for its rank."""
        return _RANK.sub("", self.core) if self.is_branch and _HOUSE.match(self.core) else self.core

    @property
    def kernel(self) -> str:
        """Brand and trade without words such as 投资 and 发展; empty for a short brand or no trade."""
        brand = self.brand
        trade = self.core[len(brand) :]
        if self.is_branch or len(brand) < RARE_BRAND or not trade:
            return ""
        return f"{brand}|{_EMPTY.sub('', trade)}"


#: How banks are or were called where one of their branches is meant.
_BANKS = {
    "工行": "工商银行",
    "农行": "农业银行",
    "中行": "中国银行",
    "建行": "建设银行",
    "交行": "交通银行",
    "招行": "招商银行",
    "邮储银行": "邮政储蓄银行",
    "农商行": "农村商业银行",
    "农商银行": "农村商业银行",
    "农合行": "农村商业银行",
    "农村合作银行": "农村商业银行",
    "农村信用合作联社": "农村商业银行",
    "农村信用合作社联合社": "农村商业银行",
    "农村信用联社": "农村商业银行",
    "国开行": "国家开发银行",
    "农发行": "农业发展银行",
    "浦发银行": "上海浦东发展银行",
    "广东发展银行": "广发银行",
    "福建兴业银行": "兴业银行",
    "中信实业银行": "中信银行",
    "人保财险": "人民财产保险",
}
_NATIONAL = frozenset(
    f"{name}银行"
    for name in ("中国", "工商", "农业", "建设", "交通", "招商", "邮政储蓄", "民生", "光大", "中信", "华夏", "兴业")
)
_BANK = re.compile("|".join(sorted(_BANKS, key=len, reverse=True)))
_IS_BANK = re.compile("(?:银行|联社|联合社)$")
_CITY_BANK = re.compile(
    "(?<=市)(?:城市)?商业银行|城市(?:商业|合作)银行"
)  # most of them dropped 市商业 from their names
_HOUSE = re.compile("^.*?(?:银行|信用社|证券|保险|信托|财产险|人寿)")
_TWICE = re.compile(r"(..+?)\1")
_ZONE = re.compile("(?<=保税)(?:港区|港|区)|(?<=开发)区|(?<=高新)区")
_PARTNERS = re.compile("(?:有限|普通|特殊普通)合伙人?$")
_AGAIN = re.compile(r"(..+)(?=.+?(\1))")
_COUNTY = re.compile("(?<=..)(..[县市区])(?:..[乡镇])?(?=..)")
_EMPTY = re.compile("投资|股权|发展|管理|实业|控股|产业")
_FORMS = (
    *(
        "有限责任公司",
        "责任有限公司",
        "股份有限责任公司",
        "股份有限公司",
        "有限公司",
        "股份公司",
        "总公司",
        "公司",
        "总行",
    ),
    *("companylimited", "incorporated", "corporation", "limited", "company", "gmbh", "corp", "coltd", "ltd"),
    *("inc", "llc", "plc"),
)
_MISTYPED = (
    *("有限限公司", "有限公公司", "有限公司司", "有有限公司", "限公司", "有限司", "有限公", "有限责公司", "有限责任司"),
    *(
        "有限任公司",
        "有责任公司",
        "限责任公司",
        "有限责任公",
        "股份限公司",
        "股份有公司",
        "股份有限司",
        "股份有限公",
        "有限责任任公司",
    ),
    *("股份有限有限公司", "有限公司有限公司", "股份股份有限公司", "股分有限公司", "有限责认公司", "有线公司"),
)
_FORM = re.compile(rf"(?:{'|'.join(sorted((*_FORMS, *_MISTYPED), key=len, reverse=True))})$")
_INNER_FORM = re.compile("股份有限责任公司|股份有限公司|有限责任公司|责任有限公司|有限公司|股份公司")
_FILLER = re.compile("集团|控股|股份")
_BRANCH_WORDS = (
    *("分公司", "支公司", "分行", "支行", "分理处", "营业部", "办事处", "分店", "分厂", "分院", "分社", "分部"),
    *("经营部", "门市部", "储蓄所", "营业所", "营业室", "代表处"),
)
_BRANCH = re.compile(rf"(?:{'|'.join(_BRANCH_WORDS)})$")
_RANK = re.compile("(?:分行|支行|分理处|储蓄所|营业所)$")
_MIDDLE_BRANCH = re.compile("分行(?=.+(?:支行|分理处|营业部)$)")
_DESK = re.compile(
    "(?<=[分支]行)营业[部室]$|证券(?=营业部$)|(?<=银行)总行(?=营业[部室]$)"
)  # what a branch calls its own counter
_PEOPLES = (
    *(
        "蒙古",
        "哈萨克",
        "朝鲜",
        "土家",
        "布依",
        "哈尼",
        "拉祜",
        "纳西",
        "傈僳",
        "仡佬",
        "达斡尔",
        "锡伯",
        "塔吉克",
        "柯尔克孜",
    ),
    *("东乡", "撒拉", "保安", "裕固", "毛南", "仫佬", "布朗", "普米", "独龙", "景颇", "各"),
    *"壮回满苗彝藏侗瑶白傣畲羌水土黎怒佤",
)
_ENDING = re.compile(
    f"特别行政区|(?:[壮回]族|维吾尔)?自治区|(?<=..)(?:(?:{'|'.join(_PEOPLES)})族)+自治州|自治[州县旗]|[省市县区盟旗]"
)
#: What places were called, or are called for short, where nothing else is called so.
_RENAMED = {"内蒙": "内蒙古", "襄樊": "襄阳", "锦西": "葫芦岛", "通什": "五指山"}
_RENAMED_PLACE = re.compile(f"^((?:..省)?)({'|'.join(_RENAMED)})(?!古)")
_NEW_DISTRICT = re.compile("(浦东|滨海)新区")
#: Zones go by several names: 经济技术开发区 is 开发区. Behind a place, one is a part of that place.
_ZONES = ((re.compile("经济(?:技术)?开发区"), "开发区"), (re.compile("高新技术(?:产业)?(?:开发)?区"), "高新区"))
_ZONE_OF_PLACE = re.compile("^(?:开发|高新|保税港?|工业园|综合保税)区(?=..)")
_NUMERALS = str.maketrans("壹贰叁肆伍陆柒捌玖", "一二三四五六七八九")
_ARABIC = re.compile("(?<![0-9])[1-9](?=[号期])|(?<=第)[1-9](?![0-9])")
#: 建设路支行 is 建设支行.
_ROAD = re.compile("(?<=..)(?:大街|大道|路|街)(?=(?:支行|分理处|营业部|储蓄所|分社|营业所)$)")
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]{2,8})[)）\]】]")
_NOTED = re.compile(
    r"[(（\[【](?:原|曾用|简称|以下简称|更名|现名|前身|下称|注|含)[^()（）\[\]【】]*[)）\]】]|(?<=公司)(?:及其?|和)(?:下属|控股|关联|子|分)*(?:公司|企业|单位|方)$"
)
_MARKERS = re.compile(r"^(?:[ngs]?\*?s?\*?st|pt|xd|xr|dr|[ng](?=[\u4e00-\u9fff]))", re.IGNORECASE)
_SHARES = re.compile(r"(?:(?<![a-z])[abuw]|-(?:[a-z]{1,2}|new))$", re.IGNORECASE)
_SPECIAL, _SHARE_CLASS = (
    re.compile(r"^[ngs]?\*?s?\*?st", re.IGNORECASE),
    re.compile("(?<=[\u4e00-\u9fff])[ab]$", re.IGNORECASE),
)
_EVERYWHERE = frozenset({"新华", "人民", "国营", "第一", "第二", "第三"})
_COUNTRY = frozenset({"中国", "中华", "china"})


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, ...]]:
    """Return the codes of all places by their names, with their endings and without."""
    text = files("openpsm.accounts").joinpath("data", "divisions.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        bare = _ENDING.sub("", row["name"]) if len(row["name"]) > 2 else ""
        new = _NEW_DISTRICT.sub(r"\1", row["name"])
        for name in {row["name"], bare, new} - {"市辖区", "县"}:
            if len(name) > 1:
                found[name] = (*found.get(name, ()), row["code"])
    return found


@lru_cache(maxsize=1)
def _place_pattern() -> re.Pattern[str]:
    """Return the pattern of one place at the beginning of a folded text, longer names first."""
    known = sorted(_places(), key=len, reverse=True)
    return re.compile(rf"({'|'.join(map(re.escape, known))})[省市县区]?")


def _within(codes: tuple[str, ...], around: tuple[str, ...]) -> tuple[str, ...]:
    """Return those codes of places that lie in one of the others: 3301 and 330106 lie in 33."""
    return tuple(
        code
        for code in codes
        if any(code != one and code.startswith(one.removesuffix("00").removesuffix("00")) for one in around)
    )


@lru_cache(maxsize=1)
def _trade_pattern() -> re.Pattern[str]:
    """Return the pattern of the words for a trade at the end of a telling part."""
    text = files("openpsm.accounts").joinpath("data", "trade_words.txt").read_text(encoding="utf-8")
    words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    return re.compile(f"(?:{'|'.join(sorted(words, key=len, reverse=True))}|(?<=..)[^兴]业)+$")  # 车业, 塑业, 鞋业


@lru_cache(maxsize=5_000)
def company_name(name: str) -> CompanyName:
    """Take a company's name apart; a place in brackets counts like one at the front."""
    key = fold(name)
    plain, inner_place = _without_bracketed_place(name)
    text = _TWICE.sub(r"\1", _CITY_BANK.sub("银行", _normal(fold(plain))))
    if _BRANCH.search(text):
        return _branch(key, text, inner_place)
    text = _INNER_FORM.sub("", _without_form(_PARTNERS.sub("", text) or text)) or text
    text = _long_bank(text) if _IS_BANK.search(text) else text
    place = _place_of(text)
    zone = _ZONE_OF_PLACE.match(text[len(place) :]) if place else None
    place += zone.group() if zone else ""
    core = _FILLER.sub("", text[len(place) :]) or text[len(place) :]
    core = core.removeprefix("中国") if len(core) >= SHORTEST_COUNTRYLESS else core
    core = _ZONE.sub("", core) or core
    where = _ENDING.sub("", _ZONE.sub("", place)) or inner_place
    return CompanyName(key, where, core, False, where + core)


def _normal(text: str) -> str:
    """Return the text with its numerals, its zones and the place that it begins with as they are mostly written."""
    text = _RENAMED_PLACE.sub(lambda found: found.group(1) + _RENAMED[found.group(2)], text.translate(_NUMERALS))
    text = _NEW_DISTRICT.sub(r"\1", text)
    for zone, usual in _ZONES:
        text = zone.sub(usual, text)
    return _ARABIC.sub(lambda found: "零一二三四五六七八九"[int(found.group())], text)


def _long_bank(text: str) -> str:
    return _BANK.sub(lambda found: _BANKS[found.group()], text, count=1)


def _branch(key: str, text: str, inner_place: str) -> CompanyName:
    """Take a branch's name apart: 江苏银行北京东四支行 is 东四支行 of 江苏银行 at 北京."""
    text = _INNER_FORM.sub("", _long_bank(text))
    text = _TWICE.sub(r"\1", _DESK.sub("", text))
    place = _place_of(text)
    core = _FILLER.sub("", text[len(place) :]) or text[len(place) :]
    core = _ROAD.sub("", _ENDING.sub("", _MIDDLE_BRANCH.sub("", core)))
    core = core.removeprefix("中国") or core
    front = _ENDING.sub("", place) or inner_place
    house = _HOUSE.match(core)
    if house is None:
        return CompanyName(key, front, core, True, front + core)
    local = core[house.end() :]
    inside = _place_of(local)
    where, called = _ENDING.sub("", inside), house.group() + local[len(inside) :]
    if house.group() in _NATIONAL:  # 杭州工商银行西湖支行 is no bank of 杭州
        return CompanyName(key, where if where.startswith(front) else front + where, called, True, front + core)
    return CompanyName(key, where, front + called, True, front + core)


def _place_of(text: str) -> str:
    """Return the places that a text begins with, each within the one before, unless there is nothing else in it."""
    end = 0
    around: tuple[str, ...] = ("",)
    while found := _place_pattern().match(text, end):
        around = _within(_places()[found.group(1)], around)
        if not around:
            break
        end = found.end()
    return text[:end] if end < len(text) else ""


def place_codes(name: str) -> tuple[str, ...]:
    """Return the codes of the place that a company's name carries; several where places of that name are several."""
    text, end = f"{company_name(name).place}…", 0
    around: tuple[str, ...] = ("",)
    while found := _place_pattern().match(text, end):
        inside = _within(_places()[found.group(1)], around)
        if not inside:
            break
        around, end = inside, found.end()
    return around if end else ()


def _without_bracketed_place(name: str) -> tuple[str, str]:
    name = _NOTED.sub("", unicodedata.normalize("NFKC", name)) or name
    for found in _BRACKETED.finditer(unicodedata.normalize("NFKC", name)):
        inside = fold(found.group(1))
        if inside in _COUNTRY or _is_place(inside):
            place = "" if inside in _COUNTRY else _ENDING.sub("", inside)
            return unicodedata.normalize("NFKC", name).replace(found.group(), ""), place
    return name, ""


def _is_place(text: str) -> bool:
    return _place_of(f"{text}…") == text


def _without_form(text: str) -> str:
    bare = _FORM.sub("", text)
    again = _FORM.sub("", bare)
    return again or bare or text


def bare_short(text: str) -> str:
    """Return a short name without the markers of an exchange: *ST, G, B and their like."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    bare = _SHARES.sub("", _MARKERS.sub("", plain))
    return fold(bare) if len(fold(bare)) > 1 else fold(text)


def says_shares(text: str) -> bool:
    """Whether a short name can only be that of a company limited by shares: 远洲股份, *ST远洲, 远洲B."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    is_marked = _SPECIAL.match(plain) is not None or _SHARE_CLASS.search(plain) is not None
    return fold(plain).endswith("股份") or is_marked


def typed_short(text: str) -> tuple[str, str]:
    """Return a short or former name without the legal form that somebody put behind it, with its markers and bare."""
    plain = _INNER_FORM.sub("", re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    marked = _without_form(fold(plain))
    return marked, bare_short(marked if len(marked) < len(fold(plain)) else plain)


@lru_cache(maxsize=5_000)
def lies_in(inner: str, outer: str) -> bool:
    """Whether a place without its ending is part of a province: 乌鲁木齐 lies in 新疆, which it does not name."""
    provinces = tuple(code for code in _codes(outer) if code.endswith(PROVINCE))
    return bool(inner and provinces and _within(_codes(inner), provinces))


def _codes(place: str) -> tuple[str, ...]:
    """Return the codes of the innermost of the places that a text names."""
    end = 0
    around: tuple[str, ...] = ("",)
    while found := _place_pattern().match(place, end):
        around = _within(_places()[found.group(1)], around) or around
        end = found.end()
    return around if end == len(place) else ()


@lru_cache(maxsize=5_000)
def is_small(place: str) -> bool:
    """Whether a place without its ending is a county or a district alone: it may as well be part of a name."""
    codes = _codes(place)
    return bool(codes) and not any(code.endswith("00") for code in codes)


@lru_cache(maxsize=5_000)
def pared(core: str) -> frozenset[str]:
    """Return what a telling part may be instead: without a word that stands twice, and without a county inside it.

    蓝天协鑫蓝天热电 is 协鑫蓝天热电 or 蓝天协鑫热电, 天健矿业大方县凤山乡渣坪煤矿 is 天健矿业渣坪煤矿.
    """
    found = set[str]()
    for twice in _AGAIN.finditer(core):
        begin, later = twice.start(1), twice.start(2)
        length = len(twice.group(1))
        found |= {core[:begin] + core[begin + length :], core[:later] + core[later + length :]}
    for county in _COUNTY.finditer(core):
        if county.group(1) in _places():
            found.add(core[: county.start()] + core[county.end() :])
    return frozenset(one for one in found if len(one) >= SHORTEST_SLIP)


def without_ending(text: str) -> str:
    """Return the text without 省, 市, 区, 县 and their like: 杭州市 is 杭州."""
    return _ENDING.sub("", text)
