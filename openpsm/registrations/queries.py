"""Reads around registering: how many checks are left, what one may take from the pool, who decides between two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from openpsm.accounts.models import Account
from openpsm.core import limits, parameters
from openpsm.core.dates import today
from openpsm.org import access
from openpsm.org.models import DepartmentManager, Role, User
from openpsm.org.permissions import Permission
from openpsm.registrations.models import PoolStay, Registration
from openpsm.registrations.parameters import CHECKS_PER_HOUR, CLAIMS_PER_DAY, POOL_LIMIT, RECLAIM_DAYS


def checks_left(user: User, *, at: datetime) -> int:
    """Return how many more names the user may check within this hour (1 query beside the parameter's)."""
    used = limits.used(f"registration.check:{user.pk}", per=timedelta(hours=1), at=at)
    return max(0, int(parameters.value(CHECKS_PER_HOUR)) - used)


@dataclass(frozen=True, slots=True)
class PoolRoom:
    """How many unprotected accounts a person holds, and how many were taken from the pool today, of how many."""

    held: int
    most: int
    taken: int
    a_day: int

    @property
    def left(self) -> int:
        """How many may be taken today still."""
        return 0 if self.held >= self.most else max(0, self.a_day - self.taken)


def pool_room(user: User, *, at: datetime) -> PoolRoom:
    """Return what the user may take from the public pool (2 queries beside the parameters')."""
    own = Account.objects.live().filter(owner=user)
    live = Registration.objects.filter(status=Registration.Status.LIVE, kind=Registration.Kind.ACCOUNT)
    guarded = live.filter(protected_until__gte=today(at)).values("account_id")
    midnight = at.astimezone(timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
    taken = PoolStay.objects.filter(claim__created_by=user, left_at__gte=midnight)
    return PoolRoom(
        held=own.exclude(pk__in=guarded).count(),
        most=int(parameters.value(POOL_LIMIT)),
        taken=taken.count(),
        a_day=int(parameters.value(CLAIMS_PER_DAY)),
    )


def free_again_on(user: User, *, former_owner_id: int | None, entered_at: datetime, at: datetime) -> date | None:
    """Return from when on the user may take again what was theirs, None where that may be now (no query)."""
    free = entered_at + timedelta(days=int(parameters.value(RECLAIM_DAYS)))
    return today(free) if former_owner_id == user.pk and free > at else None


def open_stays(user: User) -> QuerySet[PoolStay]:
    """Return the present stays in the pool of accounts that the user sees."""
    stays: QuerySet[PoolStay] = PoolStay.objects.visible_to(user).open()
    return stays


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
    return by_path[max(by_path, key=len)] if by_path else executives({one.pk, other.pk})


def _above_both(one: User, other: User) -> list[str]:
    """Return the paths of the departments to which both belong, from the root down."""
    paths = [(user.department.path or "") if user.department else "" for user in (one, other)]
    mine = [paths[0][: index + 1] for index, sign in enumerate(paths[0]) if sign == "/" and index]
    return [path for path in mine if paths[1].startswith(path)]


def executives(without: set[int]) -> list[User]:
    """Return who sees everything and may arbitrate everywhere (2 queries)."""
    needed = {Permission.REGISTRATION_ARBITRATE, Permission.ACCOUNT_VIEW_ALL, Permission.PROJECT_VIEW_ALL}
    roles = [pk for pk, held in Role.objects.values_list("pk", "permissions") if needed <= set(held)]
    rows = User.objects.active().filter(grants__role__in=roles, grants__department=None, grants__project_id=None)
    return list(rows.exclude(pk__in=without).distinct().order_by("sort_key", "pk")[:20])
