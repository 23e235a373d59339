"""Company names in Latin or Cyrillic letters: taken apart, compared, and marked. Decisions over texts, no database.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from openpsm.core.text import fold


class LatinClass(StrEnum):
    """What two names say together."""

    SAME = "same"
    POSSIBLE = "possible"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class LatinLikeness:
    cls: LatinClass
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class LatinName:
    """A name taken apart: telling words, numbers (1, II), countries, and the kind of its legal form."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    countries: frozenset[str]
    kind: str
    whole: str

    @property
    def joined(self) -> str:
        return "".join(self.words)

    @property
    def key(self) -> str:
        return " ".join(sorted(self.words))

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words)


_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
        [
            *("a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t"),
            *("u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "i", "yi", "ye", "g"),
        ],
        strict=True,
    )
)
_LETTERS = {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"} | _CYRILLIC

#: Legal forms by kind: a firm and an association of one name are two; two kinds of firms may be one that changed.
_FORMS: dict[str, str] = {
    "limited": """
        private limited company|limited liability company|company limited|co ltd|pte ltd|pty ltd|pvt ltd|private limited
        |sdn bhd|limited|ltd|llc|gesellschaft mit beschrankter haftung|gmbh|ges m b h|ooo|obshchestvo s ogranichennoy
        otvetstvennostyu|tov|societatea cu raspundere limitata|societa a responsabilita limitata|srl|sarl|societe a
        responsabilite limitee|sociedad de responsabilidad limitada|sociedad limitada|sl|spolka z ograniczona
        odpowiedzialnoscia|sp z oo|sp zoo|bv|besloten vennootschap|bvba|sprl|lda|ltda|limitada|aps|oy|ab|as|asa|kft|sro
        |doo|eood|ood|sia|uab|ou|kg|gmbh and co kg|kk|godo kaisha|yk
    """,
    "stock": """
        open joint stock company|public joint stock company|closed joint stock company|joint stock company
        |aktiengesellschaft|otkrytoe aktsionernoe obshchestvo|publichnoe aktsionernoe obshchestvo
        |zakrytoe aktsionernoe obshchestvo|aktsionernoe obshchestvo|public limited company|ojsc|pjsc|cjsc|jsc
        |oao|pao|zao|ao|ag|se|plc|nv|naamloze vennootschap
        |societe anonyme|sociedad anonima|sociedade anonima|societa per azioni|spa|sa|sas|sab de cv|sa de cv|tbk|pt
        |incorporated|inc|corporation|corp|kabushiki kaisha|bhd|public company|aktiebolag|aktieselskab|na|company|co
    """,
    "partnership": "limited liability partnership|limited partnership|llp|lp|partnership|kommanditgesellschaft|ohg",
    "association": "avtonomnaya nekommercheskaya organizatsiya|ano|eingetragener verein|ev|nonprofit|gug",
}


def _forms() -> dict[str, str]:
    return {" ".join(form.split()): kind for kind, text in _FORMS.items() for form in text.split("|")}


_KINDS = _forms()
_LONGEST = max(len(form.split()) for form in _KINDS)
_SMALL_WORDS = """
the of and for in de des du la le les der die das und et y e a an do da di del della van von
"""
_SMALL = frozenset(_SMALL_WORDS.split())
#: Abbreviations and spellings of one word.
_SPELLINGS = {
    "intl": "international",
    "natl": "national",
    "mfg": "manufacturing",
    "mfrs": "manufacturers",
    "tech": "technology",
    "technologies": "technology",
    "eng": "engineering",
    "engg": "engineering",
    "bros": "brothers",
    "assn": "association",
    "dept": "department",
    "dev": "development",
    "ind": "industries",
    "industry": "industries",
    "grp": "group",
    "gruppe": "group",
    "groupe": "group",
    "gruppo": "group",
    "hldgs": "holdings",
    "holding": "holdings",
    "svcs": "services",
    "service": "services",
    "centre": "center",
    "govt": "government",
    "univ": "university",
    "inst": "institute",
    "us": "usa",
    "gb": "uk",
}
_COUNTRY_WORDS = """
argentina australia austria belgium brasil brazil canada chile china colombia czechia danmark denmark deutschland egypt
england espana finland france germany greece hongkong hungary india indonesia ireland israel italia italy japan kenya
korea malaysia mexico nederland netherlands nigeria norge norway oesterreich pakistan peru philippines poland polska
portugal romania russia schweiz singapore slovakia slovenia spain suisse sverige sweden switzerland taiwan thailand
turkey uae uk ukraine usa vietnam asia europe america africa
"""
_COUNTRIES = frozenset(_COUNTRY_WORDS.split())
_PHRASES = (
    ("united states of america", "usa"),
    ("united states", "usa"),
    ("united kingdom", "uk"),
    ("great britain", "uk"),
    ("hong kong", "hongkong"),
    ("south africa", "southafrica"),
)
_NUMBER = re.compile(r"(?:\d+|[ivx]+)$")


def is_latin(name: str) -> bool:
    """Say whether a name has letters and none of them is Chinese, Japanese or Korean."""
    return not _HAN.search(name) and any(sign.isalpha() for sign in name)


@lru_cache(maxsize=5_000)
def latin_name(name: str) -> LatinName:
    """Take a name in Latin or Cyrillic letters apart."""
    tokens = _tokens(name)
    rest, kind = _without_forms(tokens)
    numbers = tuple(token for token in rest[1:] if _NUMBER.fullmatch(token))
    words = [_spelled(token) for index, token in enumerate(rest) if not index or not _NUMBER.fullmatch(token)]
    telling = tuple(word for word in words if word not in _SMALL) or tuple(words)
    return LatinName(telling, numbers, frozenset(telling[1:]) & _COUNTRIES, kind, "".join(tokens))


def _tokens(name: str) -> list[str]:
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(_LETTERS.get(sign, sign) for sign in text)
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    text = re.sub(r"['’`´]", "", text.replace("&", " and "))
    text = re.sub(r"\b((?:[a-z]\.\s?)+[a-z]\b\.?)", lambda found: re.sub(r"[.\s]", "", found.group()), text)
    text = re.sub(r"\b([a-z])/([a-z])\b", r"\1\2", text)
    text = " ".join(re.findall(r"[^\W_]+", text))
    for phrase, word in _PHRASES:
        text = re.sub(rf"\b{phrase}\b", word, text)
    return text.split()


def _without_forms(tokens: list[str]) -> tuple[list[str], str]:
    """Take legal forms off both ends, longer ones first; a name that is nothing else keeps its words."""
    kind, rest = "", tokens
    while found := _form_at_an_end(rest):
        length, at_end, more = found
        if length >= len(rest):
            break
        rest, kind = (rest[:-length] if at_end else rest[length:]), kind or more
    return rest or tokens, kind


def _form_at_an_end(tokens: list[str]) -> tuple[int, bool, str] | None:
    for length in range(min(_LONGEST, len(tokens)), 0, -1):
        for at_end in (True, False):
            form = " ".join(tokens[-length:] if at_end else tokens[:length])
            is_weak = not at_end and form in ("company", "co", "as", "se", "sa", "na", "ab", "corporation")
            if form in _KINDS and not is_weak:
                return length, at_end, _KINDS[form]
    return None


def _spelled(word: str) -> str:
    word = _SPELLINGS.get(word, word)
    return re.sub(r"is(?=(?:ation|ations|e|ed|ing)$)", "iz", word) if len(word) > 6 else word


#: A slip is looked for from so many letters on; in words as long as this, two.
SHORTEST_WORD = 4
LONGEST_ALONE = 16
#: In a name of so many letters a letter left out is a slip, not another name.
LONG_NAME = 9
LONG_WORD = 7


def compare_latin(one: str, other: str) -> LatinLikeness | None:
    """Return how alike two names in Latin letters are, None where nothing speaks for one company."""
    a, b = latin_name(one), latin_name(other)
    if fold(one) == fold(other):
        return LatinLikeness(LatinClass.SAME, 100, "name")
    if "association" in (a.kind, b.kind) and a.kind and b.kind and a.kind != b.kind:
        return None
    if not latin_marks(one) & latin_marks(other):
        return None
    if a.numbers != b.numbers:
        return _of_a_row(a, b)
    if a.joined == b.joined or a.key == b.key or a.whole == b.whole:
        return _same_words(a, b)
    if a.countries != b.countries and (found := _family(a, b)):
        return found
    return None if a.countries and b.countries and a.countries != b.countries else _nearly(a, b) or _acronym(a, b)


def _of_a_row(a: LatinName, b: LatinName) -> LatinLikeness | None:
    """Partners V and VI: sisters, or a slip in the number; the second of something and the first are two."""
    if a.words == b.words and a.numbers and b.numbers:
        return LatinLikeness(LatinClass.POSSIBLE, 70, "name_nearly")
    return LatinLikeness(LatinClass.RELATED, 60, "branch") if a.words == b.words else None


def _same_words(a: LatinName, b: LatinName) -> LatinLikeness:
    """Two firms of unlike forms may be two companies of one group; a short name with and without a form, as well."""
    is_one_left_out = not (a.kind and b.kind) and len(a.joined) > SHORTEST_WORD
    is_sure = a.kind == b.kind or is_one_left_out
    return LatinLikeness(LatinClass.SAME if is_sure else LatinClass.POSSIBLE, 95, "name_without_form")


def _family(a: LatinName, b: LatinName) -> LatinLikeness | None:
    """One company and its company in a country, or two of them, belong together and are not one."""
    one, other = (tuple(word for word in name.words if word not in name.countries) for name in (a, b))
    return LatinLikeness(LatinClass.RELATED, 70, "branch") if one == other else None


def _nearly(a: LatinName, b: LatinName) -> LatinLikeness | None:
    """Word by word the same but for slips of the pen; at most half of the words have one."""
    if len(a.words) != len(b.words):
        slips = OSA.distance(a.joined, b.joined)
        is_slip = min(len(a.joined), len(b.joined)) >= 2 * SHORTEST_WORD and slips == 1
        return LatinLikeness(LatinClass.POSSIBLE, 80, "name_nearly") if is_slip else None
    unlike = [(one, two) for one, two in zip(a.words, b.words, strict=True) if one != two]
    if not all(_is_slip(one, two, is_alone=len(a.words) == 1) for one, two in unlike):
        return None
    if len(unlike) > max(1, (len(a.words) + 1) // 2) or len(unlike) > 2:
        return None
    is_long = min(len(a.joined), len(b.joined)) >= LONG_NAME and _same_words(a, b).cls == LatinClass.SAME
    if is_long and len(unlike) == 1 and _is_dropped(*unlike[0]):
        return LatinLikeness(LatinClass.SAME, 88, "name_nearly")
    return LatinLikeness(LatinClass.POSSIBLE, 85 - 5 * len(unlike), "name_nearly")


def _is_dropped(one: str, two: str) -> bool:
    """A letter left out, doubled, or two swapped; another letter instead may be another name."""
    is_moved = len(one) != len(two) or sorted(one) == sorted(two)
    return is_moved and one[0] == two[0] and OSA.distance(one, two) == 1


def _is_slip(one: str, two: str, *, is_alone: bool) -> bool:
    shorter, longer = sorted((len(one), len(two)))
    if shorter < SHORTEST_WORD or one.isdigit() or two.isdigit():
        return False
    distance = OSA.distance(one, two)
    return bool(distance == 1 or (distance == 2 and longer >= LONG_WORD and shorter >= LONG_WORD - 1))


def _acronym(a: LatinName, b: LatinName) -> LatinLikeness | None:
    short, long = sorted((a, b), key=lambda name: len(name.words))
    is_one = len(short.words) == 1 and len(long.words) >= 3 and short.joined == long.initials
    return LatinLikeness(LatinClass.POSSIBLE, 60, "name_nearly") if is_one else None


def latin_marks(name: str) -> frozenset[str]:
    """Return what names must have one of in common to be compared: words, all but one, both ends, initials."""
    if not is_latin(name):
        return frozenset()
    taken = latin_name(name)
    words, joined = taken.words, taken.joined
    found = {f"latin:{taken.key}", f"latin:{joined}", f"latin:{taken.whole}"}
    found |= {f"begin:{joined[:5]}", f"end:{joined[-5:]}"}
    if len(words) >= 3:
        found.add(f"latin:{taken.initials}")
    if len(words) == 1 and len(joined) <= LONGEST_ALONE:
        found |= {f"slip:{joined[:index]}{joined[index + 1 :]}" for index in range(len(joined))}
        found.add(f"slip:{joined}")
    if 2 <= len(words) <= 8:
        found |= {f"rest:{''.join(words[:index] + words[index + 1 :])}" for index in range(len(words))}
    if taken.countries:
        found.add(f"latin:{''.join(word for word in words if word not in taken.countries)}")
    return frozenset(found)
