"""The fields that people fill in: one check for creating, changing and importing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from openpsm.core.money import MoneyField
from openpsm.core.text import fold, is_placeholder, search_text, sort_key
from openpsm.projects.models import PurchasingForm

#: Longest texts by field; 0 is unlimited.
TEXTS = {
    "name": 200,
    "site": 200,
    "product_line": 60,
    "region": 6,
    "tender_source": 200,
    "tender_number": 80,
    "possibility_reason": 300,
    "boss_attitude_source": 200,
    "news_source": 200,
    "note": 0,
    "next_step": 200,
}
DATES = ("tender_on", "order_on", "news_on", "next_on")
CREATABLE = (
    *(name for name in TEXTS if name != "next_step"),
    *(name for name in DATES if name != "next_on"),
    "amount",
    "purchasing_form",
    "possibility",
    "boss_attitude",
    "is_non_standard",
)
EDITABLE = (*CREATABLE, "amount_currency", "next_step", "next_on")
_FORMS = frozenset({"", *PurchasingForm.values})
_MONEY: MoneyField[Any, Any] = MoneyField()
_REGION = re.compile(r"\d{6}|")
_CURRENCY = re.compile(r"[A-Z]{3}")
#: What fields hold that nobody filled in, which needs no check.
_EMPTY: dict[str, Any] = {
    **dict.fromkeys((*TEXTS, "purchasing_form"), ""),
    **dict.fromkeys((*DATES, "possibility", "boss_attitude")),
    "is_non_standard": False,
}
_MISSING = object()
#: A number that is only worth something with where it comes from.
_NEEDS_WORD = {"possibility": "possibility_reason", "boss_attitude": "boss_attitude_source"}


def clean(
    given: Mapping[str, Any], *, before: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Check the given fields; returns the clean values and the errors by field.

    `before` are the present values of a project that is changed: a reason is asked for where its number changes.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, raw in given.items():
        if raw is _EMPTY.get(name, _MISSING):  # most fields of most rows
            values[name] = raw
            continue
        try:
            values[name] = _cleaner(name)(raw)
        except ValidationError as refused:
            errors[name] = refused.messages[0]
    return values, errors | _lacking(values, before or {})


def _lacking(values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    if "name" in values and not fold(values["name"]):
        errors["name"] = _("Please give the project a name.")
    elif "name" in values and is_placeholder(values["name"]):
        errors["name"] = _("“%(name)s” is not a name by which others could find the project.") % {
            "name": values["name"]
        }
    for number, word in _NEEDS_WORD.items():
        is_new = number in values and values[number] is not None and values[number] != before.get(number)
        if is_new and is_placeholder(values.get(word, before.get(word, ""))):
            errors[word] = _("Please say where this comes from.")
    return errors


@lru_cache(maxsize=2048)
def name_keys(name: str) -> Mapping[str, str]:
    """Return what a name is found, sorted and compared by; who creates many asks before taking locks."""
    strict = fold(name)
    return {"strict_key": strict[:200], "sort_key": sort_key(name), "search_text": f"{search_text(name)} {strict}"}


@cache
def _cleaner(name: str) -> Callable[[Any], Any]:
    if name in TEXTS:
        return lambda raw: _text(raw, TEXTS[name], is_region=name == "region")
    return _date if name in DATES else _CLEANERS[name]


def _text(raw: Any, longest: int, *, is_region: bool) -> str:
    if not isinstance(raw, str) or "\x00" in raw:
        raise ValidationError(_("This is not a text."))
    text = raw.strip()
    if longest and len(text) > longest:
        raise ValidationError(_("At most %(longest)s characters.") % {"longest": longest})
    if is_region and not _REGION.fullmatch(text):
        raise ValidationError(_("A region is given by its six-digit code."))
    return text


def _date(raw: Any) -> date | None:
    if raw is not None and type(raw) is not date:
        raise ValidationError(_("This is not a date."))
    if raw is not None and not 1990 <= raw.year <= 2100:
        raise ValidationError(_("This date cannot be meant."))
    return raw


def _amount(raw: Any) -> Decimal:
    amount = _MONEY.to_python(raw)
    if amount is None or amount < 0:
        raise ValidationError(_("An amount is not negative."))
    return amount


def _currency(raw: Any) -> str:
    if not isinstance(raw, str) or not _CURRENCY.fullmatch(raw):
        raise ValidationError(_("A currency has three capital letters."))
    return raw


def _form(raw: Any) -> str:
    if raw not in _FORMS:
        raise ValidationError(_("This choice does not exist."))
    return str(raw)


def _whole(low: int, high: int) -> Callable[[Any], int | None]:
    def check(raw: Any) -> int | None:
        if raw is None:
            return None
        if not isinstance(raw, int) or isinstance(raw, bool) or not low <= raw <= high:
            raise ValidationError(_("A whole number from %(low)s to %(high)s.") % {"low": low, "high": high})
        return raw

    return check


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValidationError(_("This is neither yes nor no."))
    return raw


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "amount": _amount,
    "amount_currency": _currency,
    "purchasing_form": _form,
    "possibility": _whole(0, 100),
    "boss_attitude": _whole(-2, 2),
    "is_non_standard": _flag,
}
