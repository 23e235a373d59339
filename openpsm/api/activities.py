"""Activities: visits, calls and everything else, planned and done."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.activities import operations
from openpsm.activities.models import Activity, ActivityColleague, ActivityKind, ActivityPerson
from openpsm.activities.operations import Told
from openpsm.api.answers import gone
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.intelligence import Kind as Element
from openpsm.api.intelligence import Person, Source, State
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import (
    NO_NUL,
    Attitude,
    Currency,
    Day,
    Flag,
    Id,
    In,
    Line,
    ListQuery,
    Long,
    Money,
    MoneyOut,
    NumberOut,
    OneOf,
    Out,
    Page,
    Quantity,
    Reason,
    sorts,
)
from openpsm.buying.operations import AttitudeNote, NewIntelligence
from openpsm.core.money import default_currency
from openpsm.org.models import User
from openpsm.org.permissions import Permission

router = area("activities")
Kind = Annotated[str, OneOf(ActivityKind)]
Ids = Annotated[list[Id], Field(max_length=50)]


class PersonOut(Out):
    """Somebody of the customer's who was there."""

    contact_id: int | None
    stakeholder_id: int | None
    name: str


class ActivityOut(Out):
    """An activity; cost in `cost_currency`, hours as worked."""

    id: int
    version: int
    project_id: int | None
    project_name: str | None
    account_id: int
    account_name: str
    owner_id: int
    owner_name: str
    kind: Kind
    state: Annotated[str, OneOf(Activity.State)]
    planned_on: date | None
    done_on: date | None
    purpose: str
    wanted_result: str
    result: str
    effect: str
    next_step: str
    next_on: date | None
    place: str
    hours: NumberOut | None
    cost: MoneyOut | None
    cost_currency: str
    is_confirmed: bool
    confirmed_by_id: int | None
    confirmed_at: datetime | None
    people: list[PersonOut]
    colleague_ids: list[int]
    created_at: datetime
    updated_at: datetime


class ActivityQuery(ListQuery):
    """Filters of activities."""

    project_id: Id | None = None
    account_id: Id | None = None
    owner_id: Id | None = None
    kind: Kind | None = None
    state: Annotated[str, OneOf(Activity.State)] | None = None
    is_confirmed: Flag | None = None
    done_from: Day | None = None
    done_to: Day | None = None
    planned_from: Day | None = None
    planned_to: Day | None = None
    department_id: Id | None = None
    sort: Annotated[str, sorts("id", "created_at")] = "-id"


class AttitudeNoteIn(In):
    """What somebody noticed about a person."""

    stakeholder_id: Id
    value: Attitude
    reason: Reason
    seen_on: Day | None = None
    contender_id: Id | None = None


class IntelligenceNoteIn(In):
    """What somebody learnt."""

    kind: Element
    state: State
    text: Long = ""
    source: Source = ""
    source_person: Person = ""
    got_on: Day | None = None
    ask_by: Day | None = None


class ActivityFields(In):
    """What is said of an activity; a done one needs result, next step and its day."""

    kind: Kind = ActivityKind.VISIT.value
    planned_on: Day | None = None
    done_on: Day | None = None
    purpose: Line = ""
    wanted_result: Line = ""
    result: Long = ""
    effect: Line = ""
    next_step: Line = ""
    next_on: Day | None = None
    place: Line = ""
    hours: Quantity | None = None
    cost: Money | None = None
    cost_currency: Currency = Field(default_factory=default_currency)


class ReportIn(ActivityFields):
    """With whom, and what was noticed on the way."""

    stakeholder_ids: Ids = []
    contact_ids: Ids = []
    colleague_ids: Ids = []
    attitudes: Annotated[list[AttitudeNoteIn], Field(max_length=20)] = []
    intelligence: Annotated[list[IntelligenceNoteIn], Field(max_length=20)] = []

    def told(self) -> Told:
        """Turn what was noticed into what the operation takes."""
        return Told(
            stakeholder_ids=self.stakeholder_ids,
            contact_ids=self.contact_ids,
            colleague_ids=self.colleague_ids,
            attitudes=[AttitudeNote(**one.model_dump()) for one in self.attitudes],
            intelligence=[NewIntelligence(**one.model_dump()) for one in self.intelligence],
        )

    def values(self) -> Row:
        """Return the fields of the activity itself that were sent."""
        return self.model_dump(exclude_unset=True, include=set(ActivityFields.model_fields))


class ActivityIn(ReportIn):
    """A new activity; `is_planned` true plans it. `client_key` names the entry on the sender's device."""

    project_id: Id | None = None
    account_id: Id | None = None
    is_planned: bool = False
    client_key: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""


class CancelIn(In):
    """Why it does not take place."""

    reason: Reason


def _with_people(rows: list[Row], _user: User) -> list[Row]:
    """Add who was there (2 queries)."""
    ids = [row["id"] for row in rows]
    met = ActivityPerson.objects.filter(activity__in=ids).select_related("contact", "stakeholder")
    people = list(met.order_by("pk"))
    colleagues = ActivityColleague.objects.filter(activity__in=ids).order_by("pk")
    with_us = list(colleagues.values_list("activity_id", "user_id"))
    for row in rows:
        row["people"] = [_person(one) for one in people if one.activity_id == row["id"]]
        row["colleague_ids"] = [user_id for pk, user_id in with_us if pk == row["id"]]
    return rows


def _person(row: ActivityPerson) -> Row:
    name = row.stakeholder.name if row.stakeholder else row.contact.name if row.contact else ""
    return {"contact_id": row.contact_id, "stakeholder_id": row.stakeholder_id, "name": name}


ACTIVITIES = Listing(
    Activity,
    ActivityOut,
    aliases={"project_name": "project__name", "account_name": "account__name", "owner_name": "owner__name"},
    made=frozenset({"people", "colleague_ids"}),
    finish=_with_people,
    sorts={"id": "id", "created_at": "created_at"},
    lookups={
        "done_from": "done_on__gte",
        "done_to": "done_on__lte",
        "planned_from": "planned_on__gte",
        "planned_to": "planned_on__lte",
    },
)


@router.get("", response=Page[ActivityOut])
@permission(OPEN)
def activities(request: ApiRequest, query: Query[ActivityQuery]) -> HttpResponse:
    """List the activities that you see, newest first."""
    return ACTIVITIES.page(request, query)


@router.post("", response={201: ActivityOut})
@permission(Permission.ACTIVITY_EDIT)
def create(request: ApiRequest, body: ActivityIn) -> HttpResponse:
    """Log what was done with everything it brought, or plan it."""
    where = {"project_id": body.project_id, "account_id": body.account_id}
    common = {"by": request.auth, "at": timezone.now(), "also": body.told(), **where, **body.values()}
    if body.is_planned:
        made = operations.plan_activity(**common)
    else:
        made = operations.log_activity(**common, client_key=body.client_key)
    return ACTIVITIES.written(request, made, status=201)


@router.get("/{id:pk}", response=ActivityOut)
@permission(OPEN)
def activity(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show an activity."""
    return ACTIVITIES.show(request, pk)


@router.patch("/{id:pk}", response=ActivityOut)
@permission(Permission.ACTIVITY_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: ActivityFields) -> HttpResponse:
    """Correct an activity; only what is sent is changed."""
    found = operations.update_activity(
        activity_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return ACTIVITIES.written(request, found)


@router.delete("/{id:pk}", response={204: None})
@permission(Permission.ACTIVITY_EDIT, versioned=True)
def delete(request: ApiRequest, pk: Id) -> HttpResponse:
    """Move an activity to the recycle bin; 409 for a confirmed one."""
    operations.delete_activity(activity_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return gone()


@router.post("/{id:pk}/restore", response=ActivityOut)
@permission(Permission.ACTIVITY_EDIT)
def restore(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take an activity out of the recycle bin."""
    found = operations.restore_activity(activity_id=pk, by=request.auth, at=timezone.now())
    return ACTIVITIES.written(request, found)


@router.post("/{id:pk}/complete", response=ActivityOut)
@permission(Permission.ACTIVITY_EDIT, versioned=True)
def complete(request: ApiRequest, pk: Id, body: ReportIn) -> HttpResponse:
    """Turn a planned activity into a done one."""
    found = operations.complete_activity(
        activity_id=pk,
        version=request.version,
        by=request.auth,
        at=timezone.now(),
        also=body.told(),
        **body.values(),
    )
    return ACTIVITIES.written(request, found)


@router.post("/{id:pk}/cancel", response=ActivityOut)
@permission(Permission.ACTIVITY_EDIT, versioned=True)
def cancel(request: ApiRequest, pk: Id, body: CancelIn) -> HttpResponse:
    """Say that a planned activity will not take place."""
    found = operations.cancel_activity(
        activity_id=pk, version=request.version, reason=body.reason, by=request.auth, at=timezone.now()
    )
    return ACTIVITIES.written(request, found)


@router.post("/{id:pk}/confirm", response=ActivityOut)
@permission(Permission.ACTIVITY_EDIT, versioned=True)
def confirm(request: ApiRequest, pk: Id) -> HttpResponse:
    """Vouch for a colleague's visit."""
    found = operations.confirm_activity(activity_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return ACTIVITIES.written(request, found)
