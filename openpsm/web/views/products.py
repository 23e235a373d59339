"""Products: the list, new ones, changes, on and off sale."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.catalog import operations
from openpsm.catalog.models import Product
from openpsm.catalog.operations import NewProduct
from openpsm.core.errors import DomainError
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import customers as customer_forms
from openpsm.web.forms.base import attempt
from openpsm.web.lists import ANY, Column, Filter, Listing, show

SALE = (("yes", gettext_lazy("on sale")), ("no", gettext_lazy("off sale")))


def _matching(rows: Any, value: str, _user: User) -> Any:
    return rows.matching(value)


def _new(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.PRODUCT_EDIT)
    return (_("New product"), reverse("web:product-new")) if allowed else None


PRODUCTS = Listing(
    title=gettext_lazy("Products"),
    template="products/_rows.html",
    rows=lambda user: Product.objects.visible_to(user),
    columns=(
        Column("name", gettext_lazy("Product"), sort="name"),
        Column("code", gettext_lazy("Code"), sort="code"),
        Column("line", gettext_lazy("Product line")),
        Column("unit", gettext_lazy("Unit")),
        Column("sale", gettext_lazy("Sale")),
    ),
    sorts={"name": "sort_key", "code": "code"},
    default_sort="name",
    filters=(
        Filter(
            "q",
            lambda _user: forms.CharField(label=gettext_lazy("Name, code or pinyin"), required=False, max_length=80),
            _matching,
        ),
        Filter(
            "sale",
            lambda _user: forms.ChoiceField(label=gettext_lazy("Sale"), required=False, choices=[ANY, *SALE]),
            lambda rows, value, _user: rows.filter(is_active=value == "yes"),
        ),
    ),
    values=("id", "name", "code", "line", "unit", "is_active"),
    empty={
        "icon": "package",
        "title": gettext_lazy("No product yet"),
        "text": gettext_lazy(
            "Projects say what the customer may buy. Whoever keeps the list of products adds them here once."
        ),
    },
    primary=_new,
)


@page()
def product_list(request: UserRequest) -> HttpResponse:
    """All products, by name."""
    return show(request, PRODUCTS)


def _form_page(request: UserRequest, form: forms.Form, template: str, **context: Any) -> HttpResponse:
    home = reverse("web:product-list")
    context = {"form": form, "crumbs": [(_("Products"), home)], "back": home} | context
    return render(request, template, context, status=422 if form.errors else 200)


@page(Permission.PRODUCT_EDIT, methods=("GET", "POST"))
def product_new(request: UserRequest) -> HttpResponse:
    """Add a product."""
    form = customer_forms.ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row, now = NewProduct(**form.values()), timezone.now()
        if attempt(form, lambda: operations.create_products(rows=[row], by=request.user, at=now)):
            messages.success(request, _("The product is in the list."))
            return redirect("web:product-list")
    return _form_page(request, form, "components/form_page.html", title=_("New product"))


@page(methods=("GET", "POST"))
def product_edit(request: UserRequest, pk: int) -> HttpResponse:
    """Show a product; who may, changes it."""
    product = get_object_or_404(Product.objects.visible_to(request.user), pk=pk)
    initial = {name: getattr(product, name) for name in ("code", "name", "line", "unit", "version")}
    form = customer_forms.EditProductForm(request.POST or None, initial=initial, custom=product.custom)
    can_edit = access.can(request.user, Permission.PRODUCT_EDIT)
    if not can_edit:
        for field in form.fields.values():
            field.disabled = True
    if request.method == "POST" and form.is_valid():
        call, now = {"changes": form.values(), "version": form.cleaned_data["version"]}, timezone.now()
        if attempt(form, lambda: operations.update_product(product_id=pk, by=request.user, at=now, **call)):
            messages.success(request, _("The product was changed."))
            return redirect("web:product-list")
    return _form_page(request, form, "products/edit.html", title=product.name, product=product, can_edit=can_edit)


@page(Permission.PRODUCT_EDIT, methods=("POST",))
def product_sale(request: UserRequest, pk: int) -> HttpResponse:
    """Put a product on sale (`on=1`) or take it off; projects that have it keep it."""
    product = get_object_or_404(Product.objects.visible_to(request.user), pk=pk)
    is_active = request.POST.get("on") == "1"
    changes, now = {"is_active": is_active}, timezone.now()
    try:
        operations.update_product(product_id=product.pk, changes=changes, by=request.user, at=now)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The product is on sale.") if is_active else _("The product is off sale."))
    return redirect("web:product-edit", pk)
