"""Saying of a pair that it is none, or that the two belong together without being one.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.accounts.operations import update_account
from openpsm.core import events
from openpsm.core.errors import InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.duplicates.models import DuplicatePair, PairState
from openpsm.duplicates.operations.merging import MergeRefused, is_in_pool
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission


def tell_apart(*, pair_id: int, remark: str, by: User, at: datetime, version: int | None = None) -> DuplicatePair:
    """Put a pair aside: these are two companies, and why. It comes back only when one of them is called otherwise.

    Raises DoesNotExist, NotAllowed, Stale, InvalidInput, MergeRefused (code `decided`).
    """
    if is_placeholder(remark):
        raise InvalidInput({"remark": _("Please say how you know that these are two companies.")})
    with transaction.atomic():
        pair = _locked(pair_id, by, version)
        _decide(pair, PairState.DIFFERENT, remark.strip(), by, at)
        data: dict[str, Any] = {"other": pair.other_id, "name": pair.other.name, "reason": pair.remark}
        events.record("account.told_apart", subject=pair.one, root=pair.other, by=by, at=at, **data)
    return pair


def link_pair(*, pair_id: int, parent_id: int, by: User, at: datetime, version: int | None = None) -> DuplicatePair:
    """Make one of the two the parent company of the other, which needs the right to change that one.

    Raises what `tell_apart` does, and InvalidInput for a circle.
    """
    with transaction.atomic():
        pair = _locked(pair_id, by, version)
        if parent_id not in (pair.one_id, pair.other_id):
            raise InvalidInput({"parent_id": _("Choose one of the two.")})
        child_id = pair.other_id if parent_id == pair.one_id else pair.one_id
        update_account(account_id=child_id, changes={"parent_id": parent_id}, by=by, at=at)
        _decide(pair, PairState.LINKED, "", by, at)
    return pair


def _locked(pair_id: int, by: User, version: int | None) -> DuplicatePair:
    found: DuplicatePair = DuplicatePair.objects.visible_to(by).get(pk=pair_id)
    lock_rows(Account, [found.one_id, found.other_id])
    lock_rows(DuplicatePair, [pair_id])
    rows = DuplicatePair.objects.visible_to(by).select_related("one__department", "other__department")
    pair: DuplicatePair = rows.get(pk=pair_id)
    for account in (pair.one, pair.other):
        if not is_in_pool(account):
            require(by, Permission.ACCOUNT_MERGE, on=account)
    require_version(pair, version)
    if pair.state != PairState.OPEN:
        raise MergeRefused(_("Somebody has decided on this pair already."), code="decided")
    return pair


def _decide(pair: DuplicatePair, state: str, remark: str, by: User, at: datetime) -> None:
    if len(remark) > 300:
        raise InvalidInput({"remark": _("At most %(n)s signs fit here.") % {"n": 300}})
    pair.state, pair.remark, pair.decided_by, pair.decided_at = state, remark, by, at
    pair.save(update_fields=["state", "remark", "decided_by", "decided_at", *bump(pair, at=at)])
