"""Approvals of a kind that only tests know."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model

from openpsm.org import approvals, operations
from openpsm.org.models import Absence, Approval, User
from openpsm.org.operations import NewStep
from tests.factories import AT

#: What followed: (kind, state) of each approval that was closed, and what the thing looks like now.
CLOSED: list[tuple[str, str]] = []
LOOKS: dict[int, str] = {}
PARTIES: set[int] = set()


def _closed(approval: Approval, _by: User | None, _at: datetime) -> None:
    CLOSED.append((approval.kind, approval.state))


PLAIN = approvals.declare(
    approvals.Kind("test.plain", "Test", closed=_closed, lines=lambda approval, _reader: [("Word", approval.detail)])
)
WATCHED = approvals.declare(
    approvals.Kind(
        "test.watched",
        "Watched",
        closed=_closed,
        parties=lambda _approval: PARTIES,
        fingerprint=lambda approval: LOOKS.get(approval.subject_id, ""),
    )
)
FORMED = approvals.declare(approvals.Kind("test.formed", "Formed", closed=_closed, is_plain=False))


def forget() -> None:
    """Begin anew."""
    CLOSED.clear()
    LOOKS.clear()
    PARTIES.clear()


def ask(by: User, *steps: NewStep | Iterable[User], about: Model, at: datetime = AT, **given: Any) -> Approval:
    """Ask for a yes; a step of users needs all of them."""
    made = tuple(
        step if isinstance(step, NewStep) else NewStep(reviewer_ids=tuple(user.pk for user in step)) for step in steps
    )
    call: dict[str, Any] = {"kind": "test.plain", "title": "Ten days more"} | given
    return operations.request_approval(subject=about, steps=made, by=by, at=at, **call)


def decide(approval: Approval, by: User, decision: str = "approve", *, at: datetime = AT, **given: Any) -> Approval:
    """Say yes, or what is said."""
    call: dict[str, Any] = {"version": None, "comment": "Too early" if decision == "reject" else ""} | given
    return operations.decide_approval(approval_id=approval.pk, decision=decision, by=by, at=at, **call)


def make_absence(user: User, substitute: User, *, at: datetime = AT, days: int = 5) -> Absence:
    """Away from today on."""
    from_on: date = at.date()
    back_on = from_on + timedelta(days=days)
    call: dict[str, Any] = {"substitute_id": substitute.pk, "from_on": from_on, "back_on": back_on, "version": None}
    return operations.set_absence(**call, by=user, at=at)
