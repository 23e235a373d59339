"""Whose territory a customer lies in, and whether this person may register it there.

Rule: docs/business-rules.md#territories
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts.models import Account, Division, Industry
from openpsm.accounts.names import place_codes
from openpsm.accounts.rules import normal_uscc
from openpsm.core.errors import DomainError
from openpsm.core.text import fold
from openpsm.core.versions import bump
from openpsm.org import access, approvals
from openpsm.org.models import Approval, Department, DepartmentManager, User
from openpsm.org.permissions import Permission
from openpsm.registrations import queries
from openpsm.registrations.models import Territory, TerritoryException

KIND = "registration.exception"


class Place(Protocol):
    """What is asked of a customer, new or known."""

    @property
    def name(self) -> str: ...
    @property
    def uscc(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def industry(self) -> str: ...


class OutsideTerritory(DomainError):
    """The customer lies in territories in which others work."""

    code = "outside-territory"

    def __init__(self, territories: Sequence[Territory], place: Place) -> None:
        names = "、".join(territory.name for territory in territories[:3])
        message = _("This customer lies in the territory “%(name)s”, in which others work. Ask for an exception.")
        super().__init__(message % {"name": names}, territories=[territory.name for territory in territories[:3]])
        self.territories, self.place = list(territories), place


def takes_in(regions: Collection[str], industries: Collection[str], *, region: str, industry: str) -> bool:
    """Whether a place and an industry lie within these beginnings of codes; a customer without a code lies outside."""
    by_region = not regions or region.startswith(tuple(regions))
    by_industry = not industries or industry.startswith(tuple(industries))
    return bool(regions or industries) and by_region and by_industry


def regions_of(place: Place) -> tuple[str, ...]:
    """Return where a customer lies: the region given, else that of its credit code, else that of its name.

    A place whose name is that of several lies in each of them.
    """
    if place.region.strip():
        return (place.region.strip(),)
    code = normal_uscc(place.uscc)
    if len(code) == 18 and code[2:8].isdigit() and not code.startswith("10", 2):  # 100000: entered at the ministry
        return (code[2:8],)
    return place_codes(place.name)


def strange_territories(places: Sequence[Place], by: User) -> list[list[Territory]]:
    """Return for each customer the territories that keep this person from it, mostly none.

    One is free who works in any of those it lies in, was granted an exception, or may register anywhere (1 query
    without territories, else at most 3, whatever the number of customers).
    """
    if not places:
        return []
    rows = list(_with_mine(by))
    if not rows or access.can(by, Permission.REGISTRATION_ANYWHERE):
        return [[] for _place in places]
    named, granted = _named(places), _granted(by)
    return [_strange(place, rows, named, granted) for place in places]


def _with_mine(by: User) -> list[Any]:
    """Return the active territories, each with `is_mine`."""
    works = User.objects.filter(pk=by.pk, territories=OuterRef("pk"))
    below = User.objects.filter(pk=by.pk, department__path__startswith=OuterRef("path"))
    through = Department.objects.filter(Exists(below), territories=OuterRef("pk"))
    return list(Territory.objects.active().annotate(is_mine=Exists(works) | Exists(through)).order_by("name", "pk"))


def _named(places: Sequence[Place]) -> set[tuple[int, int]]:
    ids = [place.pk for place in places if isinstance(place, Account)]
    rows = Territory.objects.active().filter(accounts__in=ids).values_list("pk", "accounts") if ids else ()
    return set(rows)


def _granted(by: User) -> set[tuple[int, str, str]]:
    """What others have said yes to, each with the bounds of the territory as they were then."""
    rows = TerritoryException.objects.filter(asker=by, granted_at__isnull=False)
    return set(rows.values_list("territory_id", "strict_key", "approval__fingerprint"))


def _strange(
    place: Place, rows: Sequence[Any], named: set[tuple[int, int]], granted: set[tuple[int, str, str]]
) -> list[Territory]:
    pk, key = (place.pk if isinstance(place, Account) else 0), fold(place.name)[:200]
    regions = regions_of(place)
    here = [row for row in rows if (row.pk, pk) in named or _lies_in(place, regions, row)]
    is_free = any(row.is_mine or (row.pk, key, looks(row)) in granted for row in here)
    return [] if is_free else here


def _lies_in(place: Place, regions: Sequence[str], row: Territory) -> bool:
    """Of several places of one name all must lie in it."""
    return all(
        takes_in(row.regions, row.industries, region=one, industry=place.industry.strip()) for one in regions or ("",)
    )


def words_of(rows: Iterable[Territory]) -> dict[str, str]:
    """Return what the codes of these territories are called (2 queries)."""
    found = list(rows)
    codes = {code: code.ljust(6, "0") for row in found for code in row.regions}
    names = dict(Division.objects.filter(pk__in=codes.values()).values_list("pk", "full_name"))
    trades = Industry.objects.filter(pk__in={code for row in found for code in row.industries})
    words = {code: names[full] for code, full in codes.items() if full in names}
    return words | {one.code: str(one) for one in trades}


def require_territory(place: Place, by: User) -> None:
    """Raise OutsideTerritory where others work in the territory of this customer (at most 4 queries)."""
    (strange,) = strange_territories([place], by)
    if strange:
        raise OutsideTerritory(strange, place)


def require_no_strange_move(account: Account, changes: Mapping[str, Any], by: User) -> None:
    """Raise OutsideTerritory where a change of region or industry would carry a customer into others' territory.

    Else whoever registers it without a region, and fills that in later, would be past the question.
    """
    keys = ("region", "industry")
    if all(str(changes.get(key, getattr(account, key))).strip() == getattr(account, key) for key in keys):
        return
    after = copy(account)
    for key in keys:
        setattr(after, key, str(changes.get(key, getattr(account, key))).strip())
    before, now = strange_territories([account, after], by)
    if now and not {one.pk for one in now} <= {one.pk for one in before}:
        raise OutsideTerritory(now, account)


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
    """Return who may grant an exception, never the asker: who manages the departments that work there.

    Of each department that works there, and without departments of those of its people, the nearest managers above;
    where there are none, the executives (at most 5 queries).
    """
    paths = list(territory.departments.values_list("path", flat=True)) or list(
        territory.people.filter(department__isnull=False).values_list("department__path", flat=True)
    )
    above = {
        path: [path[: index + 1] for index, sign in enumerate(path) if sign == "/" and index] for path in paths if path
    }
    wanted = {one for chain in above.values() for one in chain}
    links = DepartmentManager.objects.filter(department__path__in=wanted, user__is_active=True).exclude(user=asker)
    by_path: dict[str, list[User]] = {}
    for link in links.select_related("user", "department").order_by("user__sort_key", "user"):
        by_path.setdefault(link.department.path or "", []).append(link.user)
    nearest = (max((one for one in chain if one in by_path), key=len, default="") for chain in above.values())
    found = {user.pk: user for path in dict.fromkeys(nearest) for user in by_path.get(path, ())}
    return list(found.values())[:20] or queries.executives({asker.pk})
