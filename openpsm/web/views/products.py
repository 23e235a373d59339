"""Products: the list, new ones, changes, on and off sale."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.catalog import operations
from openpsm.catalog.models import Product
from openpsm.catalog.operations import NewProduct
from openpsm.core.errors import DomainError
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import customers as customer_forms
from openpsm.web.forms.base import attempt


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
