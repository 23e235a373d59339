"""Answers remembered for the length of one request or one job, and not longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")

_remembered: ContextVar[dict[str, Any] | None] = ContextVar("openpsm_memo", default=None)


@contextmanager
def scope() -> Iterator[None]:
    """Remember answers until the end of the block. Outside of any scope every question is asked anew."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


@contextmanager
def ensured() -> Iterator[None]:
    """Remember within the running scope, or in one of its own until the end of the block: for work over many rows."""
    if _remembered.get() is not None:
        yield
    else:
        with scope():
            yield


def remember(key: str, compute: Callable[[], T]) -> T:
    """Return what was computed under this key in this scope, computing it at the first call."""
    known = _remembered.get()
    if known is None:
        return compute()
    if key not in known:
        known[key] = compute()
    return cast("T", known[key])


def put(key: str, value: object) -> None:
    """Remember what came along with another answer."""
    known = _remembered.get()
    if known is not None:
        known[key] = value


def forget(key: str) -> None:
    """Drop what was remembered, because it has just been changed."""
    known = _remembered.get()
    if known is not None:
        known.pop(key, None)
