"""Which registrations."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects.querysets import behind

if TYPE_CHECKING:
    from openpsm.org.models import User


class ArbitrationQuerySet(models.QuerySet[Any]):
    """Arbitrations: of the two who claim, and of those who see the question as reviewers or managers."""

    def visible_to(self, user: "User") -> "ArbitrationQuerySet":
        if not user.is_active:
            return self.none()
        from openpsm.org.models import Approval  # the models of this package load with these querysets

        asked = Approval.objects.visible_to(user).values("pk")
        return self.filter(Q(asker=user) | Q(holder=user) | Q(approval__in=asked))

    def open(self) -> "ArbitrationQuerySet":
        """Neither decided nor withdrawn nor void."""
        return self.filter(ended_at=None)


class PoolStayQuerySet(models.QuerySet[Any]):
    """Stays in the pool are read by whoever sees the account."""

    def visible_to(self, user: "User") -> "PoolStayQuerySet":
        accounts: Any = apps.get_model("accounts", "Account")._default_manager.all()
        return self.filter(Exists(accounts.visible_to(user).filter(pk=OuterRef("account_id"))))

    def open(self) -> "PoolStayQuerySet":
        return self.filter(left_at=None)


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


class TerritoryQuerySet(models.QuerySet[Any]):
    """Territories: everybody here may know who works where, so that a refusal can say it."""

    def visible_to(self, user: "User") -> "TerritoryQuerySet":
        return self if user.is_active else self.none()

    def active(self) -> "TerritoryQuerySet":
        return self.filter(is_active=True)


class TerritoryExceptionQuerySet(models.QuerySet[Any]):
    """Exceptions: of whoever asks, and of those who see the question."""

    def visible_to(self, user: "User") -> "TerritoryExceptionQuerySet":
        if not user.is_active:
            return self.none()
        from openpsm.org.models import Approval  # the models of this package load with these querysets

        return self.filter(Q(asker=user) | Q(approval__in=Approval.objects.visible_to(user).values("pk")))

    def open(self) -> "TerritoryExceptionQuerySet":
        """Neither granted nor refused."""
        return self.filter(ended_at=None)
