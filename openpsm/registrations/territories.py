"""Whose territory a customer lies in, and whether this person may register it there.

Rule: docs/business-rules.md#territories
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts.models import Account
from openpsm.core.errors import DomainError
from openpsm.core.text import fold
from openpsm.core.versions import bump
from openpsm.org import access, approvals
from openpsm.org.models import Approval, Department, User
from openpsm.org.permissions import Permission
from openpsm.registrations import queries
from openpsm.registrations.models import Territory, TerritoryException

KIND = "registration.exception"


class Place(Protocol):
    """What is asked of a customer, new or known."""

    @property
    def name(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def industry(self) -> str: ...


class OutsideTerritory(DomainError):
    """The customer lies in territories in which others work."""

    code = "outside-territory"

    def __init__(self, territories: Sequence[Territory]) -> None:
        names = "、".join(territory.name for territory in territories[:3])
        message = _("This customer lies in the territory “%(name)s”, in which others work. Ask for an exception.")
        super().__init__(message % {"name": names}, territories=[territory.name for territory in territories[:3]])
        self.territories = list(territories)


def takes_in(regions: Collection[str], industries: Collection[str], *, region: str, industry: str) -> bool:
    """Whether a place and an industry lie within these beginnings of codes; a customer without a code lies outside."""
    by_region = not regions or region.startswith(tuple(regions))
    by_industry = not industries or industry.startswith(tuple(industries))
    return bool(regions or industries) and by_region and by_industry


def strange_territories(places: Sequence[Place], by: User) -> list[list[Territory]]:
    """Return for each customer the territories that keep this person from it, mostly none.

    One is free who works in any of those it lies in, was granted an exception, or takes over stock (1 query without
    territories, else at most 3, whatever the number of customers).
    """
    rows = list(_with_mine(by))
    if not rows or access.can(by, Permission.TAKE_OVER):
        return [[] for _place in places]
    named, granted = _named(places), _granted(by)
    return [_strange(place, rows, named, granted) for place in places]


def _with_mine(by: User) -> list[Any]:
    """Return the active territories, each with `is_mine`."""
    works = User.objects.filter(pk=by.pk, territories=OuterRef("pk"))
    path = (by.department.path or "") if by.department else ""
    above = [path[: index + 1] for index, sign in enumerate(path) if sign == "/" and index]
    departments: Any = Department.objects
    through = departments.filter(path__in=above, territories=OuterRef("pk"))
    return list(Territory.objects.active().annotate(is_mine=Exists(works) | Exists(through)).order_by("name", "pk"))


def _named(places: Sequence[Place]) -> set[tuple[int, int]]:
    ids = [place.pk for place in places if isinstance(place, Account)]
    rows = Territory.objects.active().filter(accounts__in=ids).values_list("pk", "accounts") if ids else ()
    return set(rows)


def _granted(by: User) -> set[tuple[int, str]]:
    rows = TerritoryException.objects.filter(asker=by, granted_at__isnull=False)
    return set(rows.values_list("territory_id", "strict_key"))


def _strange(
    place: Place, rows: Sequence[Any], named: set[tuple[int, int]], granted: set[tuple[int, str]]
) -> list[Territory]:
    pk, key = (place.pk if isinstance(place, Account) else 0), fold(place.name)[:200]
    here = [row for row in rows if (row.pk, pk) in named or _lies_in(place, row)]
    is_free = any(row.is_mine or (row.pk, key) in granted for row in here)
    return [] if is_free else here


def _lies_in(place: Place, row: Territory) -> bool:
    return takes_in(row.regions, row.industries, region=place.region, industry=place.industry)


def require_territory(place: Place, by: User) -> None:
    """Raise OutsideTerritory where others work in the territory of this customer (at most 4 queries)."""
    (strange,) = strange_territories([place], by)
    if strange:
        raise OutsideTerritory(strange)


# --- exceptions as approvals


def looks(territory: Territory) -> str:
    """Return what a yes is about: the bounds of the territory, and that it is there."""
    bounds = [territory.is_active, territory.regions, territory.industries]
    return hashlib.sha256(json.dumps(bounds).encode()).hexdigest()


def _of(approval: Approval) -> TerritoryException | None:
    rows = TerritoryException.objects.select_related("territory")
    return rows.filter(pk=approval.subject_id).first()


def _fingerprint(approval: Approval) -> str:
    found = _of(approval)
    return looks(found.territory) if found else ""


def _lines(approval: Approval, _reader: User) -> Sequence[approvals.Line]:
    found = _of(approval)
    return [(gettext_lazy("Territory"), found.territory.name)] if found else []


def _closed(approval: Approval, _by: User | None, at: datetime) -> None:
    found = _of(approval)
    if found is None:
        return
    found.ended_at = at
    found.granted_at = at if approval.state == Approval.State.APPROVED else None
    found.save(update_fields=["ended_at", "granted_at", *bump(found, at=at)])


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    label = gettext_lazy("Exception from a territory")
    approvals.declare(approvals.Kind(KIND, label, closed=_closed, lines=_lines, fingerprint=_fingerprint))


def deciders(territory: Territory, asker: User) -> list[User]:
    """Return who may grant an exception: the managers of the departments that work there, never the asker.

    Without departments those of the people who work there; without any such manager the executives (at most 3
    queries).
    """
    own = Q(managed_links__department__territories=territory)
    theirs = Q(managed_links__department__members__territories=territory)
    rows = User.objects.active().filter(own | theirs).exclude(pk=asker.pk)
    return list(rows.distinct().order_by("sort_key", "pk")[:20]) or queries.executives({asker.pk})
