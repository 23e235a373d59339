"""Prices that sellers say they offered: what shows that one undercuts another. Rule: docs/business-rules.md#alerts"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.activities.models import PriceOffer
from openpsm.activities.operations import records
from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import InvalidInput
from openpsm.core.money import QuantityField, default_currency
from openpsm.org.models import User


def state_price(
    *,
    account_id: int,
    unit_price: Decimal,
    unit: str,
    offered_on: date,
    by: User,
    at: datetime,
    product: str = "",
    currency: str = "",
) -> PriceOffer:
    """Say which price for a unit, tax included, one has offered a customer. Raises NotAllowed, InvalidInput."""
    with transaction.atomic():
        records.root(None, account_id, by=by)
        offer = PriceOffer(account_id=account_id, owner=by, unit_price=unit_price, unit=unit.strip(), created_at=at)
        offer.product, offer.offered_on = product.strip(), offered_on
        offer.currency = currency or default_currency()
        _check(offer, today(at))
        offer.save()
        names = ("account_id", "unit_price", "currency", "unit", "product", "offered_on")
        data = {name.removesuffix("_id"): getattr(offer, name) for name in names}
        events.record("price.offered", subject=offer, by=by, at=at, **data)
    return offer


def _check(offer: PriceOffer, on: date) -> None:
    errors: dict[str, Any] = {}
    try:
        if (QuantityField().to_python(offer.unit_price) or 0) <= 0:
            errors["unit_price"] = _("A price is more than nothing.")
    except ValidationError as refused:
        errors["unit_price"] = refused.messages[0]
    if not offer.unit or len(offer.unit) > 20:
        errors["unit"] = _("Say in which unit, in at most 20 signs.")
    if len(offer.product) > 40:
        errors["product"] = _("At most %(n)s signs fit here.") % {"n": 40}
    if offer.offered_on > on:
        errors["offered_on"] = _("Say on which day it was, today or earlier.")
    code = offer.currency
    if not (len(code) == 3 and code.isascii() and code.isupper()):
        errors["currency"] = _("Write the currency with three letters, such as CNY.")
    if errors:
        raise InvalidInput(errors)
