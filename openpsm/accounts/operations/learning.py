"""Names that a customer turns out to have: learnt where somebody says that two spellings mean one company.

Rule: docs/business-rules.md#other-names
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from openpsm.accounts.models import Account, AccountName
from openpsm.accounts.operations import keys
from openpsm.core import events
from openpsm.core.text import fold, is_placeholder
from openpsm.core.versions import bump
from openpsm.org.models import User

LONGEST = 200


def learn_names(
    account: Account, called: Sequence[tuple[str, str]], *, source: str, by: User, at: datetime
) -> list[AccountName]:
    """Let these names, pairs of kind and name, lead to the account; the caller has locked it and checked the right.

    A name that it has, that says nothing, or that means another live company already is left out; one event each.
    """
    wanted = {fold(name): (kind, name.strip()) for kind, name in reversed(called) if _is_name(name)}
    fresh = wanted.keys() - {account.strict_key, fold(account.short_name)}
    if fresh:
        fresh -= set(account.names.values_list("strict_key", flat=True))
    fresh -= _taken(fresh, account)
    rows = [(key, *wanted[key]) for key in sorted(fresh)]
    learnt = [
        AccountName.objects.create(account=account, name=name, strict_key=key, kind=kind, source=source)
        for key, kind, name in rows
    ]
    if learnt:
        _touch(account, at)
    for one in learnt:
        call: dict[str, Any] = {"name": one.name, "kind": one.kind, "source": source}
        events.record("account.name_added", subject=account, by=by, at=at, **call)
    return learnt


def forget_names(account: Account, ids: Collection[int], *, by: User, at: datetime) -> None:
    """Take names away that were learnt by something which is taken back; lock and right are the caller's."""
    gone = list(account.names.filter(pk__in=ids))
    account.names.filter(pk__in=[one.pk for one in gone]).delete()
    if gone:
        _touch(account, at)
    for one in gone:
        events.record("account.name_removed", subject=account, by=by, at=at, name=one.name, kind=one.kind)


def _is_name(name: str) -> bool:
    return bool(fold(name)) and not is_placeholder(name) and len(name.strip()) <= LONGEST


def _taken(names: Collection[str], account: Account) -> set[str]:
    """Return those that another live company is called or known by (2 queries)."""
    if not names:
        return set()
    live = Account.objects.live().exclude(pk=account.pk)
    taken = set(live.filter(strict_key__in=names).values_list("strict_key", flat=True))
    return taken.union(
        AccountName.objects.filter(strict_key__in=names, account__in=live).values_list("strict_key", flat=True)
    )


def _touch(account: Account, at: datetime) -> None:
    keys.rewrite(account)
    account.save(update_fields=["search_text", "strict_key", "sort_key", *bump(account, at=at)])
