"""Products: create and change; one that was ever sold is taken off sale, not deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.catalog.models import Product
from openpsm.core import custom, events, memo
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.text import fold, is_placeholder, search_text, sort_key
from openpsm.core.versions import bump, require_version
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission

EDITABLE = ("code", "name", "line", "unit", "is_active", "custom")


@dataclass(frozen=True)
class NewProduct:
    """A product to be made; `code` is unique."""

    code: str
    name: str
    unit: str
    line: str = ""
    is_active: bool = True
    custom: Mapping[str, Any] = field(default_factory=dict)


def create_products(*, rows: Sequence[NewProduct], by: User, at: datetime) -> list[Product]:
    """Create products (5 statements for any number). Raises NotAllowed, InvalidInput, DomainError `duplicate`."""
    require(by, Permission.PRODUCT_EDIT)
    with memo.ensured():
        products = [_draft(row, by, at) for row in rows]
    codes = [product.code for product in products]
    with transaction.atomic():
        _require_new(codes)
        Product.objects.bulk_create(products)
        made = [EventRow(subject=one, data={"code": one.code, "name": one.name}) for one in products]
        events.record_many("product.created", made, by=by, at=at)
    return products


def check_new_product(row: NewProduct) -> None:
    """Raise InvalidInput for what `create_products` would refuse in the fields of a row; no query but custom fields."""
    product = Product(code=row.code, name=row.name, unit=row.unit, line=row.line)
    product.custom = custom.clean(Product, row.custom)
    _clean(product)


def withdraw_products(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Take imported products off sale unless somebody has changed them since; returns their ids (4 statements)."""
    require(by, Permission.PRODUCT_EDIT)
    with transaction.atomic():
        rows = Product.objects.visible_to(by).select_for_update(no_key=True).filter(pk__in=versions)
        products = [one for one in rows.order_by("pk") if one.version == versions[one.pk]]
        for product in products:
            product.is_active = False
            bump(product, at=at)
        Product.objects.bulk_update(products, ["is_active", "version", "updated_at"])
        old, new = {"is_active": True}, {"is_active": False}
        changed = [EventRow(subject=one, data={"old": old, "new": new}) for one in products]
        events.record_many("product.changed", changed, by=by, at=at)
    return {product.pk for product in products}


def _require_new(codes: Sequence[str]) -> None:
    twice = sorted({code for code in codes if codes.count(code) > 1})
    twice += Product.objects.filter(code__in=codes).values_list("code", flat=True)
    if twice:
        raise DomainError(
            _("There is a product with the code %(code)s already.") % {"code": twice[0]}, code="duplicate"
        )


def _draft(row: NewProduct, by: User, at: datetime) -> Product:
    product = Product(code=row.code, name=row.name, unit=row.unit, line=row.line, created_by=by)
    product.is_active = row.is_active
    product.created_at = product.updated_at = at
    product.custom = custom.clean(Product, row.custom)
    _clean(product)
    return product


def _clean(product: Product) -> None:
    for name in ("code", "name", "line", "unit"):
        setattr(product, name, str(getattr(product, name)).strip())
    errors: dict[str, str] = {}
    if is_placeholder(product.name):
        errors["name"] = _("Please enter the name of the product.")
    for name in ("code", "unit"):
        if not getattr(product, name):
            errors[name] = _("This field is required.")
    for name in ("code", "name", "line", "unit"):
        limit = getattr(Product._meta.get_field(name), "max_length", None)
        if limit and len(getattr(product, name)) > limit:
            errors[name] = _("At most %(n)s signs fit here.") % {"n": limit}
    if errors:
        raise InvalidInput(errors)
    product.sort_key = sort_key(product.name)
    product.search_text = search_text(fold(product.name), fold(product.code), fold(product.line))


def update_product(
    *, product_id: int, changes: Mapping[str, Any], by: User, at: datetime, version: int | None = None
) -> Product:
    """Change a product or take it off sale (`is_active`). Raises NotAllowed, Stale, InvalidInput, DomainError."""
    require(by, Permission.PRODUCT_EDIT)
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise InvalidInput({name: _("This field cannot be changed.") for name in sorted(unknown)})
    with transaction.atomic():
        product: Product = Product.objects.visible_to(by).select_for_update(no_key=True).get(pk=product_id)
        require_version(product, version)
        before = {name: getattr(product, name) for name in EDITABLE}
        for name, value in changes.items():
            kept = product.custom
            setattr(product, name, custom.clean(Product, value, existing=kept) if name == "custom" else value)
        _clean(product)
        old = {name: value for name, value in before.items() if getattr(product, name) != value}
        if not old:
            return product
        if "code" in old:
            _require_new([product.code])
        bump(product, at=at)
        product.save()
        new = {name: getattr(product, name) for name in old}
        events.record("product.changed", subject=product, by=by, at=at, old=old, new=new)
    return product
