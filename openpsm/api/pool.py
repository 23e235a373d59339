"""The public pool: customers that belong to nobody, why they are there, and taking one."""

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query

from openpsm.accounts.models import Account
from openpsm.api.accounts import Kind, Region
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.registrations import REGISTRATIONS, RegistrationOut
from openpsm.api.schemas import Id, ListQuery, OneOf, Out, Page, Short, sorts
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations import operations, queries
from openpsm.registrations.models import PoolStay

router = area("registrations")
Why = Annotated[str, OneOf(PoolStay.Why)]


class PoolOut(Out):
    """An account in the public pool: since when, why, in whose words, and whose it was."""

    id: int
    version: int
    name: str
    kind: Kind
    region: str
    industry: str
    pooled_at: datetime
    why: Why
    reason: str
    former_owner_id: int | None
    former_owner_name: str | None


class PoolQuery(ListQuery):
    """Filters of the pool."""

    q: Short | None = None
    kind: Kind | None = None
    region: Region | None = None
    sort: Annotated[str, sorts("name", "pooled_at")] = "-pooled_at"


def _with_stays(rows: list[Row], user: User) -> list[Row]:
    """Add why they are there; what an import brought without owner says so (1 query)."""
    stays = queries.open_stays(user).filter(account__in=[row["id"] for row in rows])
    known = {stay.account_id: stay for stay in stays.select_related("former_owner")}
    for row in rows:
        stay = known.get(row["id"])
        former = stay.former_owner if stay else None
        row |= {"why": stay.why if stay else PoolStay.Why.STOCK, "reason": stay.reason if stay else ""}
        row |= {"former_owner_id": former and former.pk, "former_owner_name": former and former.name}
    return rows


POOL = Listing(
    Account,
    PoolOut,
    made=frozenset({"why", "reason", "former_owner_id", "former_owner_name"}),
    finish=_with_stays,
    sorts={"name": "sort_key", "pooled_at": "pooled_at"},
    searches={"q": "matching"},
)


@router.get("", response=Page[PoolOut])
@permission("open")
def pool(request: ApiRequest, query: Query[PoolQuery]) -> HttpResponse:
    """List the customers in the public pool, the latest first."""
    return POOL.page(request, query, pooled_at__isnull=False)


@router.post("/{id:pk}/claim", response={201: RegistrationOut})
@permission(Permission.REGISTRATION_CREATE)
def claim(request: ApiRequest, pk: Id) -> HttpResponse:
    """Take a customer out of the pool; 409 `taken`, `pool-limit`, `pool-day-limit` or `reclaimed-early`."""
    made = operations.claim_account(account_id=pk, by=request.auth, at=timezone.now())
    return REGISTRATIONS.written(request, made, status=201)
