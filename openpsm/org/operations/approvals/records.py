"""What the operations on approvals share: loading under a lock, who may not decide, who is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.locks import lock_rows
from openpsm.core.versions import bump, require_version
from openpsm.org.approvals import kind_of
from openpsm.org.models import Absence, Approval, ApprovalSeat, User
from openpsm.org.operations.notifications import Note, notify


def load(approval_id: int, version: int | None, by: User) -> Approval:
    """Lock a waiting approval that the user sees. Raises DoesNotExist, Stale, DomainError "approval-closed"."""
    lock_rows(Approval, [approval_id])
    rows = Approval.objects.visible_to(by).select_related("created_by")
    approval: Approval = rows.get(pk=approval_id)
    require_version(approval, version)
    if approval.state != Approval.State.WAITING:
        message = _("This approval is closed: %(state)s.") % {"state": approval.get_state_display()}
        raise DomainError(message, code="approval-closed")
    return approval


def barred(approval: Approval) -> set[int]:
    """Return who may never decide: the asker and the parties."""
    return {approval.created_by_id or 0, *kind_of(approval).parties(approval)}


def seats_here(approval: Approval) -> list[ApprovalSeat]:
    """Return the seats of the present step, in their order (1 query)."""
    rows = ApprovalSeat.objects.filter(approval=approval, position=approval.step)
    return list(rows.select_related("reviewer").order_by("pk"))


def open_reviewers(seats: Iterable[ApprovalSeat], on: date) -> set[int]:
    """Return who can decide now: the reviewers of open seats and who stands in for those who are away (1 query)."""
    waiting = {seat.reviewer_id for seat in seats if not seat.decision}
    away = Absence.objects.on(on).filter(user__in=waiting).values_list("substitute", flat=True)
    return waiting | set(away)


def tell(kind: str, approval: Approval, people: Collection[int], at: datetime, **data: Any) -> None:
    """Put a line about the approval into these bells."""
    said = {"title": approval.title, "state": approval.state, **data}
    if people:
        notify(rows=[Note(pk, kind, approval, said) for pk in sorted(people)], at=at)


def tell_reviewers(approval: Approval, at: datetime, kind: str = "approval.requested") -> None:
    """Tell those who can decide the present step (3 queries)."""
    people = open_reviewers(seats_here(approval), today(at)) - barred(approval)
    tell(kind, approval, people, at, who=approval.created_by.name if approval.created_by else "")


def everybody(approval: Approval) -> set[int]:
    """Return asker and reviewers of all steps reached so far (1 query)."""
    seats = ApprovalSeat.objects.filter(approval=approval, position__lte=approval.step)
    people = {pk for pair in seats.values_list("reviewer_id", "decided_by_id") for pk in pair if pk}
    return people | {approval.created_by_id or 0}


def close(approval: Approval, state: str, by: User | None, at: datetime, *, reason: str = "") -> None:
    """End a waiting approval and do what follows from it; the caller tells people and records the event."""
    approval.state, approval.closed_at, approval.reason = state, at, reason[:300]
    approval.save(update_fields=["state", "closed_at", "reason", *bump(approval, at=at)])
    kind_of(approval).closed(approval, by, at)
