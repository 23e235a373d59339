"""Reminding reviewers of what waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from openpsm.core import events, parameters
from openpsm.core.versions import bump
from openpsm.org.approvals import REMIND_DAYS
from openpsm.org.models import Approval
from openpsm.org.operations.approvals import records

REMINDED_AT_ONCE = 200


def remind_of_approvals(*, at: datetime) -> int:
    """Remind those who can decide what has waited for the days set, and again after as many; returns how many."""
    before = at - timedelta(days=int(parameters.value(REMIND_DAYS)))
    with transaction.atomic():
        rows = Approval.objects.waiting().filter(told_at__lte=before).select_related("created_by")
        late = list(
            rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk")[:REMINDED_AT_ONCE]
        )
        for approval in late:
            approval.told_at = at
            approval.save(update_fields=["told_at", *bump(approval, at=at)])
            records.tell_reviewers(approval, at, "approval.reminded")
        rows_ = [events.EventRow(approval, data={"step": approval.step}) for approval in late]
        events.record_many("approval.reminded", rows_, by=None, at=at)
    return len(late)
