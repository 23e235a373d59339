"""Saying yes or no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.versions import bump
from openpsm.org.approvals import kind_of
from openpsm.org.models import Absence, Approval, ApprovalSeat, ApprovalStep, User
from openpsm.org.operations.approvals import records
from openpsm.org.rules import verdict_of

Decision, State = ApprovalSeat.Decision, Approval.State


class ApprovalVoid(DomainError):
    """What was asked about has changed: the approval is void, and everybody has been told."""

    code = "approval-void"

    def __init__(self) -> None:
        super().__init__(_("What this is about has changed since it was asked. The approval is void; ask again."))


def decide_approval(
    *,
    approval_id: int,
    version: int | None,
    decision: str,
    by: User,
    at: datetime,
    comment: str = "",
    rest: Callable[[Approval], None] | None = None,
) -> Approval:
    """Say yes or no in one's own seat of the present step, or in that of somebody for whom one stands in.

    The last yes of the last step approves, a no rejects; what follows happens in this transaction. `rest` is handed
    over by operations of kinds that need more than a word, and runs before the seat is written. Raises NotAllowed,
    Stale, InvalidInput (a no without a reason), ApprovalVoid, DomainError "approval-closed", "approval-form".
    """
    _require_answer(decision, comment)
    with transaction.atomic():
        approval = records.load(approval_id, version, by)
        seat = seat_of(approval, records.seats_here(approval), by, at)
        kind = kind_of(approval)
        is_void = kind.fingerprint is not None and kind.fingerprint(approval) != approval.fingerprint
        if is_void:
            _void(approval, by, at)
        else:
            _require_its_form(kind.is_plain, rest)
            if rest:
                rest(approval)
            _answer(approval, seat, decision, comment.strip(), by, at)
    if is_void:  # raised after the commit, so that it stays void
        raise ApprovalVoid
    return approval


def _require_answer(decision: str, comment: str) -> None:
    if decision not in (Decision.APPROVE, Decision.REJECT):
        raise InvalidInput({"decision": [_("Say yes or no.")]})
    if decision == Decision.REJECT and not comment.strip():
        raise InvalidInput({"comment": [_("Say why not: whoever asked must know what to change.")]})
    if len(comment) > 2000:
        raise InvalidInput({"comment": [_("At most %(most)s characters, please.") % {"most": 2000}]})


def _require_its_form(is_plain: bool, rest: Callable[[Approval], None] | None) -> None:
    if not is_plain and rest is None:
        raise DomainError(_("This needs more than a yes: decide it on its own page."), code="approval-form")


def seat_of(approval: Approval, seats: Sequence[ApprovalSeat], by: User, at: datetime) -> ApprovalSeat:
    """Return the open seat that the user decides, one's own before that of somebody who is away (at most 1 query).

    Never in one's own case: neither directly, nor in somebody's place, nor after being added. Raises NotAllowed.
    """
    if by.pk in records.barred(approval):
        raise NotAllowed(_("Nobody decides in their own case."))
    waiting = [seat for seat in seats if not seat.decision]
    own = next((seat for seat in waiting if seat.reviewer_id == by.pk), None)
    if own is not None:
        return own
    away = Absence.objects.on(today(at)).filter(substitute=by, user__in=[seat.reviewer_id for seat in waiting])
    absent = set(away.values_list("user", flat=True))
    found = next((seat for seat in waiting if seat.reviewer_id in absent), None)
    if found is None:
        raise NotAllowed(_("It is not your turn to decide this."))
    return found


def _answer(approval: Approval, seat: ApprovalSeat, decision: str, comment: str, by: User, at: datetime) -> None:
    seat.decision, seat.decided_by, seat.decided_at, seat.comment = decision, by, at, comment
    seat.save(update_fields=["decision", "decided_by", "decided_at", "comment"])
    step = approval.step
    _go_on(approval, by, at)
    absent = seat.reviewer_id if seat.reviewer_id != by.pk else None
    data: dict[str, Any] = {
        "decision": decision,
        "step": step,
        "for": absent,
        "state": approval.state,
        "reason": comment,
    }
    events.record("approval.decided", subject=approval, by=by, at=at, **data)


def _go_on(approval: Approval, by: User, at: datetime) -> None:
    """Close the approval, open its next step, or leave it waiting."""
    needs = dict(ApprovalStep.objects.filter(approval=approval).values_list("position", "needs"))
    verdict = verdict_of(needs[approval.step], [seat.decision for seat in records.seats_here(approval)])
    if verdict == Decision.REJECT or (verdict and approval.step == max(needs)):
        records.close(approval, State.REJECTED if verdict == Decision.REJECT else State.APPROVED, by, at)
        if kind_of(approval).is_plain:  # the others say in their own words how it was decided
            records.tell("approval.closed", approval, {approval.created_by_id or 0}, at, who=by.name)
    elif verdict:
        approval.step, approval.told_at = approval.step + 1, at
        approval.save(update_fields=["step", "told_at", *bump(approval, at=at)])
        records.tell_reviewers(approval, at)
    else:
        approval.save(update_fields=bump(approval, at=at))


def _void(approval: Approval, by: User, at: datetime) -> None:
    reason = _("What it is about has changed.")
    people = records.everybody(approval)
    records.close(approval, State.VOID, by, at, reason=reason)
    records.tell("approval.closed", approval, people, at, who="")
    events.record("approval.voided", subject=approval, by=by, at=at, reason=reason)
