"""Which users, departments, roles, sessions, tokens, tasks and notifications somebody may see."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User

OPEN = Q(done_at=None, dropped_at=None)


class DepartmentQuerySet(models.QuerySet[Any]):
    """The tree: its names are open to all staff."""

    def visible_to(self, user: "User") -> "DepartmentQuerySet":
        return self.all() if user.is_active else self.none()

    def active(self) -> "DepartmentQuerySet":
        return self.filter(is_active=True)

    def below(self, path: str) -> "DepartmentQuerySet":
        """The department of this path and everything under it."""
        return self.filter(path__startswith=path)


class UserQuerySet(models.QuerySet[Any]):
    """Staff: names, posts and departments are open to all staff."""

    def visible_to(self, user: "User") -> "UserQuerySet":
        return self.all() if user.is_active else self.none()

    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)


class RoleQuerySet(models.QuerySet[Any]):
    """Roles: read by those who hand them out or edit them."""

    def visible_to(self, user: "User") -> "RoleQuerySet":
        from openpsm.org.access import reach  # it imports the models

        own = reach(user)
        may = own.holds_anywhere(Permission.USER_ADMIN) or own.holds_anywhere(Permission.ROLE_ADMIN)
        return self.all() if may else self.none()


class UserSessionQuerySet(models.QuerySet[Any]):
    """Sessions: everybody's own."""

    def visible_to(self, user: "User") -> "UserSessionQuerySet":
        return self.filter(user=user) if user.is_active else self.none()


class AccessTokenQuerySet(models.QuerySet[Any]):
    """Tokens: everybody's own; administrators of users see that they exist, to revoke them."""

    def visible_to(self, user: "User") -> "AccessTokenQuerySet":
        from openpsm.org.access import reach  # it imports the models

        if reach(user).holds(Permission.USER_ADMIN):
            return self.all()
        return self.filter(user=user) if user.is_active else self.none()

    def live(self) -> "AccessTokenQuerySet":
        """Tokens that nobody revoked; whether they have expired is for the caller's clock."""
        return self.filter(revoked_at=None)


class SavedViewQuerySet(models.QuerySet[Any]):
    """Views: own ones, those shared with everybody, and those of departments that one belongs to."""

    def visible_to(self, user: "User") -> "SavedViewQuerySet":
        if not user.is_active:
            return self.none()
        home = apps.get_model("org", "Department")._default_manager.filter(pk=user.department_id or 0)
        around = Exists(home.filter(path__startswith=OuterRef("department__path")))
        return self.filter(Q(owner=user) | Q(sharing="all") | Q(Q(sharing="department") & around))


class BulkEditQuerySet(models.QuerySet[Any]):
    """Bulk edits: everybody's own."""

    def visible_to(self, user: "User") -> "BulkEditQuerySet":
        return self.filter(by=user) if user.is_active else self.none()


class TaskQuerySet(models.QuerySet[Any]):
    """Tasks: of their owner, of who opened them, and of the managers of the owner's department or above."""

    def visible_to(self, user: "User") -> "TaskQuerySet":
        from openpsm.org.access import reach  # it imports the models

        if not user.is_active:
            return self.none()
        condition = Q(owner=user) | Q(created_by=user)
        for path in reach(user).managed:
            condition |= Q(owner__department__path__startswith=path)
        return self.filter(condition)

    def open(self) -> "TaskQuerySet":
        """Neither done nor dropped."""
        return self.filter(OPEN)

    def due(self, on: date) -> "TaskQuerySet":
        """Open and due on this day or before."""
        return self.open().filter(due_on__lte=on)


class NotificationQuerySet(models.QuerySet[Any]):
    """Notifications: everybody's own."""

    def visible_to(self, user: "User") -> "NotificationQuerySet":
        return self.filter(user=user) if user.is_active else self.none()

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class ApprovalQuerySet(models.QuerySet[Any]):
    """Approvals: of who asks, of the reviewers and their substitutes, and of the managers above who asks."""

    def visible_to(self, user: "User") -> "ApprovalQuerySet":
        from openpsm.org.access import reach  # it imports the models

        if not user.is_active:
            return self.none()
        asked = Q(reviewer=user) | Q(decided_by=user) | Q(decision="", reviewer__absence__substitute=user)
        condition = Q(created_by=user) | Q(pk__in=_seats().filter(asked).values("approval"))
        for path in reach(user).managed:
            condition |= Q(created_by__department__path__startswith=path)
        return self.filter(condition)

    def waiting(self) -> "ApprovalQuerySet":
        """Neither decided nor ended otherwise."""
        return self.filter(state="waiting")

    def waiting_for(self, user: "User", on: date) -> "ApprovalQuerySet":
        """In whose present step a seat of the user, or of somebody for whom they stand in on that day, is open."""
        away = Q(reviewer__absence__substitute=user, reviewer__absence__from_on__lte=on)
        mine = Q(reviewer=user) | Q(away & Q(reviewer__absence__back_on__gt=on))
        here = _seats().filter(mine, decision="", position=models.F("approval__step"), approval__state="waiting")
        return self.waiting().filter(pk__in=here.values("approval")).exclude(created_by=user)

    def decided_by(self, user: "User") -> "ApprovalQuerySet":
        """On which the user has said yes or no, for themself or for somebody else."""
        return self.filter(pk__in=_seats().filter(decided_by=user).values("approval"))


def _seats() -> Any:
    return apps.get_model("org", "ApprovalSeat")._default_manager.all()


class AbsenceQuerySet(models.QuerySet[Any]):
    """Absences: that a colleague is away, and who stands in, is open to all staff."""

    def visible_to(self, user: "User") -> "AbsenceQuerySet":
        return self.all() if user.is_active else self.none()

    def on(self, day: date) -> "AbsenceQuerySet":
        """Of people who are away on that day."""
        return self.filter(from_on__lte=day, back_on__gt=day)


class OwnQuerySet(models.QuerySet[Any]):
    """What belongs to one person alone: records followed and opened."""

    def visible_to(self, user: "User") -> "OwnQuerySet":
        return self.filter(user=user) if user.is_active else self.none()


class HandoverQuerySet(models.QuerySet[Any]):
    """Handovers: of who gave, who took the step, who received, and of the managers above the giver."""

    def visible_to(self, user: "User") -> "HandoverQuerySet":
        from openpsm.org.access import reach  # it imports the models
        from openpsm.org.models import HandoverItem

        if not user.is_active:
            return self.none()
        received = HandoverItem.objects.filter(receiver=user).values("handover")
        condition = Q(giver=user) | Q(created_by=user) | Q(pk__in=received)
        for path in reach(user).managed:
            condition |= Q(giver__department__path__startswith=path)
        return self.filter(condition)


class HandoverItemQuerySet(models.QuerySet[Any]):
    """Items: the receiver's own, and all of a handover for who gave, took the step or stands above the giver."""

    def visible_to(self, user: "User") -> "HandoverItemQuerySet":
        from openpsm.org.access import reach  # it imports the models

        if not user.is_active:
            return self.none()
        condition = Q(receiver=user) | Q(handover__giver=user) | Q(handover__created_by=user)
        for path in reach(user).managed:
            condition |= Q(handover__giver__department__path__startswith=path)
        return self.filter(condition)

    def waiting(self) -> "HandoverItemQuerySet":
        """Not confirmed, and not handed on since."""
        return self.filter(confirmed_at=None, passed_on_at=None)
