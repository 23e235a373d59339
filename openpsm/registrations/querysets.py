"""Which registrations."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


class RegistrationQuerySet(models.QuerySet[Any]):
    """One's own claims, those of managed departments, and those of visible records."""

    def visible_to(self, user: "User") -> "RegistrationQuerySet":
        own = access.reach(user)
        if own.holds(Permission.ACCOUNT_VIEW_ALL) and own.holds(Permission.PROJECT_VIEW_ALL):
            return self
        condition = Q(owner=user)
        for path in own.managed:
            condition |= Q(owner__department__path__startswith=path)
        projects = apps.get_model("projects", "Project")._default_manager.all()
        return self.filter(condition | Q(Exists(projects.visible_to(user).filter(pk=OuterRef("project_id")))))
