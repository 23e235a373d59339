"""Custom fields as columns and filters: their keys begin with `custom.`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from openpsm.core import custom
from openpsm.core.models.configuration import CustomField
from openpsm.web.forms.custom import PREFIX, choice_labels, readable_value
from openpsm.web.lists.declaration import NOTHING, Column, Listing, Reader, Row
from openpsm.web.lists.filters import AmountFilter, ChoiceFilter, DayFilter, Filter, TextFilter

Kind = CustomField.Kind
_NUMBERS = (Kind.NUMBER, Kind.MONEY)
_DIGITS = DecimalField(max_digits=20, decimal_places=6)


def columns(listing: Listing) -> tuple[Column, ...]:
    """The active custom fields of the listing's records as columns (1 query per request)."""
    return tuple(_column(row) for row in _definitions(listing))


def filters(listing: Listing) -> tuple[Filter, ...]:
    """The active custom fields of the listing's records as filters (the same query)."""
    return tuple(_filter(row) for row in _definitions(listing))


def _definitions(listing: Listing) -> list[CustomField]:
    return custom.definitions(listing.model) if listing.has_custom else []


def _column(row: CustomField) -> Column:
    def cell(values: Row, _reader: Reader) -> Any:
        value = _value(values, row.key)
        return NOTHING if value is None else readable_value(row, value)

    def plain(values: Row, _reader: Reader) -> Any:
        value = _value(values, row.key)
        return None if value is None else _typed(row, value)

    css = "num" if row.kind in _NUMBERS else ""
    return Column(f"{PREFIX}{row.key}", row.label, ("custom",), cell, plain, css=css, is_default=False)


def _value(values: Row, key: str) -> Any:
    found: Mapping[str, Any] = values["custom"] or {}
    value = found.get(key)
    return None if value in ("", []) else value


def _typed(row: CustomField, value: Any) -> Any:
    if row.kind in _NUMBERS:
        return Decimal(str(value))
    if row.kind == Kind.DATE:
        return date.fromisoformat(value)
    return value if row.kind == Kind.BOOLEAN else readable_value(row, value)


def _filter(row: CustomField) -> Filter:
    name, path = f"{PREFIX}{row.key}", "custom"
    if row.kind in _NUMBERS:
        return _NumberFilter(name, row.label, path)
    if row.kind == Kind.DATE:
        return _DateFilter(name, row.label, path)
    if row.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        return _AmongFilter(name, row.label, path, choices=lambda _reader: choice_labels(row), kind=row.kind)
    if row.kind == Kind.BOOLEAN:
        return _TruthFilter(name, row.label, path)
    return _WordsFilter(name, row.label, path)


def _text_of(name: str) -> Cast:
    """The value as text: what it is compared with is text too, and no JSON."""
    return Cast(KeyTextTransform(name.removeprefix(PREFIX), "custom"), TextField())


class _WordsFilter(TextFilter):
    def _narrow(self, rows: Any, value: Any, _reader: Reader) -> Any:
        return rows.alias(custom_words=_text_of(self.name)).filter(custom_words__icontains=value)


class _TruthFilter(ChoiceFilter):
    def _narrow(self, rows: Any, value: Any, _reader: Reader) -> Any:
        asked = {"yes": "true", "no": "false"}
        return rows.alias(custom_truth=_text_of(self.name)).filter(custom_truth__in=[asked[one] for one in value])


class _NumberFilter(AmountFilter):
    def _narrow(self, rows: Any, value: Any, reader: Reader) -> Any:
        bounds = {"gte": value.low, "lte": value.high}
        found = rows.alias(custom_number=Cast(_text_of(self.name), _DIGITS))
        return found.filter(**{f"custom_number__{name}": one for name, one in bounds.items() if one is not None})


class _DateFilter(DayFilter):
    def _narrow(self, rows: Any, value: Any, reader: Reader) -> Any:
        found = rows.alias(custom_day=_text_of(self.name))
        if value.is_none:
            return found.filter(custom_day__isnull=True)
        bounds = {"gte": value.start, "lt": value.end}
        return found.filter(**{f"custom_day__{name}": day.isoformat() for name, day in bounds.items() if day})


@dataclass(frozen=True)
class _AmongFilter(ChoiceFilter):
    kind: str = ""

    def _narrow(self, rows: Any, value: Sequence[str], _reader: Reader) -> Any:
        found = rows.alias(custom_choice=_text_of(self.name))
        if self.kind == Kind.CHOICE:
            return found.filter(custom_choice__in=value)
        narrowed = found.none()
        for key in value:  # kept as a list: each key stands in quotation marks
            narrowed |= found.filter(custom_choice__contains=f'"{key}"')
        return narrowed
