"""Looking for accounts that are alike: over the whole base, over what changed lately, or for one account.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from openpsm.accounts.models import Account, AccountName
from openpsm.core.text import fold
from openpsm.duplicates import rules
from openpsm.duplicates.models import DuplicatePair, PairState
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.matching.among import Alike, pairs_among
from openpsm.registrations.rules import HitClass

#: So many accounts are compared at a time: memory does not grow with the base.
BATCH = 200
Tell = Callable[[int, int], None]
Key = tuple[int, int]


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def search_accounts(
    *, rows: QuerySet[Account] | None = None, by: User | None, at: datetime, tell: Tell = _silent
) -> int:
    """Compare live accounts (all of them, or these) with the whole base and keep the pairs; returns how many are open.

    Written in short transactions, a batch each; a second run changes nothing. An open pair that is no longer alike
    goes; one that was put aside comes back only when a name or credit code of the two has changed. `by` None is the
    program itself. Raises NotAllowed.
    """
    if by is not None:
        require(by, Permission.ACCOUNT_MERGE)
    found = Account.objects.live() if rows is None else rows
    total, done, opened = found.count(), 0, 0
    for batch in _batches(found):
        opened += _keep(batch, at)
        done += len(batch)
        tell(done, max(total, done))
    return opened


def request_search(*, by: User) -> None:
    """Ask a worker to compare all accounts. Raises NotAllowed."""
    from openpsm.duplicates.jobs import search_base  # it calls what stands here

    require(by, Permission.ACCOUNT_MERGE)
    search_base.enqueue(user_id=by.pk)


def find_alike(*, account_id: int, by: User, at: datetime) -> int:
    """Look for accounts like this one, which the caller sees; returns how many pairs are open."""
    require(by, Permission.ACCOUNT_MERGE)
    account = Account.objects.visible_to(by).get(pk=account_id)
    return _keep([account], at)


def _batches(rows: QuerySet[Account]) -> Iterator[list[Account]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _keep(batch: Sequence[Account], at: datetime) -> int:
    found = {(one.one.pk, one.other.pk): one for one in pairs_among(batch) if _is_worth(one)}
    keys = _names_keys(found.values())
    ids = [one.pk for one in batch]
    with transaction.atomic():
        known = {
            (pair.one_id, pair.other_id): pair
            for pair in DuplicatePair.objects.filter(Q(one__in=ids) | Q(other__in=ids)).select_for_update(no_key=True)
        }
        fresh = [_new(pair, keys[key], at) for key, pair in found.items() if key not in known]
        DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True)
        again = {key: pair for key, pair in known.items() if key in found}
        changed = [pair for key, pair in again.items() if _judge_again(pair, found[key], keys[key], at)]
        names = ["cls", "score", "reasons", "names_key", "state", "version", "updated_at"]
        DuplicatePair.objects.bulk_update(changed, names)
        over = [pair.pk for key, pair in known.items() if key not in found and pair.state == PairState.OPEN]
        DuplicatePair.objects.filter(pk__in=over).delete()
    return len(fresh) + len([pair for pair in again.values() if pair.state == PairState.OPEN])


def _is_worth(pair: Alike) -> bool:
    """Two legal persons are no pair, unless as parent and branch; nor is a family whose links are there already."""
    one, other = pair.one, pair.other
    if pair.likeness.cls != HitClass.RELATED:
        return not rules.are_two_legal_persons(one.uscc, other.uscc)
    is_linked = one.parent_id == other.pk or other.parent_id == one.pk
    return not is_linked and (one.parent_id is None or one.parent_id != other.parent_id)


def _new(pair: Alike, names_key: str, at: datetime) -> DuplicatePair:
    likeness = pair.likeness
    return DuplicatePair(
        one=pair.one,
        other=pair.other,
        cls=likeness.cls.value,
        score=likeness.score,
        reasons=list(likeness.reasons),
        names_key=names_key,
        created_at=at,
        updated_at=at,
    )


def _judge_again(pair: DuplicatePair, found: Alike, names_key: str, at: datetime) -> bool:
    """Bring a known pair up to date; returns whether there is anything to write."""
    likeness = found.likeness
    judged = (likeness.cls.value, likeness.score, list(likeness.reasons), names_key)
    if (pair.cls, pair.score, pair.reasons, pair.names_key) == judged:
        return False
    if pair.state != PairState.OPEN and pair.names_key == names_key:
        return False  # decided, and nobody is called otherwise since
    pair.cls, pair.score, pair.reasons, pair.names_key = judged
    pair.state = PairState.OPEN
    pair.version, pair.updated_at = pair.version + 1, at
    return True


def _names_keys(pairs: Collection[Alike]) -> dict[Key, str]:
    """Return by pair what stands for all names and codes of the two accounts (1 query)."""
    found = list(pairs)
    accounts = {account.pk: account for pair in found for account in (pair.one, pair.other)}
    called = {pk: [fold(one.name), fold(one.short_name)] for pk, one in accounts.items()}
    for pk, key in AccountName.objects.filter(account__in=accounts).values_list("account_id", "strict_key"):
        called[pk].append(key)
    texts = {pk: f"{sorted(called[pk])}{one.uscc}" for pk, one in accounts.items()}
    return {
        (pair.one.pk, pair.other.pk): hashlib.sha256(
            f"{texts[pair.one.pk]}\n{texts[pair.other.pk]}".encode()
        ).hexdigest()
        for pair in found
    }
