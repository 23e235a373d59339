"""Custom fields: definitions are rows, values one JSON column `custom` of the record, checked inside the operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from openpsm.core import events, memo
from openpsm.core.errors import InvalidInput, Message
from openpsm.core.models.configuration import CustomField
from openpsm.core.money import MoneyField, QuantityField

Kind = CustomField.Kind
_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
LONGEST_TEXT = 5_000


def definitions(model: type[models.Model] | str) -> list[CustomField]:
    """The active custom fields of a record in their order (one query per request for all records)."""
    label = _label(model)
    active = memo.remember("core.custom", lambda: list(CustomField.objects.filter(active=True)))
    return [definition for definition in active if definition.model == label]


def all_definitions(model: type[models.Model] | str) -> list[CustomField]:
    """The custom fields of a record, those no longer active among them (1 query)."""
    return list(CustomField.objects.filter(model=_label(model)).order_by("-active", "position", "pk"))


def clean(
    model: type[models.Model] | str, values: Mapping[str, Any], *, existing: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Check the given values and return what to store in `custom`, as JSON.

    With `existing` (on a change) fields that are not mentioned keep their values, also those of fields no longer
    active. An empty value removes the field. Raises InvalidInput with fields named "custom.<key>".
    """
    known = {definition.key: definition for definition in definitions(model)}
    errors: dict[str, Message] = {f"custom.{key}": _("There is no such field.") for key in values if key not in known}
    cleaned = dict(existing or {})
    for key, definition in known.items():
        try:
            if key in values:
                cleaned[key] = _clean_one(definition, values[key])
        except ValidationError as error:
            errors[f"custom.{key}"] = error.messages[0]
        else:
            if definition.required and cleaned.get(key) is None:
                errors[f"custom.{key}"] = _("This field is required.")
    if errors:
        raise InvalidInput(errors)
    return {key: value for key, value in cleaned.items() if value is not None}


def _clean_one(definition: CustomField, value: Any) -> Any:
    if value is None or value == "" or value == []:
        return None
    return _CLEANERS[definition.kind](value, definition.options)


def _invalid(message: Message) -> ValidationError:
    return ValidationError(str(message), code="invalid")


def _text(value: Any, options: Mapping[str, Any]) -> str | None:
    if not isinstance(value, str) or "\x00" in value:
        raise _invalid(_("This is not a text."))
    if len(value) > int(options.get("max_length", LONGEST_TEXT)):
        raise _invalid(_("This text is too long."))
    return value.strip() or None


def _number(value: Any, options: Mapping[str, Any]) -> str:
    return _in_bounds(QuantityField().to_python(value), options)


def _money(value: Any, options: Mapping[str, Any]) -> str:
    return _in_bounds(MoneyField().to_python(value), options)


def _in_bounds(number: Decimal | None, options: Mapping[str, Any]) -> str:
    low, high = options.get("minimum"), options.get("maximum")
    if number is None or (low is not None and number < Decimal(str(low))):
        raise _invalid(_("This number is too small."))
    if high is not None and number > Decimal(str(high)):
        raise _invalid(_("This number is too large."))
    return str(number)


def _date(value: Any, _options: Mapping[str, Any]) -> str:
    try:
        day = value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _invalid(_("This is not a date.")) from None
    return day.isoformat()


def _choice(value: Any, options: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or value not in _choices(options):
        raise _invalid(_("This choice does not exist."))
    return value


def _multi_choice(value: Any, options: Mapping[str, Any]) -> list[str]:
    chosen = value if isinstance(value, list | tuple) else [value]
    picked = {_choice(one, options) for one in chosen}
    return [key for key in _choices(options) if key in picked]


def _choices(options: Mapping[str, Any]) -> list[str]:
    return [choice["key"] for choice in options.get("choices", ())]


def _boolean(value: Any, _options: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        raise _invalid(_("This is neither yes nor no."))
    return value


_CLEANERS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.MULTI_CHOICE: _multi_choice,
    Kind.BOOLEAN: _boolean,
}


def define_field(
    *,
    model: type[models.Model] | str,
    key: str,
    label_en: str,
    label_zh: str,
    kind: str,
    options: Mapping[str, Any] | None = None,
    required: bool = False,
    position: int = 0,
    by: AbstractBaseUser | None,
    at: datetime,
) -> CustomField:
    """Add a custom field; the caller has checked the right. Raises InvalidInput."""
    definition = CustomField(
        model=_label(model),
        key=key,
        label_en=label_en.strip(),
        label_zh=label_zh.strip(),
        kind=kind,
        options=dict(options or {}),
        required=required,
        position=position,
    )
    _check_definition(definition)
    with transaction.atomic():
        definition.save(force_insert=True)
        event = "custom_field.defined"
        events.record(event, subject=definition, by=by, at=at, model=definition.model, key=key, kind=kind)
    memo.forget("core.custom")
    return definition


def set_active(*, field_id: int, active: bool, by: AbstractBaseUser | None, at: datetime) -> CustomField:
    """Offer a field no longer, or again; values stay where they are. The caller has checked the right."""
    with transaction.atomic():
        definition: CustomField = CustomField.objects.select_for_update(no_key=True).get(pk=field_id)
        definition.active = active
        definition.save(update_fields=["active"])
        name = "custom_field.activated" if active else "custom_field.deactivated"
        events.record(name, subject=definition, by=by, at=at, model=definition.model, key=definition.key)
    memo.forget("core.custom")
    return definition


def _check_definition(definition: CustomField) -> None:
    errors: dict[str, Message] = {}
    if not _KEY.fullmatch(definition.key):
        errors["key"] = _("A key has up to 50 small letters, digits and underscores, and begins with a letter.")
    elif CustomField.objects.filter(model=definition.model, key=definition.key).exists():
        errors["key"] = _("This record already has a field with this key.")
    if not (definition.label_en or definition.label_zh):
        errors["label"] = _("This field is required.")
    if definition.kind not in _CLEANERS:
        errors["kind"] = _("Fields of this kind are not supported yet.")
    elif definition.kind in (Kind.CHOICE, Kind.MULTI_CHOICE) and not _has_choices(definition.options):
        errors["options"] = _("A choice needs at least one option, each with its own key.")
    if errors:
        raise InvalidInput(errors)


def _has_choices(options: Mapping[str, Any]) -> bool:
    choices = options.get("choices")
    if not isinstance(choices, list) or not choices:
        return False
    keys = [choice.get("key") if isinstance(choice, Mapping) else None for choice in choices]
    return all(isinstance(key, str) and key for key in keys) and len(set(keys)) == len(keys)


def _label(model: type[models.Model] | str) -> str:
    return (model if isinstance(model, str) else model._meta.label).lower()
