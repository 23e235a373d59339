"""Lost deals and customers, open to all sellers; monthly volumes of accounts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from openpsm.accounts import operations
from openpsm.accounts.models import Account, AccountVolume, LossReason, LossRecord
from openpsm.accounts.operations import Loss
from openpsm.activities import operations as activities
from openpsm.activities.models import PriceOffer
from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row, Shape
from openpsm.api.schemas import NO_NUL, Day, Id, In, ListQuery, OneOf, Out, Page, Quantity, sorts
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import ClosingReason, ClosingReport, Outcome, Project

router = area("lost")
Line = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]


class VolumeOut(Out):
    """What an account took in a month; no product code means everything, the amount includes tax."""

    id: int
    version: int
    account_id: int
    month: date
    product: str
    quantity: Decimal
    unit: str
    amount: Decimal | None
    amount_currency: str
    source: str


class VolumeQuery(ListQuery):
    """Filters of volumes."""

    account_id: Id | None = None
    month_from: Day | None = None
    month_to: Day | None = None
    sort: Annotated[str, sorts("id", "month")] = "-month"


class PriceOut(Out):
    """A price for one unit, tax included, that somebody offered a customer."""

    id: int
    account_id: int
    owner_id: int
    product: str
    unit_price: Decimal
    currency: str
    unit: str
    offered_on: date


class PriceIn(In):
    """What was offered, for one unit, tax included."""

    unit_price: Quantity
    unit: Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=NO_NUL)]
    offered_on: Day
    product: Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)] = ""
    currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")] = ""


class LostDealOut(Out):
    """A lost or dropped project; which one it is (`project_id`) only where you see it."""

    id: int
    project_id: int | None
    outcome: Annotated[str, OneOf(Outcome)]
    reason: Annotated[str, OneOf(ClosingReason)]
    winner_name: str | None
    winner_amount: Decimal | None
    winner_currency: str
    destination: str
    at: datetime


class LostDealQuery(ListQuery):
    """Filters of lost deals."""

    outcome: Annotated[str, OneOf(Outcome)] | None = None
    reason: Annotated[str, OneOf(ClosingReason)] | None = None
    sort: Annotated[str, sorts("id", "at")] = "-id"


class LostCustomerOut(Out):
    """A lost customer; which one it is (`account_id`) only where you see it. The price is one unit's, tax included."""

    id: int
    account_id: int | None
    reason: str
    winner_name: str | None
    price: Decimal | None
    price_currency: str
    price_unit: str
    destination: str
    lost_on: date | None
    due_on: date
    reported_at: datetime | None


class LostCustomerQuery(ListQuery):
    """Filters of lost customers."""

    reason: Annotated[str, OneOf(LossReason)] | None = None
    sort: Annotated[str, sorts("id")] = "-id"


class LossIn(In):
    """The follow-up form of a lost customer."""

    reason: Annotated[str, OneOf(LossReason)]
    destination: Line
    lost_on: Day
    reason_text: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] = ""
    winner_name: Line = ""
    price: Quantity | None = None
    price_currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")] = ""
    price_unit: Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)] = ""


def _masking(model: Any, name: str) -> Any:
    def finish(rows: list[Row], user: User) -> list[Row]:
        """Leave the id of what the reader sees alone (1 query)."""
        ids = {row[name] for row in rows}
        seen = set(model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
        for row in rows:
            row[name] = row[name] if row[name] in seen else None
        return rows

    return finish


VOLUMES = Listing(
    AccountVolume,
    VolumeOut,
    sorts={"id": "id", "month": "month"},
    lookups={"month_from": "month__gte", "month_to": "month__lte"},
)
PRICES = Shape(PriceOffer, PriceOut)
DEALS = Listing(
    ClosingReport,
    LostDealOut,
    aliases={"winner_name": "winner__name"},
    finish=_masking(Project, "project_id"),
    sorts={"id": "id", "at": "at"},
)
CUSTOMERS = Listing(
    LossRecord,
    LostCustomerOut,
    aliases={"winner_name": "winner__name"},
    finish=_masking(Account, "account_id"),
    sorts={"id": "id"},
)


@router.get("/account-volumes", response=Page[VolumeOut])
@permission(OPEN)
def volumes(request: ApiRequest, query: Query[VolumeQuery]) -> HttpResponse:
    """List what the accounts that you see took, month by month."""
    return VOLUMES.page(request, query)


@router.post("/accounts/{id:pk}/prices", response={201: PriceOut})
@permission(Permission.ACTIVITY_EDIT)
def state_price(request: ApiRequest, pk: Id, body: PriceIn) -> HttpResponse:
    """Say which price for a unit, tax included, you have offered this customer."""
    made = activities.state_price(account_id=pk, by=request.auth, at=timezone.now(), **body.model_dump())
    return PRICES.written(request, made, status=201)


@router.get("/lost-deals", response=Page[LostDealOut])
@permission(OPEN)
def deals(request: ApiRequest, query: Query[LostDealQuery]) -> HttpResponse:
    """List lost and dropped projects: reason, winner, price and destination are open to all sellers."""
    return DEALS.page(request, query)


@router.get("/lost-customers", response=Page[LostCustomerOut])
@permission(OPEN)
def customers(request: ApiRequest, query: Query[LostCustomerQuery]) -> HttpResponse:
    """List lost customers: reason, winner, price and destination are open to all sellers."""
    return CUSTOMERS.page(request, query)


@router.post("/accounts/{id:pk}/loss", response=LostCustomerOut)
@permission(Permission.ACCOUNT_EDIT)
def report_loss(request: ApiRequest, pk: Id, body: LossIn) -> HttpResponse:
    """Fill in the follow-up form of a lost customer, asked for or not."""
    made = operations.report_loss(account_id=pk, loss=Loss(**body.model_dump()), by=request.auth, at=timezone.now())
    return answer(CUSTOMERS.one(request.auth, made.pk))


@router.post("/accounts/{id:pk}/loss/judge", response=LostCustomerOut)
@permission(Permission.ACCOUNT_EDIT)
def judge_lost(request: ApiRequest, pk: Id) -> HttpResponse:
    """Say as a manager that the customer is lost: its owner owes the form."""
    made = operations.judge_lost(account_id=pk, by=request.auth, at=timezone.now())
    return answer(CUSTOMERS.one(request.auth, made.pk))
