"""What a merge writes, row by row, so that it can be taken back: every row that a declared link reaches.

The registry of links says where accounts are referred to; the rows are read before and after, and what differs is
kept. So a package that declares how its rows merge needs nothing else to have them come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, UniqueConstraint

from openpsm.accounts.models import Account
from openpsm.core import links
from openpsm.core.links import Link
from openpsm.core.locks import lock_rows
from openpsm.core.versions import Versioned

ACCOUNT = "accounts.account"
#: Columns that only ever go forward.
FORWARD = frozenset({"version", "updated_at"})
#: Columns of accounts that follow from their names and are written anew.
DERIVED = frozenset({"strict_key", "sort_key", "search_text"})
Row = dict[str, Any]
Key = tuple[str, int]
Picture = dict[Key, Row]


@dataclass(frozen=True)
class Written:
    """One row that differs: see `MergedRow`."""

    model: str
    row: int
    was: Row | None
    became: Row | None


def movable() -> list[Link]:
    """The declared references to accounts whose rows move when accounts merge, in the order of their declaration."""
    return [link for link in links.declared(ACCOUNT) if link.merge is not None]


def model_of(link: Link) -> type[Model]:
    """The model whose rows refer to accounts: of many to many that between the two."""
    model, field = apps.get_model(link.model), _field(link)
    return field.remote_field.through if field.many_to_many else model


def _field(link: Link) -> Any:
    return apps.get_model(link.model)._meta.get_field(link.field)


def name_of(link: Link) -> str:
    """The field of `model_of` by which its rows refer to accounts."""
    field = _field(link)
    return field.m2m_reverse_field_name() if field.many_to_many else link.field


def condition(link: Link, account: Any, lookup: str = "") -> Q:
    """Which rows of a link refer to an account: by foreign key, or by kind and number of any record.

    With the lookup `__in`, `account` stands for the numbers of several.
    """
    name = name_of(link)
    if any(one.name == name and one.is_relation for one in model_of(link)._meta.fields):
        return Q(**{f"{name}{lookup}": account})
    kind = f"{link.field.removesuffix('_id')}_type"
    return Q(**{f"{link.field}{lookup}": account, kind: ACCOUNT})


def columns_of(label: str) -> set[str]:
    """The columns of a model by which its rows refer to accounts."""
    found = [link for link in movable() if model_of(link)._meta.label_lower == label]
    return {model_of(link)._meta.get_field(name_of(link)).attname for link in found}  # type: ignore[union-attr]  # concrete fields all


def rows_of(kept: Account, gone: Account, *, is_locking: bool = False) -> Picture:
    """Return every row that a merge of these two may write (1 query a link; with locks 2)."""
    found: Picture = {}
    for link in movable():
        which = condition(link, gone.pk)
        if _touches_kept(link):
            which |= condition(link, kept.pk)
        model = model_of(link)
        if is_locking and issubclass(model, Versioned):
            lock_rows(model, list(model._base_manager.filter(which).values_list("pk", flat=True)))
        found |= _read(model, which)
    return found | _read(Account, Q(pk__in=[kept.pk, gone.pk]))


def _touches_kept(link: Link) -> bool:
    """Whether merging may write rows of the kept account too: where two of them may not be alike."""
    for rule in model_of(link)._meta.constraints:
        if isinstance(rule, UniqueConstraint) and (link.field in rule.fields or rule.expressions):
            return True
    is_between = _field(link).many_to_many  # a pair of the two stands there once
    return is_between or link.model == "registrations.registration"  # its claims follow the name


def _read(model: type[Model], which: Q) -> Picture:
    names = [one.attname for one in model._meta.concrete_fields]
    rows = model._base_manager.filter(which).order_by("pk").values(*names)
    return {(model._meta.label_lower, row[model._meta.pk.attname]): _plain(row) for row in rows}


def _plain(row: Mapping[str, Any]) -> Row:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def reread(keys: Iterable[Key]) -> Picture:
    """Return these rows as they are now (1 query a model); what is no more is left out."""
    wanted: dict[str, list[int]] = {}
    for label, pk in keys:
        wanted.setdefault(label, []).append(pk)
    found: Picture = {}
    for label, pks in wanted.items():
        found |= _read(apps.get_model(label), Q(pk__in=pks))
    return found


def compare(before: Picture, after: Picture) -> list[Written]:
    """Return what differs between two pictures of the rows of one merge."""
    written: list[Written] = []
    for key in before.keys() | after.keys():
        was, became = before.get(key), after.get(key)
        if was is not None and became is not None:
            names = [name for name in was if was[name] != became[name] and not _is_forward(key[0], name)]
            was, became = {name: was[name] for name in names}, {name: became[name] for name in names}
        if was != became:
            written.append(Written(*key, was, became))
    return sorted(written, key=lambda one: (one.model, one.row))


def _is_forward(label: str, name: str) -> bool:
    return name in FORWARD or (label == ACCOUNT and name in DERIVED)


def values_for(model: type[Model], row: Mapping[str, Any]) -> Row:
    """Turn what was kept of a row back into values."""
    fields = {one.attname: one for one in model._meta.concrete_fields}
    return {name: _value(fields[name], value) for name, value in row.items() if name in fields}


def _value(field: Any, value: Any) -> Any:
    return value if value is None or field.is_relation else field.to_python(value)


def unique_twins(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those of the rows beside which the table has one that may not be there twice."""
    rules = [rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint) and not rule.condition]
    names = [[model._meta.get_field(one).attname for one in rule.fields] for rule in rules]  # type: ignore[union-attr]  # concrete fields all
    return [
        row
        for row in rows
        if model._base_manager.filter(pk=row["id"]).exists()
        or any(model._base_manager.filter(**{one: row[one] for one in columns}).exists() for columns in names)
    ]
