"""The made-up company in parts that know nothing of each other, so that two processes can load it at once."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from django.db import connection, connections, models

from openpsm.accounts.models import Account, Contact
from openpsm.activities.models import Activity
from openpsm.core import bulk
from openpsm.projects.models import Project

PARTS = 4
WORTH_PARTS = 1000  # accounts; below, one part is as fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many of each."""

    accounts: int = 20_000
    contacts: int = 40_000
    projects: int = 100_000
    activities: int = 200_000
    users: int = 100
    departments: int = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the accounts with all that hangs on them, and the ids set aside for it."""

    number: int
    of: int
    sizes: Sizes
    ids: dict[type[models.Model], Iterator[int]]


def parts(sizes: Sizes) -> list[Part]:
    """Divide the company; the parts depend on the sizes alone, so that the same seed makes the same company."""
    of = PARTS if sizes.accounts >= WORTH_PARTS else 1
    totals = {Account: sizes.accounts, Contact: sizes.contacts, Project: sizes.projects, Activity: sizes.activities}
    first = {model: next(bulk.ids(model)) for model in totals}
    found = []
    for number in range(of):
        starts = {model: total * number // of for model, total in totals.items()}
        shares = [total * (number + 1) // of - starts[model] for model, total in totals.items()]
        names = zip(("accounts", "contacts", "projects", "activities"), shares, strict=True)
        ids: dict[type[models.Model], Iterator[int]] = {model: count(first[model] + starts[model]) for model in totals}
        found.append(Part(number, of, Sizes(**dict(names)), ids))
    return found


def load_all(found: Sequence[Part], load: Callable[[Part], None]) -> None:
    """Load the parts, on PostgreSQL in as many processes as there are processors.

    In turn on SQLite, which lets one write at a time, and in a transaction of the caller, which nobody else sees into.
    """
    processes = min(len(found), os.cpu_count() or 1)
    if processes == 1 or connection.vendor != "postgresql" or connection.in_atomic_block:
        for part in found:
            load(part)
        return
    connections.close_all()  # the children open their own
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    shares = [found[number::processes] for number in range(processes)]
    children = [fork.Process(target=_load_each, args=(share, load)) for share in shares]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise RuntimeError("A part of the company could not be loaded; see the messages above.")


def _load_each(found: Sequence[Part], load: Callable[[Part], None]) -> None:
    gc.set_threshold(100_000, 50, 50)  # rows come and go by the thousand, and none is part of a ring
    for part in found:
        load(part)
    connections.close_all()
