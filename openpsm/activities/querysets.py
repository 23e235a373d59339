"""Which activities: they follow their project, or their account where they have none."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects.querysets import behind

if TYPE_CHECKING:
    from openpsm.org.models import User


class ActivityQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> "ActivityQuerySet":
        """Own ones, those of managed departments, and those of visible projects; none of what lies in a bin."""
        return self.filter(deleted_at=None)._within_reach_of(user)

    def in_bin_of(self, user: "User") -> "ActivityQuerySet":
        """Deleted ones that the user would see otherwise."""
        return self.filter(deleted_at__isnull=False)._within_reach_of(user)

    def _within_reach_of(self, user: "User") -> "ActivityQuerySet":
        mine = Q(owner=user) | (behind(user) or Q())
        accounts = apps.get_model("accounts", "AccountMember")._default_manager
        mine |= Q(project=None, account__in=accounts.filter(user=user).values("account_id"))
        condition = access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=mine)
        live = self.filter(project__deleted_at=None, account__deleted_at=None)
        return live if condition is None else live.filter(condition)


class CommentQuerySet(models.QuerySet[Any]):
    """Comments are read by whoever sees the record they stand at."""

    def visible_to(self, user: "User") -> "CommentQuerySet":
        condition = Q(pk__in=[])
        for name, label in (("project", "projects.Project"), ("account", "accounts.Account")):
            seen = apps.get_model(label)._default_manager.all().visible_to(user)
            condition |= Q(Exists(seen.filter(pk=OuterRef(f"{name}_id"))))
        activities = apps.get_model("activities", "Activity")._default_manager.all()
        condition |= Q(Exists(activities.visible_to(user).filter(pk=OuterRef("activity_id"))))
        return self.filter(condition, deleted_at=None)

    def in_bin_of(self, user: "User") -> "CommentQuerySet":
        """The user's own deleted ones."""
        return self.filter(deleted_at__isnull=False, author=user) if user.is_active else self.none()

    def with_names(self) -> "CommentQuerySet":
        """Join what a comment shows: its author and what it stands at."""
        return self.select_related("author", "project", "account", "activity")


class PriceOfferQuerySet(models.QuerySet[Any]):
    """Prices: one's own, those of people below one, and all with a reach over all accounts."""

    def visible_to(self, user: "User") -> "PriceOfferQuerySet":
        own = access.reach(user)
        if own.holds(Permission.ACCOUNT_VIEW_ALL):
            return self
        condition = Q(owner=user) if user.is_active else Q(pk__in=[])
        return self.filter(condition | Q(owner__department__in=access.below(own.managed)) if own.managed else condition)
