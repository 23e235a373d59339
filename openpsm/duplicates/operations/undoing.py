"""Taking a merge back: every row that it wrote is as it was, what came later stays with the kept account.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import F, Model
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountMark, AccountMember, Contact
from openpsm.accounts.operations import keys
from openpsm.core import events
from openpsm.core.locks import lock_rows
from openpsm.core.versions import Versioned, bump, require_version
from openpsm.duplicates import journal, queries
from openpsm.duplicates.models import Merge, MergedRow
from openpsm.duplicates.operations.merging import MergeRefused, guarded, is_in_pool
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import lock


def undo_merge(*, merge_id: int, by: User, at: datetime, version: int | None = None) -> Account:
    """Part what became one; returns the account that is back.

    A field or row that somebody has changed since keeps the later value. Raises DoesNotExist, NotAllowed, Stale,
    MergeRefused (codes `undone`, `too-late`, `kept-gone`, `name-taken`, `busy`).
    """
    require(by, Permission.ACCOUNT_MERGE)
    with transaction.atomic(), events.together(), guarded():
        merge, kept, gone = _locked(merge_id, by)
        require_version(merge, version)
        _refuse(merge, kept, gone, at)
        rows = list(merge.rows.order_by("model", "row"))
        _lock_all(rows)
        _take_away([row for row in rows if row.was is None])
        _put_back([row for row in rows if row.was is not None and row.became is not None], at)
        _bring_back([row for row in rows if row.became is None])
        back = _finish(merge, kept.pk, gone.pk, by, at)
        data: dict[str, Any] = {"gone": gone.pk, "name": back.name}
        events.record("account.merge_undone", subject=kept, root=gone, by=by, at=at, **data)
    return back


def _locked(merge_id: int, by: User) -> tuple[Merge, Account, Account]:
    found: Merge = Merge.objects.get(pk=merge_id)
    lock()
    lock_rows(Account, [found.kept_id, found.gone_id])
    lock_rows(Merge, [merge_id])
    merge: Merge = Merge.objects.get(pk=merge_id)
    accounts = Account.objects.select_related("department").in_bulk([merge.kept_id, merge.gone_id])
    kept, gone = accounts[merge.kept_id], accounts[merge.gone_id]
    if kept.deleted_at is None and not Account.objects.visible_to(by).filter(pk=kept.pk).exists():
        raise Merge.DoesNotExist
    require(by, Permission.ACCOUNT_MERGE, on=kept)
    if not is_in_pool(gone):
        require(by, Permission.ACCOUNT_MERGE, on=gone)
    return merge, kept, gone


def _refuse(merge: Merge, kept: Account, gone: Account, at: datetime) -> None:
    if merge.undone_at is not None:
        raise MergeRefused(_("This merge was taken back already."), code="undone")
    if at > queries.undo_until(merge):
        raise MergeRefused(_("This merge is too old to be taken back."), code="too-late")
    if kept.merged_into_id is not None:
        text = _("“%(name)s” was merged with another account itself. Take that merge back first.")
        raise MergeRefused(text % {"name": kept.name}, code="kept-gone")
    if kept.deleted_at is not None:
        text = _("“%(name)s” was deleted. Bring it back from the recycle bin first.")
        raise MergeRefused(text % {"name": kept.name}, code="kept-gone")
    if _is_claimed(merge):
        text = _("“%(name)s” was registered anew meanwhile.")
        raise MergeRefused(text % {"name": gone.name}, code="name-taken")


def _is_claimed(merge: Merge) -> bool:
    """Whether a live claim would come back whose key another record has taken since (2 queries)."""
    label = Registration._meta.label_lower
    own = {row.row: row for row in merge.rows.filter(model=label)}
    back = [pk for pk, row in own.items() if (row.was or {}).get("status") == Registration.Status.LIVE]
    for claim in Registration.objects.filter(pk__in=back):
        key = (own[claim.pk].was or {}).get("strict_key", claim.strict_key)
        taken = Registration.objects.filter(kind=claim.kind, strict_key=key, status=Registration.Status.LIVE)
        if taken.exclude(pk__in=own).exists():
            return True
    return False


def _model(row: MergedRow) -> type[Model]:
    return apps.get_model(row.model)


def _by_model(rows: Iterable[MergedRow]) -> dict[str, list[MergedRow]]:
    found: dict[str, list[MergedRow]] = defaultdict(list)
    for row in rows:
        found[row.model].append(row)
    return found


def _lock_all(rows: Iterable[MergedRow]) -> None:
    for found in _by_model(rows).values():
        if issubclass(_model(found[0]), Versioned):
            lock_rows(_model(found[0]), [row.row for row in found])


def _take_away(rows: Iterable[MergedRow]) -> None:
    for found in _by_model(rows).values():
        _model(found[0])._base_manager.filter(pk__in=[row.row for row in found]).delete()


def _put_back(rows: list[MergedRow], at: datetime) -> None:
    """Write the former values of what nobody has changed since, many rows of equal changes at a time.

    What stays at the kept account goes first: a claim that gets its name back must have left the other's.
    """
    now = journal.reread((row.model, row.row) for row in rows)
    same: dict[tuple[bool, str, str], list[int]] = defaultdict(list)
    for row in rows:
        current = now.get((row.model, row.row))
        changes = _changes(row, current) if current else {}
        if changes:
            moves = bool(journal.columns_of(row.model) & changes.keys())
            same[moves, row.model, json.dumps(changes, sort_keys=True)].append(row.row)
    for (_moves, label, text), pks in sorted(same.items()):
        model = apps.get_model(label)
        values = journal.values_for(model, json.loads(text))
        if issubclass(model, Versioned):
            values |= {"version": F("version") + 1, "updated_at": at}
        model._base_manager.filter(pk__in=pks).update(**values)


def _changes(row: MergedRow, current: journal.Row) -> journal.Row:
    """Return the columns to write back: none of a row that was moved elsewhere since, or that changed otherwise."""
    was, became = row.was or {}, row.became or {}
    kept = {name: value for name, value in was.items() if current.get(name) == became.get(name)}
    moved = journal.columns_of(row.model) & was.keys()
    return {} if row.model != journal.ACCOUNT and moved - kept.keys() else kept


def _bring_back(rows: Iterable[MergedRow]) -> None:
    """Insert again what was taken away because the kept account had the like."""
    for found in _by_model(rows).values():
        model = _model(found[0])
        whole = [row.was for row in found if row.was]
        twins = [row["id"] for row in journal.unique_twins(model, whole)]
        fresh = [model(**journal.values_for(model, row)) for row in whole if row["id"] not in twins]
        model._base_manager.bulk_create(fresh)


def _finish(merge: Merge, kept_id: int, gone_id: int, by: User, at: datetime) -> Account:
    accounts = Account.objects.select_related("owner").in_bulk([kept_id, gone_id])
    back: Account = accounts[gone_id]
    _seat_owner(back)
    contacts = Contact.objects.filter(account=back)
    AccountMark.objects.filter(contact__in=contacts.values("pk")).update(account=back)
    for account in (accounts[kept_id], back):
        keys.rewrite(account)
        account.save()
    merge.undone_at, merge.undone_by = at, by
    merge.save(update_fields=["undone_at", "undone_by", *bump(merge, at=at)])
    return back


def _seat_owner(account: Account) -> None:
    """An account whose owner has left since waits to be distributed; any other owner sits on its team."""
    if account.owner is not None and not account.owner.is_active:
        account.owner, account.is_unassigned = None, True
        AccountMember.objects.filter(account=account, is_owner=True).delete()
    elif account.owner is not None:
        AccountMember.objects.update_or_create(account=account, user=account.owner, defaults={"is_owner": True})
