"""Reads around registering: how many checks are left, who decides between two claims."""

from __future__ import annotations

from datetime import datetime, timedelta

from openpsm.core import limits, parameters
from openpsm.org.models import DepartmentManager, User
from openpsm.registrations.parameters import CHECKS_PER_HOUR


def checks_left(user: User, *, at: datetime) -> int:
    """Return how many more names the user may check within this hour (1 query beside the parameter's)."""
    used = limits.used(f"registration.check:{user.pk}", per=timedelta(hours=1), at=at)
    return max(0, int(parameters.value(CHECKS_PER_HOUR)) - used)


def arbiter_for(user: User) -> User | None:
    """Return the nearest manager above the user, who hears of a collision first (1 query); None without one."""
    path = (user.department.path or "") if user.department else ""
    above = [path[: index + 1] for index, sign in enumerate(path) if sign == "/"]
    managers = DepartmentManager.objects.filter(department__path__in=above, user__is_active=True).exclude(user=user)
    link = managers.select_related("user", "department").order_by("-department__path", "user__sort_key").first()
    return link.user if link else None
