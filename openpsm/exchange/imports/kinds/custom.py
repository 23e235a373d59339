"""Custom fields as columns of a table: whatever an administrator has defined can be brought and taken along."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from openpsm.core import custom
from openpsm.core.models.configuration import CustomField
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds.base import Column, Kind, Values

PREFIX = "custom."
_PARSERS: dict[str, parsers.Parser] = {
    CustomField.Kind.TEXT: parsers.text(),
    CustomField.Kind.NUMBER: parsers.number,
    CustomField.Kind.MONEY: parsers.amount,
    CustomField.Kind.DATE: parsers.day,
    CustomField.Kind.BOOLEAN: parsers.flag,
}


def columns(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of a kind with those of its custom fields (1 query per request)."""
    if not kind.model:
        return kind.columns
    found = custom.definitions(kind.model)
    return (*kind.columns, *(_column(one) for one in found if one.kind in _PARSERS or one.options.get("choices")))


def _column(definition: CustomField) -> Column:
    is_choice = definition.kind in (CustomField.Kind.CHOICE, CustomField.Kind.MULTI_CHOICE)
    read = _choices(definition) if is_choice else _PARSERS[definition.kind]
    zh, en = definition.label_zh or definition.label_en, definition.label_en or definition.label_zh
    return Column(PREFIX + definition.key, zh, en, read, is_required=definition.required)


def _choices(definition: CustomField) -> parsers.Parser:
    names: dict[str, str] = {}
    for one in definition.options.get("choices", ()):
        labels = one.get("label", {})
        texts = labels.values() if isinstance(labels, dict) else (labels,)
        names |= {str(text).casefold(): one["key"] for text in (one["key"], *texts)}
    is_many = definition.kind == CustomField.Kind.MULTI_CHOICE

    def read(cell: str, _factor: int) -> Any:
        parts = [part.strip().casefold() for part in (cell.split(";") if is_many else [cell])]
        if any(part not in names for part in parts):
            raise ValidationError(_("This choice does not exist."))
        return [names[part] for part in parts] if is_many else names[parts[0]]

    return read


def values_of(values: Values) -> dict[str, Any]:
    """Return the custom values by key."""
    return {key.removeprefix(PREFIX): value for key, value in values.items() if key.startswith(PREFIX)}


def shown(kind: Kind, stored: dict[str, Any]) -> dict[str, Any]:
    """Return stored custom values as cells by column key."""
    found = {}
    for definition in custom.definitions(kind.model) if kind.model else ():
        value = stored.get(definition.key)
        if isinstance(value, list):
            value = ";".join(value)
        found[PREFIX + definition.key] = ("TRUE" if value else "FALSE") if isinstance(value, bool) else value
    return found
