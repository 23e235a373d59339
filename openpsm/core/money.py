"""Money and quantities: Decimal in Python, scaled whole numbers in the database (SQLite stores decimals as floats)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Combinable, register_combinable_fields
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)

if TYPE_CHECKING:

    class DecimalColumn(models.Field[_ST, _GT]):
        """What the type checker knows of the columns: generic, so that it can tell nullable ones."""
else:

    class DecimalColumn(models.Field):
        """Django's field, which knows no type parameters."""

        def __class_getitem__(cls, _parameters: object) -> type:
            return cls


CENT = Decimal("0.01")


def default_currency() -> str:
    """Return the currency of this installation."""
    return str(settings.OPENPSM_CURRENCY)


class ScaledField(DecimalColumn[_ST, _GT]):
    """A Decimal with a fixed number of places, stored as BIGINT times 10^places.

    Not an IntegerField on purpose: Django would infer whole numbers for sums and averages and show minor units. Adding
    and subtracting two columns of one kind works; anything else needs an explicit `output_field` instead of a guess.
    Floats, NaN, infinity, too many places and out-of-range values raise ValidationError: nothing is rounded silently.
    """

    places = 0
    limit = Decimal(0)  # largest absolute value; leaves room for thousands of such values in one SUM
    empty_strings_allowed = False
    default_error_messages = {
        "invalid": gettext_lazy("“%(value)s” is not a number."),
        "places": gettext_lazy("At most %(places)s decimal places are allowed."),
        "range": gettext_lazy("The number is too large."),
    }
    if TYPE_CHECKING:
        _pyi_private_set_type: Decimal | int | str | Combinable
        _pyi_private_get_type: Decimal
        _pyi_lookup_exact_type: Decimal | int | str

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """A BIGINT; the internal type stays our own, since Django would cut averages of integers down to one."""
        return "bigint"

    def to_python(self, value: Any) -> Decimal | None:
        if value is None:
            return None
        number = self._as_decimal(value)
        if abs(number) > self.limit:
            raise ValidationError(self.error_messages["range"], code="range")
        scaled = number.quantize(Decimal(1).scaleb(-self.places))
        if scaled != number:
            params = {"places": self.places}
            raise ValidationError(self.error_messages["places"], code="places", params=params)
        return abs(scaled) if scaled.is_zero() else scaled  # -0 is 0

    def _as_decimal(self, value: Any) -> Decimal:
        acceptable = isinstance(value, Decimal | int | str) and not isinstance(value, bool)
        try:
            number = Decimal(value) if acceptable else Decimal("NaN")
        except (InvalidOperation, ValueError):
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": str(value)[:50]})
        return number

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        number = self.to_python(value)
        return None if number is None else int(number.scaleb(self.places))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.ops.adapt_integerfield_value(value, "BigIntegerField")

    def from_db_value(
        self, value: float | Decimal | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> Decimal | None:
        """Read a stored value or an aggregate; an average is rounded half up to the places of the column."""
        if value is None:
            return None
        units = Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP)
        return units.scaleb(-self.places)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        digits = self.limit.adjusted() + 1 + self.places
        defaults = {"form_class": forms.DecimalField, "max_digits": digits, "decimal_places": self.places}
        return super().formfield(**{**defaults, **kwargs})


class MoneyField(ScaledField[_ST, _GT]):
    """An amount with two places; its currency stands beside it in `<name>_currency`."""

    description = "Amount of money"
    places = 2
    limit = Decimal("9999999999999.99")


class QuantityField(ScaledField[_ST, _GT]):
    """A quantity, price or rate with six places."""

    description = "Quantity, price or rate"
    places = 6
    limit = Decimal("999999999.999999")


for _field in (MoneyField, QuantityField):
    for _operator in (Combinable.ADD, Combinable.SUB):
        register_combinable_fields(_field, _operator, _field, _field)

_UNITS = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "十万": 10**5, "万": 10**4, "w": 10**4}
_UNITS |= {"千": 10**3, "k": 10**3, "百": 100}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_PIECE = re.compile(rf"({_NUMBER})({'|'.join(_UNITS)})?")
_MARKS = re.compile(r"^(?:人民币|rmb|cny|¥|\$|€|£|usd|eur|约)+|(?:元整|元|圆|rmb|cny|usd|eur|整)+$")


def parse_amount(text: str) -> Decimal:
    """Read an amount as people write it: “240万”, “1.2亿”, “1亿2000万元”, “¥1,200,000.00”, “(300)”, full-width digits.

    The answer has two places, in yuan (or whole units of whatever currency is meant). Raises ValidationError for
    anything unclear, for commas that are no thousands separators and for parts of a cent.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    bare = plain[1:-1] if plain.startswith("(") and plain.endswith(")") else plain.removeprefix("-")
    amount = _add_pieces(_MARKS.sub("", bare.removeprefix("+") if bare == plain else bare), text)
    return amount if bare == plain else -amount


def _add_pieces(plain: str, text: str) -> Decimal:
    """Add up "1亿2000万500": each unit smaller than the one before, and no number without unit but the last."""
    pieces = _PIECE.findall(plain) if len(plain) <= 60 else []
    factors = [_UNITS[unit] if unit else 1 for _number, unit in pieces]
    is_read_whole = "".join(number + unit for number, unit in pieces) == plain
    if not pieces or not is_read_whole or factors != sorted(set(factors), reverse=True):
        raise ValidationError(_("“%(value)s” is not an amount."), code="invalid", params={"value": text[:50]})
    numbers = (Decimal(number.replace(",", "")) for number, _unit in pieces)
    total = sum((number * factor for number, factor in zip(numbers, factors, strict=True)), Decimal(0))
    return as_money(total)


def as_money(number: Decimal) -> Decimal:
    """Return the number with two places; raises ValidationError where MoneyField would."""
    return _money().to_python(number) or Decimal("0.00")


@cache
def _money() -> MoneyField[Decimal, Decimal]:
    return MoneyField()


_shown_unit: ContextVar[str] = ContextVar("openpsm_shown_unit", default="yuan")


@contextmanager
def shown_in(unit: str) -> Iterator[None]:
    """Write amounts in this unit within the block: what the person who looks has chosen."""
    token = _shown_unit.set(unit)
    try:
        yield
    finally:
        _shown_unit.reset(token)


def format_amount(amount: Decimal, currency: str, unit: str = "") -> str:
    """Write an amount for reading, in yuan with two places or in units of ten thousand (“wan”), rounded half up.

    Without a unit it is the one that the person who looks has chosen, see `shown_in`.
    """
    unit = unit or _shown_unit.get()
    sign, symbol = ("-" if amount < 0 else ""), ("¥" if currency == "CNY" else f"{currency} ")
    if unit == "yuan":
        return f"{sign}{symbol}{abs(amount).quantize(CENT, ROUND_HALF_UP):,.2f}"
    number = (abs(amount) / 10_000).quantize(CENT, ROUND_HALF_UP)
    short = f"{number:,.2f}".rstrip("0").rstrip(".")
    return _("%(amount)s ×10k") % {"amount": f"{sign}{symbol}{short}"}


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split an amount by weights into cents that always add up to it (largest remainder, earlier parts first)."""
    total = sum(weights, Decimal(0))
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative and must not all be zero")
    cents, sign = int(abs(amount).scaleb(2)), (-1 if amount < 0 else 1)
    exact = [cents * weight / total for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[: cents - sum(parts)]:
        parts[index] += 1
    return [Decimal(sign * part).scaleb(-2) for part in parts]
