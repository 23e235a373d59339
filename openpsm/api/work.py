"""A person's work: Today, tasks, notifications."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import NO_NUL, Day, Flag, Id, In, ListQuery, Long, Out, Page, Reason, sorts
from openpsm.core.dates import today as day_of
from openpsm.insights.today import Dated, NearGate, Stalled, today_of
from openpsm.org import operations
from openpsm.org.models import Notification, Task
from openpsm.projects.models import Project

day = area("today")
tasks = area("tasks")
notifications = area("notifications")


class TaskOut(Out):
    """Something one person must do."""

    id: int
    version: int
    owner_id: int
    owner_name: str
    title: str
    detail: str
    due_on: date | None
    origin: str
    subject_type: str
    subject_id: int | None
    project_id: int | None
    done_at: datetime | None
    dropped_at: datetime | None
    result: str
    created_at: datetime


class TaskQuery(ListQuery):
    """Filters of tasks."""

    owner_id: Id | None = None
    project_id: Id | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    is_done: Flag | None = None
    is_dropped: Flag | None = None
    sort: Annotated[str, sorts("id", "created_at", "due_on")] = "-id"


class TaskIn(In):
    """A task for yourself or a colleague, who is told."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
    owner_id: Id | None = None
    due_on: Day | None = None
    detail: Long = ""
    project_id: Id | None = None


class CompleteIn(In):
    """What came of it."""

    result: Long = ""


class DropTaskIn(In):
    """Why it will not be done."""

    reason: Reason


class ReassignIn(In):
    """Who does it now, and until when if that changes."""

    owner_id: Id
    due_on: Day | None = None


class NotificationOut(Out):
    """A line in your bell."""

    id: int
    kind: str
    subject_type: str
    subject_id: int
    data: dict[str, Any]
    at: datetime
    read_at: datetime | None


class NotificationQuery(ListQuery):
    """Filters of notifications."""

    is_unread: Flag | None = None
    sort: Annotated[str, sorts("id")] = "-id"


class ReadIn(In):
    """Which ones were read; null for all."""

    ids: Annotated[list[Id], Field(max_length=200)] | None = None


class MarkedOut(Out):
    """How many were unread before."""

    marked: int


class DatedOut(Out):
    """Something that happens on a day, `days` from now; `link` is the record."""

    name: str
    what: str
    on: date
    days: int
    link: str


class NearGateOut(Out):
    """A project of yours whose gate is open or lacks one key node."""

    name: str
    stage: str
    missing: list[str]
    link: str


class StalledOut(Out):
    """A project that does not move; `quiet_days` since the last done activity, null for never."""

    name: str
    stage: str
    stage_days: int
    quiet_days: int | None
    link: str


class TodayOut(Out):
    """What to do, to decide and to watch today; each line has a link to its record."""

    on: date
    overdue: list[TaskOut]
    today: list[TaskOut]
    later: list[TaskOut]
    undated: list[TaskOut]
    next_steps: list[DatedOut]
    gates: list[NearGateOut]
    stalled: list[StalledOut]
    tenders: list[DatedOut]
    protections: list[DatedOut]
    pending: list[str]
    approvals: list[str]


TASKS = Listing(
    Task,
    TaskOut,
    aliases={"owner_name": "owner__name"},
    sorts={"id": "id", "created_at": "created_at", "due_on": "due_on?"},
    lookups={
        "due_from": "due_on__gte",
        "due_to": "due_on__lte",
        "is_done": "done_at__isnull",
        "is_dropped": "dropped_at__isnull",
    },
    negated=frozenset({"is_done", "is_dropped"}),
)
NOTIFICATIONS = Listing(Notification, NotificationOut, sorts={"id": "id"}, lookups={"is_unread": "read_at__isnull"})


@day.get("", response=TodayOut)
@permission(OPEN)
def today(request: ApiRequest) -> HttpResponse:
    """Show what you should do, decide and watch today."""
    now = timezone.now()
    found, owner = today_of(request.auth, at=now), request.auth.name
    kinds = ("overdue", "today", "later", "undated")
    tasks_by_day = {kind: [_task(task, owner) for task in getattr(found.tasks, kind)] for kind in kinds}
    return answer(
        {
            "on": day_of(now),
            **tasks_by_day,
            "next_steps": [_dated(row, what=row.record.next_step) for row in found.steps],
            "gates": [_gate(row) for row in found.gates],
            "stalled": [_stalled(row) for row in found.stalled],
            "tenders": [_dated(row, what=row.record.tender_number) for row in found.tenders],
            "protections": [_dated(row, what=row.record.kind, area="registrations") for row in found.protections],
            "approvals": [f"/api/v1/approvals/{one.pk}" for one in found.approvals],
            "pending": [f"/api/v1/registrations/{claim.pk}" for claim in found.pending],
        }
    )


def _task(task: Task, owner: str) -> dict[str, Any]:
    shown = {name: getattr(task, name) for name in TaskOut.model_fields if name != "owner_name"}
    return {**shown, "owner_name": owner}


def _dated(row: Dated, *, what: str, area: str = "projects") -> dict[str, Any]:
    link = f"/api/v1/{area}/{row.record.pk}"
    return {"name": row.record.name, "what": what, "on": row.on, "days": row.days, "link": link}


def _gate(row: NearGate) -> dict[str, Any]:
    link = f"/api/v1/projects/{row.project.pk}/gate"
    missing = [node.title for node in row.missing]
    return {"name": row.project.name, "stage": row.stage.key, "missing": missing, "link": link}


def _stalled(row: Stalled) -> dict[str, Any]:
    days = {"stage_days": row.stage_days, "quiet_days": row.quiet_days}
    link = f"/api/v1/projects/{row.project.pk}"
    return {"name": row.project.name, "stage": row.stage.key, **days, "link": link}


@tasks.get("", response=Page[TaskOut])
@permission(OPEN)
def task_list(request: ApiRequest, query: Query[TaskQuery]) -> HttpResponse:
    """List the tasks that you see: your own, those you opened, those of people you manage."""
    return TASKS.page(request, query)


@tasks.post("", response={201: TaskOut})
@permission(OPEN)
def create_task(request: ApiRequest, body: TaskIn) -> HttpResponse:
    """Open a task."""
    project = Project.objects.visible_to(request.auth).get(pk=body.project_id) if body.project_id else None
    made = operations.open_task(
        owner_id=body.owner_id or request.auth.pk,
        title=body.title,
        due_on=body.due_on,
        detail=body.detail,
        project=project,
        by=request.auth,
        at=timezone.now(),
    )
    return TASKS.written(request, made, status=201)


@tasks.get("/{id:pk}", response=TaskOut)
@permission(OPEN)
def task(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a task."""
    return TASKS.show(request, pk)


@tasks.post("/{id:pk}/complete", response=TaskOut)
@permission(OPEN, versioned=True)
def complete(request: ApiRequest, pk: Id, body: CompleteIn = CompleteIn()) -> HttpResponse:  # noqa: B008  # never changed
    """Say that it is done."""
    found = operations.complete_task(
        task_id=pk, version=request.version, result=body.result, by=request.auth, at=timezone.now()
    )
    return TASKS.written(request, found)


@tasks.post("/{id:pk}/drop", response=TaskOut)
@permission(OPEN, versioned=True)
def drop(request: ApiRequest, pk: Id, body: DropTaskIn) -> HttpResponse:
    """Say that it will not be done."""
    found = operations.drop_task(
        task_id=pk, version=request.version, reason=body.reason, by=request.auth, at=timezone.now()
    )
    return TASKS.written(request, found)


@tasks.post("/{id:pk}/reassign", response={200: TaskOut, 204: None})
@permission(OPEN, versioned=True)
def reassign(request: ApiRequest, pk: Id, body: ReassignIn) -> HttpResponse:
    """Hand a task to somebody else; 204 if you do not see it any more."""
    found = operations.reassign_task(
        task_id=pk, version=request.version, by=request.auth, at=timezone.now(), **body.given()
    )
    return TASKS.written(request, found)


@notifications.get("", response=Page[NotificationOut])
@permission(OPEN)
def notification_list(request: ApiRequest, query: Query[NotificationQuery]) -> HttpResponse:
    """List the lines in your bell, newest first."""
    return NOTIFICATIONS.page(request, query)


@notifications.post("/read", response=MarkedOut)
@permission(OPEN)
def read(request: ApiRequest, body: ReadIn = ReadIn()) -> HttpResponse:  # noqa: B008  # never changed
    """Mark lines as read."""
    marked = operations.mark_read(notification_ids=body.ids, by=request.auth, at=timezone.now())
    return answer({"marked": marked})
