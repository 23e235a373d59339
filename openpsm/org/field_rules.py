"""Who may read which field. Every field of every model has a class, declared beside the model in `fields.py`.

A field that somebody may not read can be neither shown, filtered, sorted, searched, summed, exported nor found in
history. One that opens row by row is never filterable or sortable. Rule: docs/business-rules.md#field-classes
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.translation import gettext as _

from openpsm.core.errors import NotAllowed
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission


class FieldClass(StrEnum):
    """How far a field's value may go. INTERNAL ones are the program's own and are never shown or asked for."""

    OPEN = "open"
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105  # the name of a class of fields, not a password
    INTERNAL = "internal"


#: Answers in which of the rows the personal fields of a model are open to the user: the `anchor` values that are.
Scope = Callable[[User, Collection[Any]], set[Any]]


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Class of one field; `permission` opens it, in rows where the model's scope agrees if `is_by_row`."""

    model: str
    field: str
    cls: FieldClass
    permission: Permission | None = None
    is_by_row: bool = False


_rules: dict[str, dict[str, FieldRule]] = {}
_scopes: dict[str, tuple[str, Scope]] = {}


def classify(
    model: str,
    *,
    open: str = "",  # noqa: A002  # the name of the class
    internal: str = "",
    personal: Mapping[str, Permission] | None = None,
    confidential: Mapping[str, Permission] | None = None,
    secret: Mapping[str, Permission] | None = None,
    anchor: str = "",
    scope: Scope | None = None,
) -> None:
    """Declare the class of each field of a model (`app.Model`); names separated by blanks.

    With `scope` the guarded fields open row by row: it receives the values of the attribute `anchor` of some rows and
    returns those in which the fields are open (a fixed number of queries for any number of rows).
    """
    label = model.lower()
    guarded = {FieldClass.PERSONAL: personal, FieldClass.CONFIDENTIAL: confidential, FieldClass.SECRET: secret}
    rules = [FieldRule(label, name, FieldClass.OPEN) for name in open.split()]
    rules += [FieldRule(label, name, FieldClass.INTERNAL) for name in internal.split()]
    for cls, fields in guarded.items():
        rules += [FieldRule(label, name, cls, one, scope is not None) for name, one in (fields or {}).items()]
    known = _rules.setdefault(label, {})
    for rule in rules:
        if known.setdefault(rule.field, rule) != rule:
            raise ValueError(f"{label}.{rule.field} is classified twice")
    if scope is not None:
        _scopes[label] = (anchor, scope)


def rule_of(model: type[Model] | str, field: str) -> FieldRule | None:
    """Return the rule of a field, by name or column name; None where nobody declared one."""
    return _rules.get(_label(model), {}).get(_name(model, field))


def unclassified() -> list[str]:
    """Return "app.model.field" of every field of ours without a class: a defect of its package."""
    return sorted(
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("openpsm.")
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
        if field.name not in _rules.get(model._meta.label_lower, {})
    )


def misnamed() -> list[str]:
    """Return "app.model.field" of every rule about a field that does not exist."""
    return sorted(
        f"{label}.{name}"
        for label, rules in _rules.items()
        for name in rules
        if name not in {field.name for field in apps.get_model(label)._meta.get_fields()}
    )


def readable_fields(user: User, model: type[Model] | str) -> set[str]:
    """Return the fields that the user may read in some row at least; `hidden_on` says which are closed in one row.

    Beside the user's reach it takes no query.
    """
    return {rule.field for rule in _rules.get(_label(model), {}).values() if _is_held(user, rule)}


def may_filter(user: User, model: type[Model] | str, field: str) -> bool:
    """Whether the user may filter, sort, group or sum by a field: never by one that opens row by row."""
    rule = rule_of(model, field)
    return rule is not None and not rule.is_by_row and _is_held(user, rule)


def hidden_on(user: User, record: Model) -> set[str]:
    """Return the fields of this record that the user may not read (at most the scope's queries)."""
    return hidden_many(user, [record])[record.pk]


def hidden_many(user: User, records: Sequence[Model]) -> dict[Any, set[str]]:
    """Return by primary key what the user may not read in each record of one model (the scope's queries, once)."""
    if not records:
        return {}
    label = records[0]._meta.label_lower
    rules = _rules.get(label, {}).values()
    closed = {rule.field for rule in rules if not _is_held(user, rule)}
    by_row = {rule.field for rule in rules if rule.is_by_row} - closed
    anchor = _scopes[label][0] if by_row else "pk"
    inside = opened(user, label, [getattr(record, anchor) for record in records]) if by_row else set()
    return {one.pk: closed if getattr(one, anchor) in inside else closed | by_row for one in records}


def opened(user: User, model: type[Model] | str, anchors: Iterable[Any]) -> set[Any]:
    """Return those of the anchors in whose rows the guarded fields of the model are open to the user."""
    _anchor, scope = _scopes[_label(model)]
    wanted = set(anchors)
    return scope(user, wanted) if wanted and user.is_active else set()


def require_open(user: User, record: Model, fields: Iterable[str]) -> None:
    """Raise NotAllowed if one of the fields is hidden from the user: what one cannot read one cannot overwrite."""
    if hidden_on(user, record) & set(fields):
        raise NotAllowed(_("You may not change a field that is not shown to you."))


def _is_held(user: User, rule: FieldRule) -> bool:
    if rule.cls == FieldClass.INTERNAL or not user.is_active:
        return False
    return rule.permission is None or access.reach(user).holds_anywhere(rule.permission)


def _label(model: type[Model] | str) -> str:
    return model.lower() if isinstance(model, str) else model._meta.label_lower


def _name(model: type[Model] | str, field: str) -> str:
    kind = apps.get_model(model) if isinstance(model, str) else model
    try:
        return str(kind._meta.get_field(field).name)
    except FieldDoesNotExist:
        return next((one.name for one in kind._meta.concrete_fields if one.attname == field), field)
