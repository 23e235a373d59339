"""What a cell means: amounts, days, choices and flags as people write them. Decisions over texts, without database."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _

from openpsm.core.money import parse_amount

#: Reads the text of a cell; the factor is what the heading says of the unit (万元: 10,000). Raises ValidationError.
Parser = Callable[[str, int], Any]

_FACTORS = ((re.compile(r"亿"), 10**8), (re.compile(r"万|10k|wan\b", re.IGNORECASE), 10**4))
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?|(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?(?:份|底)?")
_AMERICAN = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?: .*)?")
_WORDED = re.compile(
    r"(\d{1,2})[- ]([a-z]{3})[a-z]*\.?[- ,]+(\d{4}|\d{2})|([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"
)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_BREAKS = re.compile(r"\s*[\t\n\v\f\r\u2028\u2029]\s*")
_NUMERALS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_TENS = re.compile(r"([二三]?)十([一二三四五六七八九]?)(?=[月日号])")
_YES = frozenset(["是", "有", "对", "√", "✓", "y", "yes", "true", "1", "t"])
_NO = frozenset(["否", "无", "没有", "×", "✗", "n", "no", "false", "0", "f"])


def factor_of(heading: str) -> int:
    """Return what the numbers below a heading are multiplied by: 10,000 below “金额（万元）”."""
    return next((factor for pattern, factor in _FACTORS if pattern.search(heading)), 1)


def text(most: int = 0) -> Parser:
    """A text of at most so many signs, on one line; 0 is as many as fit into a cell, on any number of lines."""

    def read(cell: str, _factor: int) -> str:
        if most and len(cell) > most:
            raise ValidationError(_("At most %(n)s signs fit here.") % {"n": most})
        if "\x00" in cell:
            raise ValidationError(_("This is not a text."))
        return cell if most == 0 else _BREAKS.sub(" ", cell).strip()

    return read


def amount(cell: str, factor: int) -> str:
    """An amount; a unit in the cell itself counts more than the heading's."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    if re.search(r"[亿万千百kw]", plain, re.IGNORECASE) or factor == 1:
        return str(parse_amount(_rounded(plain)))
    value = parse_plain_number(plain) * factor
    return str(parse_amount(format(value.quantize(Decimal("0.01")), "f")))


def _rounded(plain: str) -> str:
    """Spreadsheets compute 0.1 + 0.2: more than four decimal places are no cents that anybody typed."""
    match = re.fullmatch(r"(-?\d+\.\d{5,})", plain)
    return format(Decimal(match[1]).quantize(Decimal("0.01")), "f") if match else plain


def parse_plain_number(plain: str) -> Decimal:
    """Read a number with or without thousands separators; raises ValidationError."""
    bare = re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", plain.strip("¥￥$ 元"))
    try:
        number = Decimal(bare)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValidationError(_("“%(value)s” is not a number.") % {"value": plain[:50]})
    return number


def number(cell: str, _factor: int) -> str:
    """A number with at most six places."""
    value = parse_plain_number(unicodedata.normalize("NFKC", cell))
    return format(value.quantize(Decimal("0.000001")).normalize(), "f")


def whole(low: int, high: int) -> Parser:
    """A whole number, both bounds included; a percent sign does no harm, 0.4 as a percentage is 40."""

    def read(cell: str, _factor: int) -> int:
        plain = unicodedata.normalize("NFKC", cell).strip()
        value = parse_plain_number(plain.removesuffix("%"))
        if high == 100 and 0 < value < 1 and not plain.endswith("%"):
            value *= 100
        if value != value.to_integral_value() or not low <= value <= high:
            raise ValidationError(_("A whole number from %(low)s to %(high)s.") % {"low": low, "high": high})
        return int(value)

    return read


def day(cell: str, _factor: int) -> str:
    """A day in Chinese, ISO or American form, or the number that a spreadsheet keeps for it."""
    plain = unicodedata.normalize("NFKC", cell).strip().casefold()
    try:
        found = _day(plain) or _day(_from_numerals(plain))
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("“%(value)s” is not a date.") % {"value": cell[:50]})
    return found.isoformat()


def _day(plain: str) -> date | None:
    if match := _ISO.fullmatch(plain):
        year, month, of_month = (int(part) for part in match.groups() if part)
        return date(year, month, of_month)
    if match := _MONTH.fullmatch(plain):
        year, month = int(match[1]), int(match[2])
        return date(year, month, monthrange(year, month)[1] if plain.endswith("底") else 1)
    if match := _AMERICAN.fullmatch(plain):
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        return date(year, second, first) if first > 12 else date(year, first, second)
    if match := _WORDED.fullmatch(plain):
        parts = [part for part in match.groups() if part]
        first_part, name = (parts[0], parts[1]) if match[1] else (parts[1], parts[0])
        return date(_year(parts[2]), _MONTHS.get(name, 0), int(first_part))
    if match := _SERIAL.fullmatch(plain):
        return date(1899, 12, 30) + timedelta(days=int(match[1])) if 18_000 <= int(match[1]) <= 73_000 else None
    return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text) if int(text) < 70 else 1900 + int(text)


def _from_numerals(plain: str) -> str:
    """二〇二四年十一月三日 → 2024年11月3日."""
    if "年" not in plain:
        return plain
    spelled = _TENS.sub(lambda found: (found[1] or "一") + (found[2] or "〇"), plain)
    return spelled.translate(_NUMERALS)


def flag(cell: str, _factor: int) -> bool:
    """Yes or no."""
    plain = cell.casefold()
    if plain not in _YES | _NO:
        raise ValidationError(_("This is neither yes nor no."))
    return plain in _YES


def code(most: int) -> Parser:
    """A code or number that is kept as written; a spreadsheet's 1.38E+10 is said to have lost digits."""

    def read(cell: str, _factor: int) -> str:
        if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", cell):
            raise ValidationError(
                _("The spreadsheet cut this number off. Format the column as text and enter it again.")
            )
        return str(text(most)(cell, 1))

    return read


@dataclass(frozen=True)
class Choice:
    """One of fixed answers, by key or by its name in either language."""

    choices: type[TextChoices]
    more: Mapping[str, str]

    def __call__(self, cell: str, _factor: int) -> str:
        found = _names(self.choices).get(cell.strip().casefold()) or self.more.get(cell.strip().casefold())
        if found is None:
            offered = ", ".join(str(label) for label in self.choices.labels)
            raise ValidationError(_("“%(value)s” is none of: %(offered)s") % {"value": cell[:50], "offered": offered})
        return found


@cache
def _names(choices: type[TextChoices]) -> dict[str, str]:
    found = {key.casefold(): key for key in choices.values}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            found |= {str(label).casefold(): key for key, label in choices.choices}
    return found


def choice(choices: type[TextChoices], **more: str) -> Choice:
    """Read one of the choices; `more` are other words for them (underscores stand for blanks)."""
    return Choice(choices, {word.replace("_", " ").casefold(): key for word, key in more.items()})
