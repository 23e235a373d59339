"""Which projects: visibility first, then the filters that chain."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from openpsm.core.text import fold
from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


class ProjectQuerySet(models.QuerySet["Any"]):
    """Projects that are not in the recycle bin come through `visible_to`."""

    def live(self) -> "ProjectQuerySet":
        return self.filter(deleted_at=None)

    def visible_to(self, user: "User") -> "ProjectQuerySet":
        """Owner, team, managers up the department tree, and roles with a wider reach."""
        members = apps.get_model("projects", "ProjectMember")._default_manager
        mine = Q(pk__in=members.filter(user=user).values("project_id"))
        granted = [pk for pk, held in access.reach(user).on_project.items() if Permission.PROJECT_VIEW_ALL in held]
        if granted:
            mine |= Q(pk__in=granted)
        condition = access.visible(user, view_all=Permission.PROJECT_VIEW_ALL, mine=mine)
        return self.live() if condition is None else self.live().filter(condition)

    def running(self) -> "ProjectQuerySet":
        return self.filter(outcome="open", is_on_hold=False)

    def matching(self, text: str) -> "ProjectQuerySet":
        return self.filter(search_text__contains=fold(text)) if fold(text) else self
