"""Handlers: what other packages do after something has happened. They run after the commit and never break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import structlog
from django.db import DatabaseError, transaction

from openpsm.core.models.events import Event

Handler = Callable[[Event], object]
H = TypeVar("H", bound=Handler)

_handlers: dict[str, list[Handler]] = {}
log = structlog.get_logger(__name__)


def on(*names: str) -> Callable[[H], H]:
    """Register a module-level function for events of these names; called in `AppConfig.ready`.

    It runs once after the commit, again by a worker if it fails: so it must not mind running twice.
    """

    def register(handler: H) -> H:
        for name in names:
            known = _handlers.setdefault(name, [])
            if handler not in known:
                known.append(handler)
        return handler

    return register


def path_of(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


def deliver_after_commit(events: Iterable[Event]) -> None:
    for event in events:
        for handler in _handlers.get(event.name, ()):
            transaction.on_commit(partial(_deliver, handler, event))


def _deliver(handler: Handler, event: Event) -> None:
    try:
        handler(event)
    except Exception:  # whatever a handler does wrong, the writer has already succeeded
        log.exception("event_handler_failed", handler=path_of(handler), event_name=event.name, seq=event.seq)
        _leave_to_worker(handler, event)


def _leave_to_worker(handler: Handler, event: Event) -> None:
    from openpsm.core.events.redelivery import redeliver  # tasks load after the models

    try:
        redeliver.enqueue(path_of(handler), event.seq)
    except DatabaseError:
        log.exception("event_handler_lost", handler=path_of(handler), seq=event.seq)
