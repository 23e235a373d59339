"""Counting projects: the kept totals move by differences in the transaction of whoever changes a project.

A difference is a row of its own, so that two writers never wait for one another; the rows are added up by a job.
Rule: docs/business-rules.md#totals
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count

from openpsm.projects import rules
from openpsm.projects.models import Project, ProjectTotal
from openpsm.projects.queries import totals
from openpsm.projects.rules import Share

BATCH = 500
#: The columns of a project that its share in the totals follows from.
COUNTED = (
    *("owner_id", "department_id", "stage_id", "outcome", "is_finished", "is_on_hold", "deleted_at"),
    *("amount", "amount_currency", "probability", "is_stalled", "is_indebted", "is_unevaluated", "next_step"),
)
Figures = tuple[Any, ...]


def count_projects(projects: Iterable[Project]) -> None:
    """Add to the totals what has changed since the projects were loaded (1 statement, none where nothing moved).

    Called after they were written, by whatever writes one of the counted columns.
    """
    moved: dict[rules.Key, list[Any]] = defaultdict(lambda: [0] * len(totals.FIGURES))
    for project in projects:
        now = {name: getattr(project, name) for name in COUNTED}
        before = getattr(project, "loaded", None)
        _add(moved, rules.share(before) if before else None, sign=-1)
        _add(moved, rules.share(now), sign=1)
        project.loaded = now
    _write(moved)


def _add(moved: dict[rules.Key, list[Any]], share: Share | None, *, sign: int) -> None:
    if share is not None:
        row = moved[share.key]
        for place, figure in enumerate(share.figures):
            row[place] += sign * figure


def _write(moved: Mapping[rules.Key, Sequence[Any]]) -> None:
    rows = [_row(key, figures) for key, figures in moved.items() if any(figures)]
    if rows:
        ProjectTotal.objects.bulk_create(rows, batch_size=BATCH)


def _row(key: rules.Key, figures: Sequence[Any]) -> ProjectTotal:
    names = dict(zip(totals.KEYS, key, strict=True))
    return ProjectTotal(**names, **dict(zip(totals.FIGURES, figures, strict=True)))


def fold_totals() -> int:
    """Add up the rows of equal owner, department, stage, state and currency; returns how many rows went away.

    Locks the rows it reads: what two of these take at once is added up once. Readers see the same sums throughout.
    """
    with transaction.atomic():
        double = ProjectTotal.objects.order_by().values(*totals.KEYS).annotate(n=Count("pk")).filter(n__gt=1)
        owners = {row["owner"] for row in double}
        rows = ProjectTotal.objects.select_for_update().filter(owner__in=owners).order_by("pk") if owners else ()
        found = list(rows)
        sums: dict[rules.Key, list[Any]] = defaultdict(lambda: [0] * len(totals.FIGURES))
        for row in found:
            share = Share(
                tuple(getattr(row, name) for name in totals.KEYS), tuple(getattr(row, name) for name in totals.FIGURES)
            )
            _add(sums, share, sign=1)
        ProjectTotal.objects.filter(pk__in=[row.pk for row in found]).delete()
        _write(sums)
    return len(found) - sum(1 for figures in sums.values() if any(figures))


def rebuild_totals() -> int:
    """Make the totals equal to the projects and add them up; returns how many sums were wrong.

    The differences come from one statement, which sees projects and totals at the same instant, and are added like
    any other: people go on working meanwhile.
    """
    with transaction.atomic():
        wrong = totals.drift()
        _write(wrong)
    fold_totals()
    return len(wrong)
