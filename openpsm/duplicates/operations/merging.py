"""Making one account of two: everything of the one that vanishes moves, and its names lead to the other.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountGram, AccountMark, AccountMember, AccountName
from openpsm.accounts.operations import accounts as writing
from openpsm.accounts.operations import keys
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.core.text import fold
from openpsm.core.versions import bump, require_version
from openpsm.duplicates import journal, queries, rules
from openpsm.duplicates.models import DuplicatePair, Merge, MergedRow, PairClass, PairState
from openpsm.duplicates.rules import Side
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import lock, strict_key

MOST_TEXT = 200


class MergeRefused(DomainError):
    """These two may not become one, or what became one cannot be parted again; the code says why."""

    code = "merge-refused"


def merge_accounts(
    *,
    kept_id: int,
    gone_id: int,
    values: Mapping[str, Side] | None = None,
    name_kind: str = AccountName.Kind.ALIAS,
    by: User,
    at: datetime,
    version: int | None = None,
    gone_version: int | None = None,
) -> Merge:
    """Make the account `gone_id` part of `kept_id`: contacts, projects and all else that refers to it move.

    `values` says by field (see `rules.fields_of`) whose value wins; by default the kept one's unless it is empty. The
    name that loses becomes another name of kind `name_kind`. Raises DoesNotExist, NotAllowed, Stale, InvalidInput,
    MergeRefused (codes `same-account`, `two-legal-persons`, `parent-circle`, `name-taken`).
    """
    require(by, Permission.ACCOUNT_MERGE)
    with transaction.atomic(), events.together(), guarded():
        kept, gone = locked_pair(kept_id, gone_id, by)
        require_version(kept, version)
        require_version(gone, gone_version)
        refuse(kept, gone)
        before = journal.rows_of(kept, gone, is_locking=True)
        counts = queries.counts(gone)
        called = names_of(kept, gone, name_kind)
        _take_values(kept, gone, _winners(kept, gone, values or {}), at)
        _move(kept, gone, by, at)
        _add_names(kept, called)
        _finish(kept, gone, at)
        pair = _close_pair(kept, gone, by, at)
        merge = _write(kept, gone, counts, before, by, at)
        data: dict[str, Any] = {"gone": gone.pk, "name": gone.name, "moved": len(before), "pair": pair}
        events.record("account.merged", subject=kept, root=gone, by=by, at=at, **data)
    return merge


@contextmanager
def guarded() -> Iterator[None]:
    """Turn what the database refuses, because somebody has just taken a name or a seat, into words."""
    try:
        yield
    except IntegrityError as error:
        raise MergeRefused(
            _("Somebody has changed one of the two meanwhile. Please look again."), code="busy"
        ) from error


def locked_pair(kept_id: int, gone_id: int, by: User) -> tuple[Account, Account]:
    """Return two visible accounts, locked against claims and changes; the caller may merge both."""
    lock()
    lock_rows(Account, [kept_id, gone_id])
    rows = Account.objects.visible_to(by).select_related("department", "owner")
    kept, gone = rows.get(pk=kept_id), rows.get(pk=gone_id)
    if kept_id == gone_id:
        raise MergeRefused(_("These are not two accounts."), code="same-account")
    require(by, Permission.ACCOUNT_MERGE, on=kept)
    if not is_in_pool(gone):
        require(by, Permission.ACCOUNT_MERGE, on=gone)
    return kept, gone


def is_in_pool(account: Account) -> bool:
    return account.owner_id is None and not account.is_unassigned


def refuse(kept: Account, gone: Account) -> None:
    """Raise MergeRefused for the first thing that forbids to merge them."""
    for code, text in queries.obstacles(kept, gone):
        raise MergeRefused(text, code=code)


def _winners(kept: Account, gone: Account, wanted: Mapping[str, Side]) -> dict[str, Side]:
    mine, theirs = queries.values_of(kept), queries.values_of(gone)
    known = rules.fields_of(mine, theirs)
    errors = {name: _("There is no such field.") for name in wanted if name not in known}
    errors |= {name: _("Say “kept” or “gone”.") for name, side in wanted.items() if side not in rules.SIDES}
    if errors:
        raise InvalidInput(errors)
    return rules.winners(mine, theirs, wanted)


def _take_values(kept: Account, gone: Account, winning: Mapping[str, Side], at: datetime) -> None:
    """Write the values of the vanishing account that win; a parent that would stand below the kept one never does."""
    theirs = [name for name, side in winning.items() if side == "gone"]
    owner = gone.owner if "owner_id" in theirs and gone.owner_id != kept.owner_id else None
    before = kept.owner_id
    for name in theirs:
        if name.startswith(rules.CUSTOM):
            key = name.removeprefix(rules.CUSTOM)
            kept.custom = {**kept.custom, key: gone.custom.get(key)}
        elif name == "parent_id":
            kept.parent_id = queries.parent_after(kept, gone, gone.parent_id)
        elif name != "owner_id":
            setattr(kept, name, getattr(gone, name))
    if kept.parent_id == gone.pk:
        kept.parent_id = queries.parent_after(kept, gone, gone.parent_id)
    writing.clean(kept)
    kept.save()
    if owner is not None:
        writing.write_owner(kept, owner, at=at)
        if before is not None:  # who has worked on it goes on working on it
            AccountMember.objects.get_or_create(account=kept, user_id=before)


def _move(kept: Account, gone: Account, by: User, at: datetime) -> None:
    for link in journal.movable():
        if link.merge is not None:
            link.merge(kept=kept, gone=gone, by=by, at=at)


def names_of(kept: Account, gone: Account, kind: str) -> list[tuple[str, str]]:
    """Return, with their kinds, all full and short names of the two as they are before they become one."""
    if kind not in AccountName.Kind.values:
        raise InvalidInput({"name_kind": _("There is no such kind of name.")})
    short = AccountName.Kind.SHORT
    return [(kind, gone.name), (short, gone.short_name), (kind, kept.name), (short, kept.short_name)]


def _add_names(kept: Account, called: Sequence[tuple[str, str]]) -> None:
    """Whatever the two were called leads to the kept one from now on."""
    source = AccountName.Source.MERGE
    known = {fold(kept.name), *AccountName.objects.filter(account=kept).values_list("strict_key", flat=True)}
    for kind, name in called:
        key = fold(name)[:MOST_TEXT]
        if key and key not in known and name != kept.short_name:
            AccountName.objects.create(account=kept, name=name, strict_key=key, kind=kind, source=source)
            known.add(key)


def _finish(kept: Account, gone: Account, at: datetime) -> None:
    """Close the vanished account, and bring search keys, marks and the claim of the kept one up to date."""
    gone.deleted_at, gone.merged_into = at, kept
    gone.save(update_fields=["deleted_at", "merged_into", *bump(gone, at=at)])
    AccountGram.objects.filter(account=gone).delete()
    AccountMark.objects.filter(account=gone).delete()
    keys.rewrite(kept)
    bump(kept, at=at)
    kept.save()
    rename_claims(kept, at)


def rename_claims(account: Account, at: datetime) -> None:
    """Let the live claim on a customer follow its name, so that the unique key guards the present one."""
    rows = Registration.objects.filter(account=account, kind=Registration.Kind.ACCOUNT, status="live")
    for claim in rows.exclude(strict_key=strict_key(account)):
        claim.name, claim.strict_key = account.name, strict_key(account)
        claim.save(update_fields=["name", "strict_key", *bump(claim, at=at)])


def _close_pair(kept: Account, gone: Account, by: User, at: datetime) -> int:
    """Mark the pair as merged; two that no search has found get theirs now, so that the list shows every merge."""
    one, other = sorted((kept.pk, gone.pk))
    known = {"cls": PairClass.SAME, "score": 100, "created_at": at, "created_by": by}
    pair, _new = DuplicatePair.objects.get_or_create(one_id=one, other_id=other, defaults=known)
    pair.state, pair.decided_by, pair.decided_at = PairState.MERGED, by, at
    pair.save(update_fields=["state", "decided_by", "decided_at", *bump(pair, at=at)])
    pk: int = pair.pk
    return pk


def _write(
    kept: Account, gone: Account, counts: dict[str, int], before: journal.Picture, by: User, at: datetime
) -> Merge:
    """Remember what was written; what the pair of the two became is remembered by the pair itself."""
    after = journal.reread(before) | journal.rows_of(kept, gone)
    merge = Merge.objects.create(
        kept=kept, gone=gone, gone_name=gone.name, counts=counts, created_by=by, created_at=at, updated_at=at
    )
    MergedRow.objects.bulk_create(
        (
            MergedRow(merge=merge, model=one.model, row=one.row, was=one.was, became=one.became)
            for one in journal.compare(before, after)
        ),
        batch_size=500,
    )
    return merge
