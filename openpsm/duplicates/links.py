"""What becomes of pairs and merges, and of rows that name an account without a foreign key, when accounts merge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account
from openpsm.core import links
from openpsm.duplicates.models import DuplicatePair, PairState

ACCOUNT = "accounts.account"


def _rows(name: str) -> Any:
    return apps.get_model(name)._default_manager


def _move_files(*, kept: Account, gone: Account, by: Any, at: datetime) -> int:
    rows = _rows("core.attachment").filter(root_type=ACCOUNT, root_id=gone.pk)
    return int(rows.update(root_id=kept.pk))


def _move_tasks(*, kept: Account, gone: Account, by: Any, at: datetime) -> int:
    """Open and done ones; where a rule has asked the same person the same of both, the second task is dropped."""
    tasks = _rows("org.task")
    fields = ("origin", "owner_id")
    asked = tasks.filter(subject_type=ACCOUNT, subject_id=kept.pk, done_at=None, dropped_at=None).exclude(origin="")
    known = set(asked.values_list(*fields))
    rows = tasks.filter(subject_type=ACCOUNT, subject_id=gone.pk)
    open_rows = rows.filter(done_at=None, dropped_at=None).values_list("pk", *fields)
    double = [pk for pk, *key in open_rows if tuple(key) in known]
    tasks.filter(pk__in=double).update(dropped_at=at)
    return int(rows.update(subject_id=kept.pk))


def _move_followers(*, kept: Account, gone: Account, by: Any, at: datetime) -> int:
    follows = _rows("org.follow").filter(subject_type=ACCOUNT)
    known = list(follows.filter(subject_id=kept.pk).values_list("user_id", flat=True))
    follows.filter(subject_id=gone.pk, user_id__in=known).delete()
    return int(follows.filter(subject_id=gone.pk).update(subject_id=kept.pk))


def _move_redirects(*, kept: Account, gone: Account, by: Any, at: datetime) -> int:
    """What had become part of the vanishing account is part of the kept one: every old address leads there at once."""
    return Account.objects.filter(merged_into=gone).update(merged_into=kept)


def _move_pairs(*, kept: Account, gone: Account, by: Any, at: datetime) -> int:
    """What was said about the vanishing account and a third one holds for the kept one, unless that has its own pair.

    The pair of the two themselves stays, as merged.
    """
    thirds = {_third(row, kept) for row in _pairs_of(kept)}
    moved = 0
    for row in _pairs_of(gone):
        third = _third(row, gone)
        if third == kept.pk:
            continue
        if third in thirds:
            row.delete()
            continue
        row.one_id, row.other_id = sorted((kept.pk, third))
        row.save(update_fields=["one", "other"])
        moved += 1
    return moved


def _pairs_of(account: Account) -> list[DuplicatePair]:
    rows = DuplicatePair.objects.exclude(state=PairState.MERGED)
    return [*rows.filter(one=account).order_by("pk"), *rows.filter(other=account).order_by("pk")]


def _third(row: DuplicatePair, account: Account) -> int:
    return row.other_id if row.one_id == account.pk else row.one_id


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    user, pairs = "org.user", _("pairs that look alike")
    links.declare("core.attachment", "root_id", target=ACCOUNT, label=_("files"), merge=_move_files)
    links.declare("org.task", "subject_id", target=ACCOUNT, label=_("tasks"), merge=_move_tasks)
    links.declare("org.follow", "subject_id", target=ACCOUNT, label=_("followers"), merge=_move_followers)
    links.declare(Account, "merged_into", target=ACCOUNT, label=_("accounts merged before"), merge=_move_redirects)
    links.declare(DuplicatePair, "one", target=ACCOUNT, label=pairs, merge=_move_pairs)
    links.declare(DuplicatePair, "other", target=ACCOUNT, label=pairs, merge=_move_pairs)
    links.declare(DuplicatePair, "decided_by", target=user, label=_("who decided on a pair of accounts"))
    for field in ("kept", "gone"):
        links.declare("duplicates.merge", field, target=ACCOUNT, label=_("merges"))
    links.declare("duplicates.merge", "undone_by", target=user, label=_("who took a merge back"))
