"""Ends without a decision: withdrawn by whoever asked, void because the thing has changed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import NotAllowed
from openpsm.core.locks import lock_rows
from openpsm.org.models import Approval, User
from openpsm.org.operations.approvals import records

State = Approval.State


def withdraw_approval(*, approval_id: int, version: int | None, by: User, at: datetime, reason: str = "") -> Approval:
    """Take one's own question back; the reviewers are told. Raises NotAllowed, Stale, DomainError "approval-closed"."""
    with transaction.atomic():
        approval = records.load(approval_id, version, by)
        if approval.created_by_id != by.pk:
            raise NotAllowed(_("Only who asked may withdraw it."))
        people = records.everybody(approval) - {by.pk}
        records.close(approval, State.WITHDRAWN, by, at, reason=reason.strip())
        records.tell("approval.closed", approval, people, at, who=by.name)
        events.record("approval.withdrawn", subject=approval, by=by, at=at, reason=approval.reason)
    return approval


def void_approvals(
    *, subject: Model, reason: str, by: User | None, at: datetime, kind: str = "", fingerprint: str | None = None
) -> int:
    """End what waits about a record that has changed, and tell everybody; returns how many.

    With a `fingerprint` only those that were asked about another state of it. Called by the operation that changes the
    record, in its transaction.
    """
    rows = Approval.objects.waiting().filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows if fingerprint is None else rows.exclude(fingerprint=fingerprint)
    with transaction.atomic():
        lock_rows(Approval, list(rows.values_list("pk", flat=True)))
        ended = list(rows.select_related("created_by").order_by("pk"))
        for approval in ended:
            people = records.everybody(approval)
            records.close(approval, State.VOID, by, at, reason=reason)
            records.tell("approval.closed", approval, people, at, who=by.name if by else "")
        voided = [events.EventRow(approval, data={"reason": approval.reason}) for approval in ended]
        events.record_many("approval.voided", voided, by=by, at=at)
    return len(ended)
