"""Handover: everything of somebody who leaves or moves goes to others in one step, who confirm it."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import Id, In, ListQuery, Long, OneOf, Out, Page, Short, sorts
from openpsm.org import operations
from openpsm.org.models import Handover, HandoverItem, User

router = area("handover")
Reason = Annotated[str, OneOf(Handover.Reason)]


class HandoverItemOut(Out):
    """One thing that moved; `kind` is the link it came from, its record named by type and id."""

    id: int
    kind: str
    subject_type: str
    subject_id: int
    receiver_id: int
    confirmed_at: datetime | None
    contested_at: datetime | None
    passed_on_at: datetime | None
    remark: str


class HandoverOut(Out):
    """One step; `items` are those that you may know of, `done_at` says when the last was confirmed."""

    id: int
    version: int
    giver_id: int
    reason: Reason
    created_by_id: int | None
    created_at: datetime
    done_at: datetime | None
    items: list[HandoverItemOut]


class HandoverQuery(ListQuery):
    """Filters of handovers."""

    giver_id: Id | None = None
    sort: Annotated[str, sorts("id")] = "-id"


class HandoverIn(In):
    """Who gives and who receives; by `scope` single kinds of things go to others than `to_user`."""

    from_user: Id
    to_user: Id
    reason: Reason = Handover.Reason.LEAVING.value
    scope: Annotated[dict[Short, Id], Field(max_length=40)] = {}
    deactivate: bool = False


class ConfirmIn(In):
    """Which things have arrived; without any, all of yours that wait."""

    items: Annotated[list[Id], Field(max_length=10_000)] | None = None


class HandoverContestIn(In):
    """What is wrong with it."""

    remark: Long


def _with_items(rows: list[Row], user: User) -> list[Row]:
    """Add the things of each that the user may know of (1 query)."""
    items: dict[int, list[Row]] = {row["id"]: [] for row in rows}
    names = ("id", "kind", "subject_type", "subject_id", "receiver_id", *_TIMES, "remark")
    found = HandoverItem.objects.visible_to(user).filter(handover__in=items).order_by("pk")
    for handover, *values in found.values_list("handover_id", *names):
        items[handover].append(dict(zip(names, values, strict=True)))
    return [{**row, "items": items[row["id"]]} for row in rows]


_TIMES = ("confirmed_at", "contested_at", "passed_on_at")
HANDOVERS = Listing(Handover, HandoverOut, made=frozenset({"items"}), finish=_with_items, sorts={"id": "id"})


@router.get("", response=Page[HandoverOut])
@permission(OPEN)
def handovers(request: ApiRequest, query: Query[HandoverQuery]) -> HttpResponse:
    """List the handovers that you gave, took, received from, or that people you manage gave."""
    return HANDOVERS.page(request, query)


@router.post("", response={201: HandoverOut})
@permission(OPEN)
def hand_over(request: ApiRequest, body: HandoverIn) -> HttpResponse:
    """Move everything of a person to others at once, as their manager or an administrator; answers what moved."""
    made = operations.hand_over(
        giver_id=body.from_user,
        receiver_id=body.to_user,
        reason=body.reason,
        receivers=body.scope,
        deactivate=body.deactivate,
        by=request.auth,
        at=timezone.now(),
    )
    return HANDOVERS.written(request, made, status=201)


@router.get("/{id:pk}", response=HandoverOut)
@permission(OPEN)
def handover(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a handover."""
    return HANDOVERS.show(request, pk)


@router.post("/{id:pk}/confirm", response=HandoverOut)
@permission(OPEN)
def confirm(request: ApiRequest, pk: Id, body: ConfirmIn = ConfirmIn()) -> HttpResponse:  # noqa: B008  # never changed
    """Say that things have arrived with you."""
    record = Handover.objects.visible_to(request.auth).get(pk=pk)
    call: dict[str, Any] = {"item_ids": body.items, "by": request.auth, "at": timezone.now()}
    operations.confirm_items(handover_id=record.pk, **call)
    return HANDOVERS.written(request, record)


@router.post("/{id:pk}/items/{id:item}/contest", response=HandoverOut)
@permission(OPEN)
def contest(request: ApiRequest, pk: Id, item: Id, body: HandoverContestIn) -> HttpResponse:
    """Say what is wrong with a thing that you have received."""
    record = HandoverItem.objects.visible_to(request.auth).filter(handover=pk).select_related("handover").get(pk=item)
    operations.contest_item(item_id=record.pk, remark=body.remark, by=request.auth, at=timezone.now())
    return HANDOVERS.written(request, record.handover)
