"""Cells that are changed where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission


@dataclass(frozen=True)
class Editor:
    """How a cell is changed: its input, and the one operation that saves it.

    `save` is given the record's id, the value, the version seen, who, and when.
    """

    input: Callable[[], forms.Field]
    save: Callable[[int, Any, int | None, User, datetime], Any]
    permission: Permission
    path: str

    def is_open_to(self, user: User) -> bool:
        """Whether to offer it at all; the operation asks for the right on the record."""
        return access.reach(user).holds_anywhere(self.permission)
