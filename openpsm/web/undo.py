"""A message with a button that takes the step back: it posts to the page that does the reverse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.urls import reverse

_MARK = "undo:"


@dataclass(frozen=True)
class Undo:
    """Where the button posts to, and with which fields."""

    url: str
    fields: dict[str, str]


def say_undoable(request: HttpRequest, text: Any, name: str, *args: Any, **fields: Any) -> None:
    """Say what was done, with a button that posts the fields to the page of this name."""
    kept = json.dumps([reverse(f"web:{name}", args=args), {key: str(value) for key, value in fields.items()}])
    messages.success(request, text, extra_tags=_MARK + kept)


def undo_of(message: Message) -> Undo | None:
    """Return the button of a message, None for one without."""
    if not (message.extra_tags or "").startswith(_MARK):
        return None
    url, fields = json.loads(str(message.extra_tags)[len(_MARK) :])
    return Undo(url, fields)
