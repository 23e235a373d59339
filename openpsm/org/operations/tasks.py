"""Tasks: opened by people or by rules, done, dropped, handed to somebody else, and reminded of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Model, Q
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.versions import bump, require_version
from openpsm.org.models import Task, User
from openpsm.org.operations.notifications import Note, notify

REMINDED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What somebody must do. `origin` names the rule that asks for it (empty: a person does); `subject` is the record
    it is about, `project` the project it belongs to.
    """

    owner_id: int
    title: str
    due_on: date | None = None
    detail: str = ""
    origin: str = ""
    subject: Model | None = None
    project: Model | None = None


def open_task(
    *,
    owner_id: int,
    title: str,
    by: User | None,
    at: datetime,
    due_on: date | None = None,
    detail: str = "",
    origin: str = "",
    subject: Model | None = None,
    project: Model | None = None,
) -> Task:
    """Open one task; see `open_tasks`. A rule whose task is still open gets that one back."""
    new = NewTask(
        owner_id=owner_id,
        title=title,
        due_on=due_on,
        detail=detail,
        origin=origin,
        subject=subject,
        project=project,
    )
    return open_tasks(rows=[new], by=by, at=at)[0]


def open_tasks(*, rows: Sequence[NewTask], by: User | None, at: datetime) -> list[Task]:
    """Open tasks in a fixed number of statements and return one per row, in order.

    Where a task of the same origin, subject and owner is open already, that one is returned and nothing is written.
    Owners of tasks that somebody else opened are notified. Raises InvalidInput.
    """
    _require_valid(rows)
    with transaction.atomic():
        known = _open_by_rule(rows)
        drafts = {_key(new): _drafted(new, by, at) for new in rows if new.origin and _key(new) not in known}
        plain = {index: _drafted(new, by, at) for index, new in enumerate(rows) if not new.origin}
        created = [*drafts.values(), *plain.values()]
        Task.objects.bulk_create(created)
        tasks = [
            plain[index] if index in plain else known.get(_key(new)) or drafts[_key(new)]
            for index, new in enumerate(rows)
        ]
        projects = {id(task): new.project for task, new in zip(tasks, rows, strict=True)}
        _announce(created, by, at)
        opened = [events.EventRow(subject=task, root=projects[id(task)], data=_data(task)) for task in created]
        events.record_many("task.opened", opened, by=by, at=at)
    return tasks


def _data(task: Task) -> dict[str, Any]:
    return {"owner": task.owner_id, "title": task.title, "due_on": task.due_on, "origin": task.origin}


def _announce(tasks: Sequence[Task], by: User | None, at: datetime) -> None:
    own = by.pk if by else None
    notes = [Note(task.owner_id, "task.opened", task, {"title": task.title}) for task in tasks if task.owner_id != own]
    if notes:
        notify(rows=notes, at=at)


def _require_valid(rows: Sequence[NewTask]) -> None:
    owners = {new.owner_id for new in rows}
    active = set(User.objects.active().filter(pk__in=owners).values_list("pk", flat=True))
    if owners - active:
        raise InvalidInput({"owner": [_("Choose an active user.")]})
    if any(not new.title.strip() or len(new.title) > 200 for new in rows):
        raise InvalidInput({"title": [_("Say in at most 200 characters what is to be done.")]})


def _subject(new: NewTask) -> tuple[str, int | None]:
    return (new.subject._meta.label_lower, new.subject.pk) if new.subject else ("", None)


def _key(new: NewTask) -> tuple[Any, ...]:
    return (new.origin, *_subject(new), new.owner_id)


def _open_by_rule(rows: Sequence[NewTask]) -> dict[tuple[Any, ...], Task]:
    """The open tasks that the same rules have asked for already (1 query, none without rules)."""
    ruled = [new for new in rows if new.origin]
    if not ruled:
        return {}
    found = (
        Task.objects.open()
        .select_for_update(no_key=True)
        .filter(origin__in={new.origin for new in ruled}, owner__in={new.owner_id for new in ruled})
    )
    subjects = {_subject(new)[1] for new in ruled}
    narrowed = found.filter(Q(subject_id__in=subjects - {None}) | Q(subject_id=None))
    return {(task.origin, task.subject_type, task.subject_id, task.owner_id): task for task in narrowed}


def _drafted(new: NewTask, by: User | None, at: datetime) -> Task:
    subject_type, subject_id = _subject(new)
    return Task(
        owner_id=new.owner_id,
        title=new.title.strip(),
        detail=new.detail.strip(),
        due_on=new.due_on,
        origin=new.origin,
        subject_type=subject_type,
        subject_id=subject_id,
        project_id=new.project.pk if new.project else getattr(new.subject, "project_id", None),
        created_by=by,
        created_at=at,
        updated_at=at,
    )


def complete_task(*, task_id: int, version: int | None, by: User, at: datetime, result: str = "") -> Task:
    """Say that it is done, and what came of it."""
    with transaction.atomic():
        task = _own_open(task_id, version, by)
        task.done_at, task.result = at, result.strip()
        task.save(update_fields=["done_at", "result", *bump(task, at=at)])
        events.record("task.completed", subject=task, by=by, at=at, project=task.project_id, result=task.result)
    return task


def settle_tasks(*, origin: str, subjects: Sequence[Model], by: User | None, at: datetime, result: str = "") -> int:
    """Complete the open tasks that a rule opened about these records, whoever owns them; returns how many.

    Called by the operation that did what the rule asked for (1 query, 4 statements more where there are such tasks).
    """
    about = Q(subject_id__in=[one.pk for one in subjects], subject_type__in={one._meta.label_lower for one in subjects})
    with transaction.atomic():
        tasks = list(Task.objects.open().select_for_update(no_key=True).filter(about, origin=origin).order_by("pk"))
        if tasks:
            for task in tasks:
                task.done_at, task.result = at, result
                bump(task, at=at)
            Task.objects.bulk_update(tasks, ["done_at", "result", "version", "updated_at"])
            rows = [events.EventRow(task, data={"project": task.project_id, "result": result}) for task in tasks]
            events.record_many("task.completed", rows, by=by, at=at)
    return len(tasks)


def drop_task(*, task_id: int, version: int | None, reason: str, by: User, at: datetime) -> Task:
    """Say that it will not be done, and why."""
    if not reason.strip():
        raise InvalidInput({"reason": [_("Say why it will not be done.")]})
    with transaction.atomic():
        task = _own_open(task_id, version, by)
        task.dropped_at, task.result = at, reason.strip()
        task.save(update_fields=["dropped_at", "result", *bump(task, at=at)])
        events.record("task.dropped", subject=task, by=by, at=at, project=task.project_id, reason=task.result)
    return task


def reopen_task(*, task_id: int, version: int | None, by: User, at: datetime) -> Task:
    """Take back that a task was done or dropped. Raises DomainError "task-open", "same-task"."""
    with transaction.atomic():
        rows = Task.objects.visible_to(by).select_for_update(no_key=True, of=("self",))
        task: Task = rows.get(pk=task_id)
        require_version(task, version)
        if not (task.done_at or task.dropped_at):
            raise DomainError(_("This task is still open."), code="task-open")
        if task.origin and _twin(task, task.owner_id):
            raise DomainError(_("This person has the same task already."), code="same-task")
        task.done_at, task.dropped_at, task.result = None, None, ""
        task.save(update_fields=["done_at", "dropped_at", "result", *bump(task, at=at)])
        events.record("task.reopened", subject=task, by=by, at=at, project=task.project_id)
    return task


def reassign_task(
    *, task_id: int, version: int | None, owner_id: int, by: User, at: datetime, due_on: date | None = None
) -> Task:
    """Hand it to another active user, with another day if one is given; the new owner is notified."""
    with transaction.atomic():
        task = _own_open(task_id, version, by)
        if not User.objects.active().filter(pk=owner_id).exists():
            raise InvalidInput({"owner": [_("Choose an active user.")]})
        if task.origin and _twin(task, owner_id):
            raise DomainError(_("This person has the same task already."), code="same-task")
        old, task.owner_id, task.due_on = task.owner_id, owner_id, due_on or task.due_on
        task.save(update_fields=["owner", "due_on", *bump(task, at=at)])
        _announce([task], by, at)
        data: dict[str, Any] = {"old": old, "new": owner_id, "due_on": task.due_on, "project": task.project_id}
        events.record("task.reassigned", subject=task, by=by, at=at, **data)
    return task


def _twin(task: Task, owner_id: int) -> bool:
    same = Task.objects.open().filter(origin=task.origin, subject_type=task.subject_type, subject_id=task.subject_id)
    return same.filter(owner=owner_id).exclude(pk=task.pk).exists()


def _own_open(task_id: int, version: int | None, by: User) -> Task:
    """Load what the user may change: own tasks, those they opened, those of people they manage."""
    task: Task = Task.objects.visible_to(by).select_for_update(no_key=True, of=("self",)).get(pk=task_id)
    require_version(task, version)
    if task.done_at or task.dropped_at:
        raise DomainError(_("This task is not open any more."), code="task-closed")
    return task


def remind_of_tasks(*, at: datetime) -> int:
    """Notify the owners of open tasks that have become due, once for each due day; returns how many (3 statements)."""
    with transaction.atomic():
        fresh = Q(reminded_on=None) | Q(reminded_on__lt=F("due_on"))
        due = (
            Task.objects.due(today(at))
            .filter(fresh)
            .select_for_update(no_key=True, skip_locked=True)
            .order_by("due_on", "pk")
        )
        tasks = list(due[:REMINDED_AT_ONCE])
        notes = [Note(t.owner_id, "task.due", t, {"title": t.title, "due_on": str(t.due_on)}) for t in tasks]
        sent = notify(rows=notes, at=at) if notes else 0
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(reminded_on=F("due_on"))
    return sent
