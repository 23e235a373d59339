"""Reads around registering: how many checks are left, who decides between two claims."""

from __future__ import annotations

from datetime import datetime, timedelta

from openpsm.core import limits, parameters
from openpsm.org import access
from openpsm.org.models import DepartmentManager, Role, User
from openpsm.org.permissions import Permission
from openpsm.registrations.parameters import CHECKS_PER_HOUR


def checks_left(user: User, *, at: datetime) -> int:
    """Return how many more names the user may check within this hour (1 query beside the parameter's)."""
    used = limits.used(f"registration.check:{user.pk}", per=timedelta(hours=1), at=at)
    return max(0, int(parameters.value(CHECKS_PER_HOUR)) - used)


def arbiters_of(one: User, other: User) -> list[User]:
    """Return who may decide between two: the managers of the nearest department above both, at the root any executive.

    Never one of the two. At most 3 queries and one a candidate.
    """
    above = _above_both(one, other)
    links = DepartmentManager.objects.filter(department__path__in=above, user__is_active=True)
    links = links.exclude(user__in=(one, other)).select_related("user", "department")
    by_path: dict[str, list[User]] = {}
    for link in links.order_by("user__sort_key", "user"):
        path = link.department.path or ""
        if access.reach(link.user).holds(Permission.REGISTRATION_ARBITRATE, path=path):
            by_path.setdefault(path, []).append(link.user)
    return by_path[max(by_path, key=len)] if by_path else _executives({one.pk, other.pk})


def _above_both(one: User, other: User) -> list[str]:
    """Return the paths of the departments to which both belong, from the root down."""
    paths = [(user.department.path or "") if user.department else "" for user in (one, other)]
    mine = [paths[0][: index + 1] for index, sign in enumerate(paths[0]) if sign == "/" and index]
    return [path for path in mine if paths[1].startswith(path)]


def _executives(without: set[int]) -> list[User]:
    """Return who sees everything and may arbitrate everywhere (2 queries)."""
    needed = {Permission.REGISTRATION_ARBITRATE, Permission.ACCOUNT_VIEW_ALL, Permission.PROJECT_VIEW_ALL}
    roles = [pk for pk, held in Role.objects.values_list("pk", "permissions") if needed <= set(held)]
    rows = User.objects.active().filter(grants__role__in=roles, grants__department=None, grants__project_id=None)
    return list(rows.exclude(pk__in=without).distinct().order_by("sort_key", "pk")[:20])
