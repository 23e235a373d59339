"""Putting values into a record: only its own fields, checked by them, with what changed as the answer."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from openpsm.core.errors import InvalidInput

Changed = dict[str, list[Any]]


def assign(record: Model, values: Mapping[str, Any], *, allowed: Collection[str]) -> Changed:
    """Set the values (foreign keys as `<name>_id`) and return `{name: [old, new]}` of those that differ.

    Texts are stripped. Raises InvalidInput for a name outside `allowed` and for what a field does not accept; whether
    a foreign key leads to something the user may choose is the caller's to check.
    """
    strangers = {name: _("There is no such field.") for name in values if name not in allowed}
    if strangers:
        raise InvalidInput(strangers)
    before = {name: getattr(record, name) for name in values}
    for name, value in values.items():
        setattr(record, name, value.strip() if isinstance(value, str) else value)
    _check(record, set(values))
    return {name: [old, getattr(record, name)] for name, old in before.items() if old != getattr(record, name)}


def _check(record: Model, names: Collection[str]) -> None:
    untouched = {
        field.name for field in record._meta.concrete_fields if field.name not in names or isinstance(field, ForeignKey)
    }
    try:
        record.clean_fields(exclude=untouched)
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from None


def open_part(changed: Changed, *, personal: Collection[str]) -> dict[str, Any]:
    """Return what an event may say openly: old and new of the open fields, and only the names of the personal ones."""
    shown = {name: change for name, change in changed.items() if name not in personal}
    hidden = sorted(name for name in changed if name in personal)
    return {"changed": shown} | ({"personal": hidden} if hidden else {})


def sealed_part(changed: Changed, *, personal: Collection[str]) -> dict[str, Any]:
    """Return old and new of the personal fields, for sealing."""
    return {name: change for name, change in changed.items() if name in personal}
