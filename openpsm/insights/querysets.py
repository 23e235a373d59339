"""Which alerts somebody sees: those that call upon them or on people below them, about records that they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.accounts.models import Account
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project

if TYPE_CHECKING:
    from openpsm.org.models import User


class AlertQuerySet(models.QuerySet[Any]):
    """Whom an alert for managers is about does not see it, whatever they manage."""

    def open(self) -> AlertQuerySet:
        return self.exclude(state="closed")

    def visible_to(self, user: User) -> AlertQuerySet:
        if not user.is_active:
            return self.none()
        mine = Q(people__user=user)
        ids = self.model._base_manager.filter(mine).values("pk")
        above = self._above(user)
        condition = Q() if above is None else Q(pk__in=ids) | above
        hidden = Q(is_for_managers=True, seller=user)
        return self.filter(condition, self._seen(user)).exclude(hidden)

    def addressed_to(self, user: User) -> AlertQuerySet:
        """Alerts that call upon the person; a choice among the visible ones."""
        ids = self.model._base_manager.filter(people__user=user).values("pk")
        return self.filter(pk__in=ids)

    def _above(self, user: User) -> Q | None:
        """Alerts of the departments that the person manages; None means all of them."""
        own = access.reach(user)
        wide = (Permission.PROJECT_VIEW_ALL, Permission.ACCOUNT_VIEW_ALL, Permission.REGISTRATION_ARBITRATE)
        if all(own.holds(each) for each in wide):
            return None
        return Q(department__in=access.below(own.managed)) if own.managed else Q(pk__in=[])

    def _seen(self, user: User) -> Q:
        projects = Project.objects.visible_to(user).filter(pk=OuterRef("project_id"))
        accounts = Account.objects.visible_to(user).filter(pk=OuterRef("account_id"))
        through_account = Q(Exists(accounts), project=None, account__isnull=False)
        through_project = Q(Exists(projects), project__isnull=False)
        return through_project | through_account | Q(project=None, account=None)
