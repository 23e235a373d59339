"""Ranges as people write them in a filter: “本月”, “next 30 days”, “11.1~11.30”; “100万~500万”, “≥240万”."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core.dates import DAY, Week, parse_day
from openpsm.core.money import parse_amount

_LONGEST = 60
_BETWEEN = re.compile(r"\s*(?:\.\.|~|～|—|至|到| to )\s*")
_FROM = re.compile(r"(?:>=|≥|>|自|从|from |since )\s*(.+)|(.+?)\s*(?:起|以后|之后|以上)")
_UNTIL = re.compile(r"(?:<=|≤|<|until |up to )\s*(.+)|(.+?)\s*(?:止|以前|之前|以内|以下)")
_YEAR = re.compile(r"(\d{4})年?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_DAYS = re.compile(r"(next|last|未来|今后|过去|最近|近)\s*(\d{1,3})\s*(?:days?|天|日)(?:内)?|(\d{1,3})(?:天|日)内")


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days from `start` up to and without `end`; None leaves a side open. `is_none` asks for no day at all."""

    start: date | None
    end: date | None
    word: str = ""
    is_none: bool = False


@dataclass(frozen=True, slots=True)
class AmountSpan:
    """Amounts from `low` to `high`, both included; None leaves a side open."""

    low: Decimal | None
    high: Decimal | None


def _month(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _weeks(number: int) -> Callable[[date], tuple[date, date]]:
    return lambda on: ((week := Week.of(on).shifted(number)).start, week.end)


def _months(first: int, length: int, unit: int = 1) -> Callable[[date], tuple[date, date]]:
    def bounds(on: date) -> tuple[date, date]:
        start = _month(on, first * unit - (on.month - 1) % unit)
        return start, _month(start, length * unit)

    return bounds


def _days(first: int, length: int) -> Callable[[date], tuple[date, date]]:
    return lambda on: (on + first * DAY, on + (first + length) * DAY)


#: Name in the address → label, other spellings, bounds.
WORDS: dict[str, tuple[str | Promise, tuple[str, ...], Callable[[date], tuple[date, date]]]] = {
    "today": (gettext_lazy("today"), ("今天", "今日"), _days(0, 1)),
    "this-week": (gettext_lazy("this week"), ("本周", "这周"), _weeks(0)),
    "next-week": (gettext_lazy("next week"), ("下周",), _weeks(1)),
    "last-week": (gettext_lazy("last week"), ("上周",), _weeks(-1)),
    "this-month": (gettext_lazy("this month"), ("本月", "这个月"), _months(0, 1)),
    "next-month": (gettext_lazy("next month"), ("下月", "下个月"), _months(1, 1)),
    "last-month": (gettext_lazy("last month"), ("上月", "上个月"), _months(-1, 1)),
    "this-quarter": (gettext_lazy("this quarter"), ("本季度", "本季"), _months(0, 1, 3)),
    "next-quarter": (gettext_lazy("next quarter"), ("下季度", "下季"), _months(1, 1, 3)),
    "last-quarter": (gettext_lazy("last quarter"), ("上季度", "上季"), _months(-1, 1, 3)),
    "this-year": (gettext_lazy("this year"), ("今年", "本年"), _months(0, 1, 12)),
    "next-year": (gettext_lazy("next year"), ("明年",), _months(1, 1, 12)),
    "last-year": (gettext_lazy("last year"), ("去年",), _months(-1, 1, 12)),
    "yesterday": (gettext_lazy("yesterday"), ("昨天", "昨日"), _days(-1, 1)),
    "tomorrow": (gettext_lazy("tomorrow"), ("明天", "明日"), _days(1, 1)),
}
NONE = "none"
_SPELLED = {
    spelling: key for key, (_label, more, _bounds) in WORDS.items() for spelling in (key, key.replace("-", " "), *more)
}
_NOTHING = {NONE, "empty", "未填", "未定", "无", "空"}


def word_label(key: str) -> str:
    """The label of a word of WORDS, or of NONE, in the reader's language."""
    return _("not set") if key == NONE else str(WORDS[key][0])


def parse_days(text: str, reference: date) -> DaySpan:
    """Read a range of days: a word, “未来30天”, a year, a month, a day, “A~B” (both included), “≥A”, “none”.

    Raises ValidationError.
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    try:
        found = _named(plain, reference) or _written(plain, reference) if len(plain) <= _LONGEST else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        message = _("“%(value)s” is no range of days. Write “this month”, “2026-11” or “11.1~11.30”.")
        raise ValidationError(message, code="invalid", params={"value": text[:50]})
    return found


def _named(plain: str, reference: date) -> DaySpan | None:
    if plain in _NOTHING:
        return DaySpan(None, None, NONE, is_none=True)
    if key := _SPELLED.get(plain):
        return DaySpan(*WORDS[key][2](reference), key)
    if match := _DAYS.fullmatch(plain):
        number = int(match[2] or match[3])
        is_past = match[1] in ("last", "过去", "最近", "近")
        return DaySpan(*_days(1 - number, number)(reference) if is_past else _days(0, number)(reference))
    return None


def _written(plain: str, reference: date) -> DaySpan | None:
    if match := _FROM.fullmatch(plain):
        return DaySpan(_one(match[1] or match[2], reference).start, None)
    if match := _UNTIL.fullmatch(plain):
        return DaySpan(None, _one(match[1] or match[2], reference).end)
    parts = _BETWEEN.split(plain)
    if len(parts) == 1:
        return _one(plain, reference)
    if len(parts) != 2 or not any(parts):
        return None
    start = _one(parts[0], reference).start if parts[0] else None
    end = _one(parts[1], reference).end if parts[1] else None
    return None if start and end and start >= end else DaySpan(start, end)


def _one(plain: str, reference: date) -> DaySpan:
    """A year, a month or a day."""
    if match := _YEAR.fullmatch(plain):
        return DaySpan(date(int(match[1]), 1, 1), date(int(match[1]) + 1, 1, 1))
    if match := _MONTH.fullmatch(plain):
        first = date(int(match[1]), int(match[2]), 1)
        return DaySpan(first, _month(first, 1))
    day = parse_day(plain, reference)
    return DaySpan(day, day + timedelta(days=1))


def parse_amounts(text: str) -> AmountSpan:
    """Read a range of amounts: “240万” (exactly), “100万~500万”, “≥240万”, “1.2亿以上”. Raises ValidationError."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    found = _amounts(plain) if len(plain) <= _LONGEST else None
    if found is None:
        message = _("“%(value)s” is no range of amounts. Write “1000000~5000000” or “≥2400000”.")
        raise ValidationError(message, code="invalid", params={"value": text[:50]})
    return found


def _amounts(plain: str) -> AmountSpan | None:
    if match := _FROM.fullmatch(plain):
        return AmountSpan(parse_amount(match[1] or match[2]), None)
    if match := _UNTIL.fullmatch(plain):
        return AmountSpan(None, parse_amount(match[1] or match[2]))
    parts = _BETWEEN.split(plain)
    if len(parts) == 1:
        return AmountSpan(amount := parse_amount(plain), amount)
    if len(parts) != 2 or not any(parts):
        return None
    low, high = (parse_amount(part) if part else None for part in parts)
    return None if low is not None and high is not None and low > high else AmountSpan(low, high)
