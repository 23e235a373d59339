"""What becomes of the open seats of somebody who leaves or hands over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from django.db import transaction

from openpsm.core import events
from openpsm.core.locks import lock_rows
from openpsm.core.versions import bump
from openpsm.org.models import Approval, ApprovalSeat, User
from openpsm.org.operations.approvals import records
from openpsm.org.queries import managers_above

Choose = Callable[[Approval, set[int]], int | None]


def open_seats(target: User) -> object:
    """The seats in which the user has still to decide."""
    return ApprovalSeat.objects.filter(reviewer=target, decision="", approval__state=Approval.State.WAITING)


def hand_seats_over(
    *, old: User, new: User, by: User | None, at: datetime, project_ids: Collection[int] | None = None
) -> int:
    """Give open seats to somebody else, but for those in the receiver's own case; nothing when only projects move.

    Called inside the transaction of a handover.
    """
    if project_ids is not None:
        return 0
    return _move(old, lambda _approval, taken: None if new.pk in taken else new.pk, by, at)


def pass_seats_on(*, user: User, by: User | None, at: datetime) -> int:
    """Give the open seats of somebody who is gone to the nearest manager above who may decide; returns how many.

    Where there is none the seat stays, and the asker is told to withdraw and ask somebody else.
    """
    above = [manager.pk for manager in managers_above(user)]

    def nearest(approval: Approval, taken: set[int]) -> int | None:
        return next((pk for pk in above if pk not in taken), None)

    return _move(user, nearest, by, at)


def _move(old: User, choose: Choose, by: User | None, at: datetime) -> int:
    with transaction.atomic():
        lock_rows(Approval, _approvals_of(old))
        seats: Iterable[ApprovalSeat] = open_seats(old).select_related("approval__created_by").order_by("pk")  # type: ignore[attr-defined]  # a QuerySet
        moved = [events.EventRow(seat.approval, data=data) for seat in seats if (data := _moved(seat, choose, at))]
        events.record_many("approval.passed_on", moved, by=by, at=at)
    return len(moved)


def _approvals_of(user: User) -> list[int]:
    rows = ApprovalSeat.objects.filter(reviewer=user, decision="", approval__state=Approval.State.WAITING)
    return list(rows.values_list("approval_id", flat=True).distinct())


def _moved(seat: ApprovalSeat, choose: Choose, at: datetime) -> dict[str, int] | None:
    approval, old = seat.approval, seat.reviewer_id
    here = ApprovalSeat.objects.filter(approval=approval, position=seat.position).values_list("reviewer", flat=True)
    new = choose(approval, {*here, *records.barred(approval)})
    if new is None:
        records.tell("approval.stuck", approval, {approval.created_by_id or 0}, at)
        return None
    seat.reviewer_id = new
    seat.save(update_fields=["reviewer"])
    approval.save(update_fields=bump(approval, at=at))
    if seat.position == approval.step:
        records.tell(
            "approval.requested", approval, {new}, at, who=approval.created_by.name if approval.created_by else ""
        )
    return {"old": old, "new": new, "step": seat.position}
