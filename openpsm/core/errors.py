"""What an operation may refuse with: a `DomainError` is anticipated and its message may be shown to the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Message = str | Promise


class DomainError(Exception):
    """An anticipated refusal. `code` is for programs, the message for people; `details` goes to the API with it."""

    code = "rule"

    def __init__(self, message: Message, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details: dict[str, Any] = details

    def __str__(self) -> str:
        return str(self.message)  # translated here, in the language of the reader, not of the raiser


class NotAllowed(DomainError):
    """The user sees the record and lacks the right to do this to it."""

    code = "not-allowed"

    def __init__(self, message: Message | None = None, **details: Any) -> None:
        super().__init__(message or _("You are not allowed to do this."), **details)


class Stale(DomainError):
    """Somebody else was faster: `details` holds the version `seen` by the caller and the `current` one."""

    code = "stale"

    def __init__(self, *, seen: int, current: int, message: Message | None = None) -> None:
        text = message or _("Somebody else has changed this in the meantime. Reload it and try again.")
        super().__init__(text, seen=seen, current=current)


class InvalidInput(DomainError):
    """The input has the wrong shape; `errors` holds the messages by field, "" standing for the whole."""

    code = "invalid"

    def __init__(self, errors: Mapping[str, Message | Sequence[Message]]) -> None:
        super().__init__(_("The input is not valid."))
        self._errors = {field: _as_list(messages) for field, messages in errors.items()}

    @property
    def errors(self) -> dict[str, list[str]]:
        return {field: [str(message) for message in messages] for field, messages in self._errors.items()}

    def __str__(self) -> str:
        return "; ".join(message for messages in self.errors.values() for message in messages) or str(self.message)


class TooMany(DomainError):
    """The caller does this too often; `retry_after` says in how many whole seconds it may try again."""

    code = "too-many"

    def __init__(self, *, retry_after: int, message: Message | None = None) -> None:
        super().__init__(message or _("Too many tries. Please wait a moment."), retry_after=retry_after)
        self.retry_after = retry_after


def _as_list(messages: Message | Sequence[Message]) -> list[Message]:
    return [messages] if isinstance(messages, str | Promise) else list(messages)
