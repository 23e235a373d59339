"""A project's name taken apart: what it is about, where, and which phase, lot, batch, line, year or size it is.

Decisions over texts, without database. Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from openpsm.core.text import fold, telling_bigrams

#: Signs that a name must keep, once all that is generic is taken away, to speak for one project by itself.
SHORTEST_TELLING = 8

Places = frozenset[str]


@dataclass(frozen=True, slots=True)
class ProjectName:
    """A project's name taken apart.

    `core` is what is left without numbers and generic words. `numbers` holds by kind (year, phase, batch, lot, line,
    road, size, code) the values named; `places` the codes of provinces or cities.
    """

    key: str
    core: str
    numbers: Mapping[str, frozenset[str]]
    places: Places


_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_COUNTED = "年期批次标包号线区段轮季月"
_CHINESE = re.compile(
    rf"(?<=第)[零〇一二两三四五六七八九十]+|[零〇一二两三四五六七八九十]+(?=[{_COUNTED}])"
    r"|(?<=标段|标包|包件|品目)[零〇一二两三四五六七八九十]+|(?<=包)[零〇一二两三四五六七八九十]+"
)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_ROMAN = re.compile(r"(?<![a-z])[ivx]+(?=期|标|包|批|段|线|号|$|[^a-z0-9.])")
_LOTS = "(?:标段|合同段|标包|分标|标|包件|包)"
_UNITS = "(?:mw|gw|kw|万千瓦|兆瓦|千瓦|万吨|吨|t|tpd|万立方米|立方米|m3|亩|公里|km|兆)"
_CODE = r"[a-z]*(?:-?[a-z]+)?-?\d+(?:-\d+)*"

#: Kinds of numbers by which one project is told from its neighbours, the more telling pattern first: what one pattern
#: has read is gone for the next. The group is the value.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("lot", re.compile(rf"(?:第|no\.?)?(?<![a-z0-9])({_CODE}|[a-z]{{1,6}})-?{_LOTS}(?!准)")),
    ("lot", re.compile(r"(?:标段|标包|包件|品目|分包|包|lot)((?<![a-z])\d+|[a-z](?![a-z]))")),
    ("road", re.compile(r"(?:国道|省道|县道|乡道)(?:线)?[gsxy]?(\d+)|(?<![a-z0-9])([gs]\d{1,4})(?=[国省高线公)])")),
    ("line", re.compile(r"(?<![a-z0-9])([a-z]?\d+)号?(?:生产)?线")),
    ("batch", re.compile(r"第?(\d+)(?:批|次)")),
    ("phase", re.compile(r"第?(\d+)期")),
    ("year", re.compile(r"(?<!\d)((?:19[89]|20[0-4])\d)(?!\d)")),
    ("size", re.compile(r"(\d+(?:\.\d+)?)(?:/\d+)?(?:kv|千伏|伏)")),
    ("size", re.compile(rf"((?:\d+[*x×])?\d+(?:\.\d+)?){_UNITS}")),
    ("code", re.compile(r"(?<![a-z0-9])([a-z]+-?\d+(?:-\d+)*|\d+-\d+(?:-\d+)*)")),
    ("number", re.compile(r"(\d+)")),
)  # fmt: skip

#: Words that say nothing about which project it is, longer ones first.
_GENERIC = """
招标采购 招标活动 集中招标 集中采购 集中规模 框架招标 协议库存 竞争性谈判 竞争性磋商 公开招标 邀请招标 单一来源
重新招标 中标候选人公示 中标候选人 中标公告 中标通知 招标公告 采购公告 公示 公告 招标 采购 投标 中标 二次 增补
补充 标段 合同段 标包 包件 品目 合同 合同书 协议 协议书 项目 工程 项下 施工总承包 设计施工总承包 总承包
总价承包 承包 施工 设计 勘察 建设 新建 新增 改扩建 扩建 改建 改造 提升 实施 制造 设备 物资 货物 材料 系统 集成
成套 供货 安装 调试 服务 运营 运维 维护 管理 投资 融资 特许经营权 特许权 社会资本方 社会资本 政府 epc+f epc+o
epc ppp bot bt boo tot 模式 一体化 技术 购买 委托 订货 产品 买卖 供应 有限责任公司 有限公司 公司 集团 股份
内容包括 包括 正式 及其 以及 及 和 与 的 之 等 第一 份 第 标 包
"""
_GENERIC_WORDS = re.compile("|".join(map(re.escape, sorted(_GENERIC.split(), key=len, reverse=True))))


@lru_cache(maxsize=5_000)
def project_name(name: str) -> ProjectName:
    """Take a project's name apart."""
    text = _plain(name)
    numbers, rest = _numbers(text)
    core = fold(_GENERIC_WORDS.sub(" ", rest))
    return ProjectName(fold(name), core, numbers, _places_of(text))


def telling_pairs(name: str) -> list[str]:
    """Return the pairs of signs by which projects are found that may be this one: those outside generic words.

    Whatever is compared as alike at another customer is equal, or shares one of them.
    """
    pieces = _GENERIC_WORDS.split(_plain(name))
    return list(dict.fromkeys(pair for piece in pieces for pair in telling_bigrams(piece)))


def without(name: str, parties: Collection[str]) -> str:
    """Return the project's name without the names of its parties: 某某公司办公楼 of 某某公司 is 办公楼."""
    for party in parties:
        if len(party) >= SHORTEST_PARTY and len(name) - len(party) >= SHORTEST_PARTY:
            name = name.replace(party, " ")
    return name


#: Signs of a party's name that is taken out of the name of its project.
SHORTEST_PARTY = 4


def _plain(name: str) -> str:
    """Return the name in half width, small letters and simplified signs' order, counting words in Arabic numerals."""
    text = unicodedata.normalize("NFKC", name).lower()
    text = _CHINESE.sub(lambda found: str(_counted(found.group())), text)
    text = _ROMAN.sub(lambda found: str(_roman(found.group())), text)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", text)


def _counted(text: str) -> int | str:
    """Return what Chinese numerals count: 二十三 is 23, 二〇一七 is 2017."""
    if "十" not in text:
        return "".join(str(_DIGITS[sign]) for sign in text)
    tens, _ten, ones = text.partition("十")
    return _one(tens, 1) * 10 + _one(ones.rpartition("十")[2], 0)


def _one(text: str, otherwise: int) -> int:
    return _DIGITS.get(text[-1:], otherwise) if text else otherwise


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[sign] for sign in text]
    following = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, following, strict=True))


def _numbers(text: str) -> tuple[dict[str, frozenset[str]], str]:
    found: dict[str, set[str]] = {}
    for kind, pattern in _KINDS:
        for hit in pattern.finditer(text):
            value = next(filter(None, hit.groups()))
            found.setdefault(kind, set()).add(_value(value))
        text = pattern.sub(" ", text)
    return {kind: frozenset(values) for kind, values in found.items()}, text


def _value(text: str) -> str:
    """Return a number or code without dashes before its letters' end and without leading noughts: tj-04 is tj4."""
    return re.sub(r"(?<=[a-z])-?0*(?=\d)|^0+(?=\d)", "", text).replace("×", "*").replace("x", "*")


@lru_cache(maxsize=1)
def _known_places() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """Return the pattern of provinces, cities and counties, and by name the code of the city or province."""
    text = files("openpsm.accounts").joinpath("data", "divisions.csv").read_text(encoding="utf-8")
    codes: dict[str, str] = {}
    for row in csv.DictReader(text.splitlines()):
        name, level = row["name"], row["level"]
        if name in ("市辖区", "县"):
            continue
        code = row["code"][: 2 if level == "1" else 4]
        bare = re.sub(r"(?:特别行政区|(?:[壮回]族|维吾尔)?自治区|[省市])$", "", name)
        for spelled in {name, bare} if level in ("1", "2") else {name} if len(name) > 2 else ():
            codes.setdefault(spelled, code)
    names = sorted((name for name in codes if len(name) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names))), codes


def _places_of(text: str) -> Places:
    """Return the codes of the places named; of a province and its city the city alone."""
    pattern, codes = _known_places()
    found = {codes[name] for name in pattern.findall(text)}
    return frozenset(code for code in found if not any(other != code and other.startswith(code) for other in found))
