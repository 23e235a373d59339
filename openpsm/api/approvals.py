"""Approvals: what needs another's yes, and one's own word on it."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import Id, In, ListQuery, Long, OneOf, OneOfText, Out, Page, Short, sorts
from openpsm.org import operations, queries
from openpsm.org.models import Approval, User

router = area("approvals")
State = Annotated[str, OneOf(Approval.State)]


class SeatOut(Out):
    """One reviewer in one step; `decided_by_id` is another one where a substitute decided."""

    step: int
    reviewer_id: int
    decision: str
    decided_by_id: int | None
    decided_at: datetime | None
    comment: str


class ApprovalOut(Out):
    """A question to others about one record; `step` is the one that is decided now."""

    id: int
    version: int
    kind: str
    subject_type: str
    subject_id: int
    title: str
    detail: str
    state: State
    step: int
    created_by_id: int | None
    created_at: datetime
    closed_at: datetime | None
    reason: str
    seats: list[SeatOut]


class ApprovalQuery(ListQuery):
    """Filters of approvals."""

    kind: Short | None = None
    state: State | None = None
    created_by_id: Id | None = None
    sort: Annotated[str, sorts("id")] = "-id"


class DecideIn(In):
    """Your word; a no needs its comment."""

    decision: Annotated[str, OneOfText("approve", "reject")]
    comment: Long = ""


class ReviewerIn(In):
    """Who is asked besides."""

    user_id: Id


class WithdrawIn(In):
    """Why it is not needed any more."""

    reason: Short = ""


def _with_seats(rows: list[Row], _user: User) -> list[Row]:
    """Add the seats of each (1 query); who sees an approval sees who decides it."""
    seats = queries.seats_by_approval([row["id"] for row in rows])
    return [{**row, "seats": seats[row["id"]]} for row in rows]


APPROVALS = Listing(Approval, ApprovalOut, made=frozenset({"seats"}), finish=_with_seats, sorts={"id": "id"})


@router.get("", response=Page[ApprovalOut])
@permission(OPEN)
def approvals(request: ApiRequest, query: Query[ApprovalQuery]) -> HttpResponse:
    """List the approvals that you see: asked by you, to be decided by you, of people you manage."""
    return APPROVALS.page(request, query)


@router.get("/{id:pk}", response=ApprovalOut)
@permission(OPEN)
def approval(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an approval."""
    return APPROVALS.show(request, pk)


@router.post("/{id:pk}/decide", response={200: ApprovalOut, 204: None})
@permission(OPEN, versioned=True)
def decide(request: ApiRequest, pk: Id, body: DecideIn) -> HttpResponse:
    """Say yes or no, for yourself or for a colleague for whom you stand in; never in your own case."""
    call: dict[str, Any] = {"decision": body.decision, "comment": body.comment, "by": request.auth}
    done = operations.decide_approval(approval_id=pk, version=request.version, **call, at=timezone.now())
    return APPROVALS.written(request, done)


@router.post("/{id:pk}/reviewers", response=ApprovalOut)
@permission(OPEN, versioned=True)
def add_reviewer(request: ApiRequest, pk: Id, body: ReviewerIn) -> HttpResponse:
    """Ask one more reviewer in the present step."""
    call: dict[str, Any] = {"user_id": body.user_id, "by": request.auth, "at": timezone.now()}
    return APPROVALS.written(request, operations.add_reviewer(approval_id=pk, version=request.version, **call))


@router.post("/{id:pk}/withdraw", response=ApprovalOut)
@permission(OPEN, versioned=True)
def withdraw(request: ApiRequest, pk: Id, body: WithdrawIn = WithdrawIn()) -> HttpResponse:  # noqa: B008  # never changed
    """Take your own question back."""
    call: dict[str, Any] = {"reason": body.reason, "by": request.auth, "at": timezone.now()}
    return APPROVALS.written(request, operations.withdraw_approval(approval_id=pk, version=request.version, **call))
