"""How a long step says how far it is: to a job's progress bar, to a terminal, or to nobody."""

from __future__ import annotations

from collections.abc import Callable

from openpsm.core.jobs import outcomes

#: Called between transactions with the rows done and their number, 0 while that is not known yet.
Tell = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def to_job(done: int, total: int) -> None:
    """Show it on the job that is running."""
    outcomes.progress(done, total)
