"""Which registrations."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects.querysets import behind

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
        through = behind(user) or Q(project__isnull=False)
        return self.filter(condition | (through & Q(project__deleted_at=None)))
