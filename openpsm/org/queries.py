"""Answers about staff: the tree, who holds what, sessions, tasks of a day."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.utils.http import urlsafe_base64_decode

from openpsm.core.errors import NotAllowed
from openpsm.org.models import (
    Absence,
    Approval,
    ApprovalSeat,
    ApprovalStep,
    Department,
    DepartmentManager,
    Role,
    RoleGrant,
    Task,
    User,
    UserSession,
)


def needs_setup() -> bool:
    """Whether nobody exists yet, so that the first visitor becomes the administrator (1 query)."""
    return not User.objects.exists()


@dataclass(frozen=True)
class SessionRow:
    """A session as its owner sees it; `id` names it without giving its key away."""

    id: str
    address: str | None
    agent: str
    started_at: datetime | None
    seen_at: datetime | None
    is_current: bool


def session_id(key: str) -> str:
    """Return the name under which a session is listed."""
    return hashlib.sha256(f"session {key}".encode()).hexdigest()[:24]


def sessions_of(user: User, *, current: str, at: datetime) -> list[SessionRow]:
    """Return the user's sessions, the latest seen first; `current` is the key of the one that asks (1 query)."""
    rows = UserSession.objects.visible_to(user).filter(expire_date__gt=at).order_by("-seen_at", "pk")
    return [
        SessionRow(session_id(r.pk), r.address, r.agent, r.started_at, r.seen_at, is_current=r.pk == current)
        for r in rows
    ]


def user_of_link(uid: str, token: str) -> User | None:
    """Return whose reset link this is, None unless it is still valid (1 query)."""
    from openpsm.org.mail import reset_tokens  # the module's tasks load after the models

    try:
        pk = int(urlsafe_base64_decode(uid))
        user: User | None = User.objects.active().filter(pk=pk).first() if 0 < pk < 2**63 else None
    except (ValueError, OverflowError, ValidationError):
        return None
    return user if user is not None and reset_tokens.check_token(user, token) else None


@dataclass(frozen=True)
class Branch:
    """A department in the tree, with its depth (0 at the root), its managers and the number of active members."""

    department: Department
    depth: int
    managers: list[User]
    members: int


def department_tree(user: User) -> list[Branch]:
    """Return all departments, each followed by those below it, siblings in the order of their creation (3 queries)."""
    members = Count("members", filter=Q(members__is_active=True))
    rows = Department.objects.visible_to(user).annotate(member_count=members)
    rows = rows.prefetch_related("manager_links__user")
    ordered = sorted(rows, key=lambda row: _steps(row.path))
    return [
        Branch(row, len(_steps(row.path)) - 1, [link.user for link in row.manager_links.all()], row.member_count)
        for row in ordered
    ]


def _steps(path: str | None) -> tuple[int, ...]:
    return tuple(int(step) for step in (path or "").strip("/").split("/") if step)


def grants_of(user_id: int) -> list[RoleGrant]:
    """Return what the user holds, with role and department (1 query); the caller has checked who asks."""
    return list(RoleGrant.objects.filter(user=user_id).select_related("role", "department").order_by("role__key", "pk"))


def role_holders() -> Mapping[int, int]:
    """Return the number of active users who hold each role anywhere (1 query)."""
    holders = Count("grants__user", distinct=True, filter=Q(grants__user__is_active=True))
    return dict(Role.objects.annotate(holders=holders).values_list("pk", "holders"))


@dataclass(frozen=True)
class TaskList:
    """A person's open tasks: overdue, due today, later within the days asked for, and without a day."""

    overdue: list[Task]
    today: list[Task]
    later: list[Task]
    undated: list[Task]


def open_tasks_of(user: User, *, on: date, until: date, limit: int = 200) -> TaskList:
    """Return the user's own open tasks due before `until` (exclusive) and those without a day (1 query)."""
    rows = Task.objects.open().filter(owner=user).filter(Q(due_on=None) | Q(due_on__lt=until))
    tasks = list(rows.order_by("due_on", "pk")[:limit])
    return TaskList(
        overdue=[task for task in tasks if task.due_on and task.due_on < on],
        today=[task for task in tasks if task.due_on == on],
        later=[task for task in tasks if task.due_on and task.due_on > on],
        undated=[task for task in tasks if task.due_on is None],
    )


def managers_above(user: User) -> list[User]:
    """Return the active managers of the user's department and of those above, the nearest first (1 query)."""
    path = (user.department.path or "") if user.department else ""
    above = [path[: index + 1] for index, sign in enumerate(path) if sign == "/"]
    managers = DepartmentManager.objects.filter(department__path__in=above, user__is_active=True).exclude(user=user)
    links = managers.select_related("user", "department").order_by("-department__path", "user__sort_key", "pk")
    return list({link.user_id: link.user for link in links}.values())


def absence_of(user: User) -> Absence | None:
    """Return when the user is away and who stands in (1 query)."""
    return Absence.objects.select_related("substitute").filter(user=user).first()


@dataclass(frozen=True)
class StepOf:
    """A step of an approval as a reader sees it; `is_here` while it is decided."""

    position: int
    needs: str
    needs_label: str
    seats: list[ApprovalSeat]
    is_here: bool


def steps_of(approval: Approval) -> list[StepOf]:
    """Return the steps of an approval in order, each with its seats and their people (2 queries)."""
    rows = approval.seats.select_related("reviewer", "decided_by", "added_by").order_by("position", "pk")
    seats = list(rows)
    is_waiting = approval.state == Approval.State.WAITING
    return [
        StepOf(
            step.position,
            step.needs,
            step.get_needs_display(),
            [seat for seat in seats if seat.position == step.position],
            is_waiting and step.position == approval.step,
        )
        for step in ApprovalStep.objects.filter(approval=approval).order_by("position")
    ]


def seats_by_approval(approval_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the seats of approvals as plain rows, in order (1 query); the caller has checked who sees them."""
    seats: dict[int, list[dict[str, Any]]] = {pk: [] for pk in approval_ids}
    names = ("reviewer_id", "decision", "decided_by_id", "decided_at", "comment")
    rows = ApprovalSeat.objects.filter(approval__in=seats).order_by("position", "pk")
    for seat in rows.values("approval_id", "position", *names):
        seats[seat["approval_id"]].append({"step": seat["position"], **{name: seat[name] for name in names}})
    return seats


def may_decide(approval: Approval, user: User, *, at: datetime) -> bool:
    """Whether the user has a seat to decide in now; the operation asks again (at most 2 queries)."""
    from openpsm.org.operations.approvals.deciding import seat_of  # it reads these queries
    from openpsm.org.operations.approvals.records import seats_here

    if approval.state != Approval.State.WAITING:
        return False
    try:
        seat_of(approval, seats_here(approval), user, at)
    except NotAllowed:
        return False
    return True


def approvals_waiting_for(user: User, *, on: date, limit: int = 20) -> list[Approval]:
    """Return what the user has to decide on that day, the longest waiting first (1 query)."""
    rows = Approval.objects.waiting_for(user, on).select_related("created_by")
    return list(rows.order_by("pk")[:limit])
