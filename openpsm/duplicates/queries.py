"""Reads around pairs and merges: what would move, whose value would win, what forbids it, where an old address leads.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.duplicates import journal, rules
from openpsm.duplicates.models import Merge
from openpsm.duplicates.parameters import UNDO_DAYS
from openpsm.duplicates.rules import Side
from openpsm.org.models import User
from openpsm.registrations.models import Arbitration

#: Kinds of rows that say nothing to people who look at a preview.
SILENT = frozenset({"duplicates.duplicatepair", "org.follow"})
MOST_LEVELS = 20


@dataclass(frozen=True)
class FieldChoice:
    """One field of two accounts: both values, whose wins by default, and whether there is anything to choose."""

    name: str
    kept: Any
    gone: Any
    side: Side
    differs: bool


@dataclass(frozen=True)
class Preview:
    """What a merge would do: fields to choose, rows that move by kind, and what forbids it (code and words)."""

    kept: Account
    gone: Account
    fields: list[FieldChoice]
    counts: dict[str, int]
    obstacles: list[tuple[str, str]]


def preview(kept: Account, gone: Account) -> Preview:
    """Return what merging would do; a query for each kind of row, and those of the companies above."""
    mine, theirs = values_of(kept), values_of(gone)
    return Preview(kept, gone, _choices(mine, theirs), counts(gone), obstacles(kept, gone))


def _choices(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[FieldChoice]:
    found = []
    for name, side in rules.winners(mine, theirs, {}).items():
        one, other = rules.value_of(mine, name), rules.value_of(theirs, name)
        found.append(FieldChoice(name, one, other, side, one != other and not (not one and not other)))
    return found


def values_of(account: Account) -> dict[str, Any]:
    """Return the fields of which one value must win."""
    return {name: getattr(account, name) for name in (*rules.CHOSEN, "custom")}


def counts(account: Account) -> dict[str, int]:
    """Return how many rows refer to the account, by the name of their link (1 query a link)."""
    found: dict[str, int] = {}
    for link in journal.movable():
        if link.model not in SILENT:
            rows = journal.model_of(link)._base_manager.filter(journal.condition(link, account.pk))
            found[f"{link.model}.{link.field}"] = rows.count()
    return {name: number for name, number in found.items() if number}


def labels() -> dict[str, str]:
    """Return the names of the links in the reader's language."""
    return {f"{link.model}.{link.field}": str(link.label) for link in journal.movable()}


def obstacles(kept: Account, gone: Account) -> list[tuple[str, str]]:
    """Return codes and words of what forbids to make these two one (a query for each company above the kept one)."""
    found = []
    if rules.are_two_legal_persons(kept.uscc, gone.uscc):
        text = _("Both have a valid credit code, and they differ: these are two legal persons.")
        found.append(("two-legal-persons", text))
    if kept.parent_id != gone.pk and _is_below(kept, gone.pk):
        text = _("One stands above the other through a third company. Put the parent companies right first.")
        found.append(("parent-circle", text))
    if _are_both_in_arbitration(kept, gone):
        text = _("Both wait for a decision between two claims. Decide on one of them first.")
        found.append(("open-arbitration", text))
    return found


def _are_both_in_arbitration(kept: Account, gone: Account) -> bool:
    """One customer has one question at a time, and a question that was dropped would not come back (1 query)."""
    waiting = Arbitration.objects.filter(ended_at=None, project=None, account__in=[kept, gone])
    return waiting.values("account").distinct().count() == 2


def parent_after(kept: Account, gone: Account, parent_id: int | None) -> int | None:
    """Return the parent that the kept account may have: not itself, nothing below it, and not what vanishes."""
    if parent_id in (None, kept.pk, gone.pk):
        return None
    parent = Account.objects.filter(pk=parent_id).first()
    return None if parent is None or _is_below(parent, kept.pk) else parent_id


def _is_below(account: Account, above_id: int) -> bool:
    """Whether the second one is a parent company of the first, however far up."""
    parent_id = account.parent_id
    for _level in range(MOST_LEVELS):
        if parent_id is None or parent_id == above_id:
            return parent_id is not None
        parent_id = Account.objects.filter(pk=parent_id).values_list("parent_id", flat=True).first()
    return False


def kept_for(pk: int, user: User) -> int | None:
    """Return the visible account of which this one has become part, None where there is none (1 query)."""
    into = Account.objects.filter(pk=pk, merged_into__isnull=False).values("merged_into")
    found = Account.objects.visible_to(user).filter(pk__in=into).values_list("pk", flat=True)
    return found.first()


def undo_until(merge: Merge) -> datetime:
    """Return the instant up to which a merge can be taken back."""
    return merge.created_at + timedelta(days=parameters.value(UNDO_DAYS))


def merged_ids(account: Account) -> list[int]:
    """Return the accounts that have become part of this one (1 query)."""
    return list(Account.objects.filter(Q(merged_into=account)).values_list("pk", flat=True))
