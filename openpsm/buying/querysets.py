"""Which people, facts, rivals and criteria: they follow their project; supporter labels do not."""

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Q

from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


class _OfProject(models.QuerySet[Any]):
    """Rows of a visible project that were not taken away."""

    def visible_to(self, user: "User") -> Self:
        projects = apps.get_model("projects", "Project")._default_manager.all()
        return self.live().filter(project__in=projects.visible_to(user))

    def live(self) -> Self:
        return self.filter(removed_at=None)


class StakeholderQuerySet(_OfProject):
    """The people of the buying decision."""


class IntelligenceQuerySet(_OfProject):
    """What is known."""

    def current(self) -> Self:
        """Items that no later one replaced."""
        return self.live().filter(replaced_by=None)

    def with_open_source(self, user: "User") -> Self:
        """Items whose informant the user may know: inside sources are known to the author's line of command only."""
        condition = ~Q(source="inside") | Q(author=user)
        for path in access.reach(user).managed:
            condition |= Q(author__department__path__startswith=path)
        return self.filter(condition)


class ContenderQuerySet(_OfProject):
    """The rivals."""


class CriterionQuerySet(_OfProject):
    """The purchase criteria."""


class SupporterLabelQuerySet(models.QuerySet[Any]):
    """Secret: the author's line of command only, whoever else sees the project."""

    def live(self) -> "SupporterLabelQuerySet":
        return self.filter(ended_at=None)

    def visible_to(self, user: "User") -> "SupporterLabelQuerySet":
        own = access.reach(user)
        if not own.holds_anywhere(Permission.INSIDER_VIEW):
            return self.none()
        condition = Q(author=user)
        for path in own.managed:
            condition |= Q(author__department__path__startswith=path)
        return self.live().filter(condition)
