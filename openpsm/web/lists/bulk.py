"""Acts on many records at once: declared here, done by `web.lists.doing`."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.operations.bulk import SAME
from openpsm.org.permissions import Permission


@dataclass(frozen=True)
class Action:
    """One thing that can be done with many records of a list.

    `inputs` are the fields of its form; `run` calls the one operation of the domain for one record with their values
    and returns what an undo needs (None where there is nothing to undo, `SAME` where nothing changed). `undo` is given
    that and puts it back by an operation of its own.
    """

    key: str
    label: Any
    permission: Permission | None
    inputs: Callable[[], dict[str, forms.Field]]
    run: Callable[[int, dict[str, Any], User, datetime], Any]
    undo: Callable[[int, Any, User, datetime], Any] | None = None

    def is_open_to(self, user: User) -> bool:
        """Whether to offer it at all; the operation asks for the right on each record."""
        return self.permission is None or access.reach(user).holds_anywhere(self.permission)


Update = Callable[[int, dict[str, Any], User, datetime], Any]


def set_field(
    key: str, label: Any, rows: Callable[[User], Any], update: Update, permission: Permission, field: forms.Field
) -> Action:
    """An action that sets one field by the record's own operation of changing fields; an undo puts the old value back.

    An undo leaves a record alone whose field somebody has changed since.
    """

    def run(pk: int, values: dict[str, Any], by: User, at: datetime) -> Any:
        with transaction.atomic():
            old, column = _now(rows(by), pk, key)
            new = values[key]
            if old == (column.to_python(new) if new is not None else None):
                return SAME
            update(pk, {key: new}, by, at)
            return {"old": _plain(old), "new": _plain(_now(rows(by), pk, key, gone=old)[0])}

    def undo(pk: int, kept: dict[str, Any], by: User, at: datetime) -> Any:
        with transaction.atomic():
            now, column = _now(rows(by), pk, key)
            if _plain(now) != kept["new"]:
                raise DomainError(_("Somebody has changed this since."), code="changed-since")
            old = kept["old"]
            update(pk, {key: old if old is None else column.to_python(old)}, by, at)

    return Action(f"set-{key}", label, permission, lambda: {key: deepcopy(field)}, run, undo)


def _now(rows: Any, pk: int, name: str, gone: Any = None) -> tuple[Any, Any]:
    """The value of a field as it stands, and the field; `gone` where the record is out of sight."""
    found = rows.filter(pk=pk).values_list(name, flat=True)
    column = rows.model._meta.get_field(name)
    return (found.get() if gone is None else next(iter(found), gone)), column


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)
