"""Names made comparable, sortable and findable: folding, pinyin, placeholders."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import get_language

if TYPE_CHECKING:
    from opencc import OpenCC

SORT_KEY_LENGTH = 200
_HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_PIECES = re.compile(f"{_HAN.pattern}+|[^{_HAN.pattern[1:]}+")
_NO_ANSWERS = """
无 没有 暂无 暂缺 待定 待补 待补充 待填 未知 未定 未填 不详 不明 不清楚 不知道 同上 如上 略 空 测试 哈哈 无无
na none null nil nan tbd tba tbc test testing unknown asdf qwerty abc 123 1234 12345 123456
"""
_PLACEHOLDERS = frozenset(_NO_ANSWERS.split())


@cache
def _to_simplified() -> OpenCC:
    from opencc import OpenCC  # loads dictionaries: only when a name is first folded

    return OpenCC("t2s")


@lru_cache(maxsize=2_000)
def _simplified(text: str) -> str:
    """Chinese in simplified signs; one name is asked for several times in a row."""
    return text if text.isascii() else str(_to_simplified().convert(text))


@lru_cache(maxsize=5_000)
def fold(text: str) -> str:
    """Return the strict key of a name: width, case, script variant, blanks, brackets and punctuation do not count."""
    if text.isascii():
        return text.lower() if text.isalnum() else "".join(filter(str.isalnum, text.lower()))
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign for sign in unicodedata.normalize("NFKC", plain) if sign.isalnum())
    simplified = _simplified(kept)
    again = _simplified(simplified)
    return again if again == simplified else fold(again)


def bigrams(text: str) -> list[str]:
    """Return the overlapping pairs of signs of the folded text in order; one sign alone stands for itself."""
    key = fold(text)
    return [key] if len(key) == 1 else [key[index : index + 2] for index in range(len(key) - 1)]


def telling_bigrams(text: str) -> list[str]:
    """Return those pairs of signs that hold a Chinese one, each once: others stand in too many names to find one by."""
    return [pair for pair in dict.fromkeys(bigrams(text)) if len(pair) == 2 and _HAN.search(pair)]


@lru_cache(maxsize=2_000)
def sort_key(text: str) -> str:
    """Return lower-case ASCII of at most 200 signs that orders names by pinyin, syllable by syllable.

    Other scripts follow all Latin and Chinese names. Two databases order it alike, see SortKeyField.
    """
    words = (_ascii(word) for word in _pinyin(unicodedata.normalize("NFKC", text[: SORT_KEY_LENGTH * 2]).lower()))
    return re.sub(r"[^0-9a-z~]+", " ", " ".join(words)).strip()[:SORT_KEY_LENGTH]


def localized(value: Mapping[str, str]) -> str:
    """Pick the text in the active language from `{"en": …, "zh": …}`; English or whatever there is if it is missing."""
    language = (get_language() or "en").split("-")[0]
    return value.get(language) or value.get("en") or next(iter(value.values()), "")


def sounds(text: str) -> list[str]:
    """Return how each sign sounds by itself, in order, whatever stands beside it; any but a Chinese one as it is."""
    return [_word(sign)[0] if _HAN.match(sign) else sign for sign in unicodedata.normalize("NFKC", text).lower()]


@lru_cache(maxsize=2_000)
def initials(text: str) -> str:
    """Return the first letters of Chinese syllables, with Latin letters and digits kept whole: 中国石化 is “zgsh”."""
    plain = unicodedata.normalize("NFKC", text).lower()
    signs = (word[:1] if _HAN.match(sign) else sign for sign, word in _syllables(plain))
    return re.sub(r"[^0-9a-z]", "", "".join(signs))


def search_text(*parts: str) -> str:
    """Return lower-case text to search with LIKE: each part, simplified, with its full pinyin and its initials."""
    found: dict[str, None] = {}
    for part in filter(None, parts):
        plain = " ".join(unicodedata.normalize("NFKC", part).lower().split())
        spelled = "".join(_pinyin(plain)) if _HAN.search(plain) else ""
        forms = (plain, _simplified(plain), fold(spelled), initials(part) if spelled else "")
        for form in forms:
            found.setdefault(form)
    return " ".join(filter(None, found))


def is_placeholder(text: str) -> bool:
    """Say whether somebody typed something only to get past a required field: “无”, “1”, “待定”, “n/a”, “...”."""
    key = fold(text)
    return key in _PLACEHOLDERS or (len(set(key)) <= 1 and not _is_word(key))


def _is_word(key: str) -> bool:
    """Chinese names may be one sign, once or twice; one letter or digit, or more repetition, tells nothing."""
    return 1 <= len(key) <= 2 and bool(_HAN.match(key))


def load_dictionaries() -> None:
    """Load the dictionaries before the first name asks for them, equal spellings kept once: half the memory."""
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin.constants import PHRASES_DICT

    known: dict[tuple[str, ...], list[str]] = {}
    for phrase, spelled in PHRASES_DICT.items():
        PHRASES_DICT[phrase] = [known.setdefault(tuple(one), one) for one in spelled]
    sort_key(fold("重慶"))


def _pinyin(plain: str) -> list[str]:
    """Spell a text: Chinese signs as syllables, each run of other signs as it stands."""
    pieces = _PIECES.findall(plain)
    return [word for piece in pieces for word in (_spelled(piece) if _HAN.match(piece) else _word(piece))]


@lru_cache(maxsize=2_000)
def _spelled(piece: str) -> tuple[str, ...]:
    """Spell a run of Chinese signs; order, search text and initials of one name ask for it one after the other."""
    from pypinyin.seg.mmseg import seg  # 0.3 s to import

    return tuple(spelled for word in seg.cut(piece) for spelled in _word(word))


@lru_cache(maxsize=20_000)
def _word(word: str) -> tuple[str, ...]:
    """Spell one word of a dictionary: words come again and again, whole names do not."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(word))


def _syllables(plain: str) -> list[tuple[str, str]]:
    """Pair each sign with its syllable in this context, those that are not Chinese with themselves."""
    pieces = _PIECES.findall(plain)
    words = ((piece, _spelled(piece) if _HAN.match(piece) else list(piece)) for piece in pieces)
    return [pair for piece, spelled in words for pair in zip(piece, spelled, strict=False)]


def _ascii(word: str) -> str:
    """Spell a word in ASCII: accents fall off, other signs become "~" and their number, hence sort last."""
    if word.isascii():
        return word
    bare = (sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
    return "".join(sign if sign.isascii() else f"~{ord(sign):06x}" if sign.isalnum() else " " for sign in bare)


if TYPE_CHECKING:
    TextColumn = models.CharField[str, str]
else:
    TextColumn = models.CharField


class SortKeyField(TextColumn):
    """A column for `sort_key`, compared byte by byte on every database so that lists have one order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        defaults = {"max_length": SORT_KEY_LENGTH, "editable": False, "blank": True, "default": ""}
        super().__init__(*args, **{**defaults, **kwargs})

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        collation = {"postgresql": "C", "sqlite": "BINARY"}.get(connection.vendor)
        return {**super().db_parameters(connection), "collation": collation}
