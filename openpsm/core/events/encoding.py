"""One spelling for event data, whatever database keeps it, so that its hash can be computed again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Any
from uuid import UUID

from django.utils.duration import duration_iso_string
from django.utils.functional import Promise

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def plain(value: Any) -> Any:
    """Turn a value into JSON that both databases give back unchanged.

    Decimals and fractions become strings, dates ISO, sets sorted lists. PostgreSQL cannot store NUL and half
    surrogates in JSON: they become U+FFFD. Records and anything unknown raise TypeError.
    """
    if value is None or isinstance(value, bool) or type(value) is int:
        return value
    if type(value) is str:
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str | Promise | UUID):
        return _UNSTORABLE.sub("\ufffd", str(value))
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, date | time | timedelta):
        return _moment(value)
    return _collection(value)


def _number(value: float | Decimal) -> int | str:
    if isinstance(value, int):
        return int(value)
    if not (isfinite(value) if isinstance(value, float) else value.is_finite()):
        raise ValueError("event data must be finite")
    return format(value, "f") if isinstance(value, Decimal) else repr(value)


def _moment(value: date | time | timedelta) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("event data must not hold naive instants")
    return duration_iso_string(value) if isinstance(value, timedelta) else value.isoformat()


def _collection(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot stand in event data: give its key and the values that matter")


@lru_cache(maxsize=1000)
def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("keys of event data must be strings")
    return str(plain(key))


def canonical(value: Any) -> bytes:
    """Encode plain data: sorted keys, no blanks, ASCII only."""
    return _ENCODER.encode(value).encode("ascii")
