"""The list of products."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openpsm.catalog.models import Product
from openpsm.catalog.operations import update_product
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import groups
from openpsm.web.lists.bulk import set_field
from openpsm.web.lists.cells import Editor
from openpsm.web.lists.declaration import Column, Group, Listing, Reader, Row, day_of, link
from openpsm.web.lists.filters import ChoiceFilter, TextFilter, choices_of, search
from openpsm.web.lists.page import show

EDIT = Permission.PRODUCT_EDIT
SALE = (("yes", _("on sale")), ("no", _("off sale")))


def _sale(row: Row, _reader: Reader) -> Any:
    if row["is_active"]:
        return format_html('<span class="is-held">✓ {}</span>', _t("on sale"))
    return format_html('<span class="psm-muted">{}</span>', _t("off sale"))


def _new(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(EDIT)
    return (_("New product"), reverse("web:product-new")) if allowed else None


def _rows(user: User) -> Any:
    return Product.objects.visible_to(user)


def _update(pk: int, changes: dict[str, Any], by: User, at: datetime) -> Any:
    return update_product(product_id=pk, changes=changes, by=by, at=at)


def _editor(field: str, longest: int) -> Editor:
    def save(pk: int, value: Any, version: int | None, by: User, at: datetime) -> Any:
        return update_product(product_id=pk, changes={field: value}, by=by, at=at, version=version)

    return Editor(lambda: forms.CharField(max_length=longest, required=field != "line"), save, EDIT, field)


def _on_sale() -> forms.Field:
    def truth(text: str) -> bool:
        return text == "yes"

    return forms.TypedChoiceField(label=_("Sale"), choices=SALE, coerce=truth)


PRODUCTS = Listing(
    key="products",
    title=_("Products"),
    model=Product,
    url="/products",
    home="/products/{pk}",
    rows=_rows,
    columns=(
        Column("name", _("Product"), cell=link("/products/{pk}"), sort="name"),
        Column("code", _("Code"), sort="code"),
        Column("line", _("Product line"), edit=_editor("line", 60)),
        Column("unit", _("Unit"), edit=_editor("unit", 20)),
        Column("sale", _("Sale"), ("is_active",), _sale),
        Column("created_at", _("Created on"), plain=day_of("created_at"), is_default=False),
    ),
    sorts={"name": "sort_key", "code": "code"},
    default_sort="name",
    filters=(
        search(_("Name, code or pinyin")),
        ChoiceFilter("sale", _("Sale"), "is_active", choices=choices_of(SALE), is_yes_no=True),
        TextFilter("line", _("Product line")),
    ),
    groups=(Group("line", _("Product line"), "line", "line", groups.themselves),),
    actions=(
        set_field(
            "line",
            _("Set the product line"),
            _rows,
            _update,
            EDIT,
            forms.CharField(label=_("Product line"), max_length=60, required=False),
        ),
        set_field("is_active", _("Put on sale or take off"), _rows, _update, EDIT, _on_sale()),
    ),
    has_custom=True,
    empty={
        "icon": "package",
        "title": _("No product yet"),
        "text": _("Projects say what the customer may buy. Whoever keeps the list of products adds them here once."),
        "url": "/products/new",
        "action": _("New product"),
    },
    primary=_new,
)


@page()
def product_list(request: UserRequest) -> HttpResponse:
    """All products, by name."""
    return show(request, PRODUCTS)
