"""Products as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.catalog import operations
from openpsm.catalog.models import Product
from openpsm.catalog.operations import NewProduct
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base, custom
from openpsm.exchange.imports.kinds.base import Column, Context, Created, Draft, Kind, Values
from openpsm.org.permissions import Permission


def new_product(values: Mapping[str, Any]) -> NewProduct:
    """Return the row that the domain takes; without a code the name is the code."""
    texts = {name: values.get(name, "") for name in ("code", "name", "unit", "line")}
    return NewProduct(**texts, is_active=values.get("is_active", True), custom=custom.values_of(dict(values)))


def check_products(drafts: Sequence[Draft], ctx: Context) -> None:
    """Codes are unique (1 query)."""
    for draft in drafts:
        name = draft.values.get("name", "")
        draft.values.setdefault("code", name[:40])
        draft.values.setdefault("unit", _("piece"))
    codes = {draft.values["code"] for draft in drafts}
    known = dict(Product.objects.visible_to(ctx.by).filter(code__in=codes).values_list("code", "pk"))
    for draft in drafts:
        base.problems(draft, lambda values: operations.check_new_product(new_product(values)))
        code = draft.values["code"]
        earlier = ctx.twice(code, draft.number)
        if earlier is not None:
            draft.errors["code"] = _("Row %(row)s has the same code.") % {"row": earlier}
        elif code in known and ctx.update_by:
            draft.match_id = known[code]
        elif code in known:
            draft.errors["code"] = _("There is a product with the code %(code)s already.") % {"code": code}


def create_products(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Make products."""
    given = [new_product(values) for _number, values in rows]
    return [(one.pk, one.version) for one in operations.create_products(rows=given, by=ctx.by, at=ctx.at)]


def update_product(pk: int, values: Values, ctx: Context) -> tuple[int, Values]:
    """Change what the table says otherwise; an imported product is on sale again."""
    changes: Values = {name: values[name] for name in ("name", "unit", "line") if values.get(name)}
    changes["is_active"] = values.get("is_active", True)
    if custom.values_of(values):
        changes["custom"] = custom.values_of(values)
    before = Product.objects.visible_to(ctx.by).get(pk=pk)
    kept = {name: getattr(before, name) for name in changes}
    product = operations.update_product(product_id=pk, changes=changes, by=ctx.by, at=ctx.at)
    return product.version, kept if product.version != before.version else {}


PRODUCTS = Kind(
    key="products",
    label=gettext_lazy("Products"),
    permissions=(Permission.PRODUCT_EDIT,),
    columns=(
        Column("code", "产品编码", "Code", parsers.code(40), ("编码", "物料编码", "货号", "sku"), False, "HM-46"),
        Column(
            "name", "产品名称", "Name", parsers.text(200), ("名称", "品名", "产品", "product"), True, "抗磨液压油 46"
        ),
        Column("unit", "单位", "Unit", parsers.text(20), ("计量单位",), False, "桶"),
        Column("line", "产品线", "Product line", parsers.text(60), ("系列", "大类", "series")),
        Column("is_active", "在售", "On sale", parsers.flag, ("是否在售",)),
    ),
    match_fields=("code",),
    check=check_products,
    create=create_products,
    update=update_product,
    restore=lambda pk, version, before, ctx: operations.update_product(
        product_id=pk, version=version, changes=before, by=ctx.by, at=ctx.at
    ),
    withdraw=lambda versions, ctx: operations.withdraw_products(versions=versions, by=ctx.by, at=ctx.at),
    model="catalog.Product",
)
