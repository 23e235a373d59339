"""Asking for an approval, and asking one more reviewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.versions import bump
from openpsm.org.models import Approval, ApprovalSeat, ApprovalStep, User
from openpsm.org.operations.approvals import records
from openpsm.org.operations.approvals.deciding import seat_of


@dataclass(frozen=True, slots=True)
class NewStep:
    """One level: its reviewers, of whom `all` must agree or the first word of `any` counts."""

    reviewer_ids: tuple[int, ...]
    needs: str = ApprovalStep.Needs.ALL


def request_approval(
    *,
    kind: str,
    subject: Model,
    title: str,
    steps: Sequence[NewStep],
    by: User,
    at: datetime,
    detail: str = "",
    fingerprint: str = "",
) -> Approval:
    """Ask others about a record; the reviewers of the first step are told.

    Called by the operation of the package that declares the kind, which has checked the right to ask. Raises
    InvalidInput (a step without reviewers, a reviewer who is inactive, asks, or is a party), DomainError
    "approval-waiting" where the record waits for one of this kind already.
    """
    approval = _drafted(kind, subject, title, detail, fingerprint, by, at)
    _require_steps(approval, steps)
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
            _write_steps(approval, steps)
            records.tell_reviewers(approval, at)
            told: dict[str, Any] = {"kind": kind, "title": title, "steps": [list(step.reviewer_ids) for step in steps]}
            events.record("approval.requested", subject=approval, root=subject, by=by, at=at, **told)
    except IntegrityError as error:
        if not any(part in str(error) for part in ("one_waiting_approval_per_record", "org_approval.kind")):
            raise
        raise DomainError(_("This waits for an approval already."), code="approval-waiting") from error
    return approval


def _drafted(kind: str, subject: Model, title: str, detail: str, fingerprint: str, by: User, at: datetime) -> Approval:
    if not title.strip():
        raise InvalidInput({"title": [_("Say what you ask for.")]})
    return Approval(
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        title=title.strip()[:200],
        detail=detail.strip(),
        fingerprint=fingerprint,
        created_by=by,
        created_at=at,
        updated_at=at,
        told_at=at,
    )


def _require_steps(approval: Approval, steps: Sequence[NewStep]) -> None:
    wanted = {pk for step in steps for pk in step.reviewer_ids}
    active = set(User.objects.active().filter(pk__in=wanted).values_list("pk", flat=True))
    if not steps or not all(step.reviewer_ids for step in steps) or wanted - active:
        raise InvalidInput({"reviewers": [_("Every step needs at least one active reviewer.")]})
    if wanted & records.barred(approval):
        raise InvalidInput({"reviewers": [_("Nobody decides in their own case.")]})


def _write_steps(approval: Approval, steps: Sequence[NewStep]) -> None:
    rows = [ApprovalStep(approval=approval, position=place, needs=step.needs) for place, step in enumerate(steps, 1)]
    ApprovalStep.objects.bulk_create(rows)
    seats = [
        ApprovalSeat(approval=approval, position=place, reviewer_id=pk)
        for place, step in enumerate(steps, 1)
        for pk in dict.fromkeys(step.reviewer_ids)
    ]
    ApprovalSeat.objects.bulk_create(seats)


def add_reviewer(*, approval_id: int, version: int | None, user_id: int, by: User, at: datetime) -> Approval:
    """Ask one more person in the present step; only a reviewer whose own seat is open may, or who stands in for one.

    Raises what `decide_approval` does, and InvalidInput.
    """
    with transaction.atomic():
        approval = records.load(approval_id, version, by)
        seats = records.seats_here(approval)
        seat_of(approval, seats, by, at)
        _require_addable(approval, seats, user_id)
        approval.seats.create(position=approval.step, reviewer_id=user_id, added_by=by)
        approval.save(update_fields=bump(approval, at=at))
        people = records.open_reviewers([seat for seat in records.seats_here(approval) if seat.added_by_id], today(at))
        known = {seat.reviewer_id for seat in seats}
        asked = (people - known - records.barred(approval)) | {user_id}
        records.tell("approval.requested", approval, asked, at, who=by.name)
        events.record("approval.reviewer_added", subject=approval, by=by, at=at, user=user_id, step=approval.step)
    return approval


def _require_addable(approval: Approval, seats: Sequence[ApprovalSeat], user_id: int) -> None:
    if not User.objects.active().filter(pk=user_id).exists():
        raise InvalidInput({"user_id": [_("Choose an active user.")]})
    if user_id in records.barred(approval):
        raise InvalidInput({"user_id": [_("Nobody decides in their own case.")]})
    if any(seat.reviewer_id == user_id for seat in seats):
        raise InvalidInput({"user_id": [_("This person is asked already.")]})
