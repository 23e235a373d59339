"""What the demo company consists of: every event of its loading carries a mark where others name their request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from openpsm.core.models import Event

MARK = "demo-company"


@contextmanager
def marked() -> Iterator[None]:
    """Mark the events recorded within as those of the demo company."""
    with structlog.contextvars.bound_contextvars(request_id=MARK):
        yield


def is_marked() -> bool:
    """Whether a demo company was loaded into this installation, be it gone again (1 query)."""
    return Event.objects.filter(request_id=MARK).exists()


def subjects() -> dict[str, set[int]]:
    """Return the ids of all records that the loading made or touched, by the label of their model (1 query)."""
    found: dict[str, set[int]] = {}
    rows = Event.objects.filter(request_id=MARK).values_list("subject_type", "subject_id").distinct()
    for label, pk in rows:
        found.setdefault(label, set()).add(pk)
    return found
