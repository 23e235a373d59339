"""Formatting for templates: texts in data, amounts, dates, icons. They format, they do not decide."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from openpsm.core.money import format_amount
from openpsm.core.text import localized as localized_text
from openpsm.web.undo import Undo
from openpsm.web.undo import undo_of as found_undo

register = template.Library()
_MENTION = re.compile(r"(^|[^0-9A-Za-z])([@＠][^\s@＠,，。.;；:：!！?？()（）、]{1,60})")


@register.filter
def localized(value: Any) -> str:
    """A text kept as {"en": …, "zh": …}, in the language of the page."""
    return localized_text(value) if value else ""


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite, hidden from screen readers: the words beside it say the same."""
    return format_html(
        '<svg class="icon{}" aria-hidden=true><use href="{}#{}"/></svg>',
        extra and f" {extra}",
        static("icons.svg"),
        name,
    )


@register.filter
def money(value: Decimal | None, currency: str = "CNY") -> str:
    """An amount with its currency sign, thousands separated; an em dash where there is none."""
    return "—" if value is None else format_amount(value, currency)


@register.filter
def wan(value: Decimal | None, currency: str = "CNY") -> str:
    """An amount in 万元."""
    return "—" if value is None else format_amount(value, currency, unit="wan")


@register.filter
def places(value: Decimal, number: int) -> str:
    """A number with so many decimal places, thousands separated."""
    return f"{value:,.{number}f}"


@register.filter
def day(value: date | datetime | None) -> str:
    """A day as 2026-11-22, an em dash where there is none; an instant counts by the day it has here."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return "—" if value is None else value.strftime("%Y-%m-%d")


@register.filter
def signed(value: int | None) -> str:
    """An attitude as +2 … −2, a question mark while unknown."""
    if value is None:
        return "?"
    return "0" if value == 0 else f"{value:+d}".replace("-", "−")


@register.filter
def quantity(value: Decimal | None) -> str:
    """A number without trailing zeros."""
    return "—" if value is None else f"{value.normalize():,f}"


@register.filter
def words(value: Any) -> Any:
    """A list as its members with commas between, anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """The entry of a mapping under a key that is itself a value."""
    return mapping.get(key) if mapping else None


@register.simple_tag
def undo_of(message: Any) -> Undo | None:
    """The button of a message that takes the step back."""
    return found_undo(message)


@register.filter
def with_mentions(text: str) -> SafeString:
    """A comment with everything escaped, and "@name" set off from the rest."""
    return mark_safe(_MENTION.sub(r'\1<strong class="psm-mention">\2</strong>', conditional_escape(text)))  # noqa: S308 - escaped
