"""What becomes of this package's references to users."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from openpsm.core import events, links
from openpsm.core.versions import bump
from openpsm.org.models import (
    Absence,
    AccessToken,
    Follow,
    Notification,
    Recent,
    SavedView,
    Task,
    User,
    UserSession,
)
from openpsm.org.operations.approvals.seats import hand_seats_over, open_seats


def declare_all() -> None:
    """Declare them; called when the program starts."""
    target = "org.user"
    links.declare("org.task", "owner", target=target, label=_("open tasks"), move=move_tasks, listing=open_tasks)
    links.declare("org.usersession", "user", target=target, label=_("sessions"), erase=erase_sessions, listing=sessions)
    links.declare("org.accesstoken", "user", target=target, label=_("access tokens"), erase=erase_tokens)
    links.declare("org.notification", "user", target=target, label=_("notifications"), erase=erase_notifications)
    links.declare("org.follow", "user", target=target, label=_("records followed"), erase=erase_follows)
    links.declare("org.recent", "user", target=target, label=_("records opened lately"), erase=erase_recents)
    links.declare("org.departmentmanager", "user", target=target, label=_("departments managed"))
    links.declare("org.savedview", "owner", target=target, label=_("saved views"), move=move_views, listing=saved_views)
    links.declare("org.bulkedit", "by", target=target, label=_("bulk edits"))
    links.declare("org.rolegrant", "user", target=target, label=_("roles held"))
    links.declare("org.rolegrant", "granted_by", target=target, label=_("roles granted"))
    waiting = _("approvals to decide")
    links.declare(
        "org.approvalseat", "reviewer", target=target, label=waiting, move=hand_seats_over, listing=open_seats
    )
    links.declare("org.approvalseat", "decided_by", target=target, label=_("approvals decided"))
    links.declare("org.approvalseat", "added_by", target=target, label=_("reviewers added"))
    links.declare("org.absence", "user", target=target, label=_("absence"), erase=erase_absence)
    links.declare("org.absence", "substitute", target=target, label=_("absences of colleagues"))

    links.declare("org.handover", "giver", target=target, label=_("handovers given"))
    links.declare("org.handoveritem", "receiver", target=target, label=_("things received at a handover"))


def open_tasks(target: User) -> "object":
    """The user's open tasks."""
    return Task.objects.open().filter(owner=target)


def move_tasks(*, old: User, new: User, by: User, at: datetime, project_ids: Collection[int] | None = None) -> int:
    """Hand open tasks over, all or those of some projects; where the receiver has a rule's task already, it is dropped.

    Called inside the transaction of a handover.
    """
    rows = Task.objects.open().filter(owner=old).select_for_update(no_key=True)
    if project_ids is not None:
        rows = rows.filter(project_id__in=project_ids)
    fields = ("origin", "subject_type", "subject_id")
    has = set(Task.objects.open().filter(owner=new).exclude(origin="").values_list(*fields))
    moved: list[Task] = []
    dropped: list[Task] = []
    for task in rows:
        (dropped if (task.origin, task.subject_type, task.subject_id) in has else moved).append(task)
        bump(task, at=at)
    for task in moved:
        task.owner = new
    for task in dropped:
        task.dropped_at = at
    Task.objects.bulk_update([*moved, *dropped], ["owner", "dropped_at", "version", "updated_at"])
    data = {"old": old.pk, "new": new.pk}
    events.record_many("task.reassigned", [events.EventRow(subject=task, data=data) for task in moved], by=by, at=at)
    events.record_many("task.dropped", [events.EventRow(subject=task, data=data) for task in dropped], by=by, at=at)
    return len(moved)


def saved_views(target: User) -> "object":
    """The views that the user shares with others."""
    return SavedView.objects.filter(owner=target).exclude(sharing=SavedView.Sharing.OWN)


def move_views(*, old: User, new: User, by: User, at: datetime, project_ids: Collection[int] | None = None) -> int:
    """Hand shared views over, so that those who use them keep them; own ones stay. Nothing when only projects move.

    A view whose name the receiver uses already gets the giver's name behind it.
    """
    if project_ids is not None:
        return 0
    views = list(SavedView.objects.filter(owner=old).exclude(sharing=SavedView.Sharing.OWN))
    taken = set(SavedView.objects.filter(owner=new).values_list("listing", "name"))
    for view in views:
        if (view.listing, view.name) in taken:
            view.name = f"{view.name[:40]} ({old.name[:12]} {view.pk})"[:60]
        view.owner = new
        bump(view, at=at)
    SavedView.objects.bulk_update(views, ["owner", "name", "version", "updated_at"])
    rows = [events.EventRow(subject=view, data={"old": old.pk, "new": new.pk}) for view in views]
    events.record_many("view.handed_over", rows, by=by, at=at)
    return len(views)


def sessions(target: User) -> "object":
    """The user's sessions."""
    return UserSession.objects.filter(user=target)


def erase_sessions(*, target: User, by: User, at: datetime) -> None:
    """Addresses and browsers are personal: the sessions go."""
    UserSession.objects.filter(user=target).delete()


def erase_tokens(*, target: User, by: User, at: datetime) -> None:
    """The tokens go."""
    AccessToken.objects.filter(user=target).delete()


def erase_notifications(*, target: User, by: User, at: datetime) -> None:
    """The bell is emptied."""
    Notification.objects.filter(user=target).delete()


def erase_follows(*, target: User, by: User, at: datetime) -> None:
    """Nobody is told any more."""
    Follow.objects.filter(user=target).delete()


def erase_recents(*, target: User, by: User, at: datetime) -> None:
    """What somebody looked at is theirs alone."""
    Recent.objects.filter(user=target).delete()


def erase_absence(*, target: User, by: User, at: datetime) -> None:
    """When somebody was away is theirs."""
    Absence.objects.filter(user=target).delete()
