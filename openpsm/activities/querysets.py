"""Which activities: they follow their project, or their account where they have none."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


class ActivityQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: "User") -> "ActivityQuerySet":
        """Own ones, those of managed departments, and those of visible projects; none of what lies in a bin."""
        projects = apps.get_model("projects", "Project")._default_manager.all()
        seen = Exists(projects.visible_to(user).filter(pk=OuterRef("project_id")))  # asked for each row, not of all
        mine = Q(owner=user) | Q(seen)
        accounts = apps.get_model("accounts", "AccountMember")._default_manager
        mine |= Q(project=None, account__in=accounts.filter(user=user).values("account_id"))
        condition = access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=mine)
        live = self.filter(deleted_at=None, project__deleted_at=None, account__deleted_at=None)
        return live if condition is None else live.filter(condition)
