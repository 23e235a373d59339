"""Products: name, code and unit."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import NO_NUL, Custom, Flag, Id, In, ListQuery, Name, Out, Page, Short, sorts
from openpsm.catalog import operations
from openpsm.catalog.models import Product
from openpsm.catalog.operations import NewProduct
from openpsm.org.permissions import Permission

router = area("products")
Code = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=NO_NUL)]


class ProductOut(Out):
    """A product."""

    id: int
    version: int
    code: str
    name: str
    line: str
    unit: str
    is_active: bool
    custom: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ProductQuery(ListQuery):
    """Filters of products; `q` looks in name, code and line."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)] | None = None
    line: Short | None = None
    code: Code | None = None
    is_active: Flag | None = None
    sort: Annotated[str, sorts("name", "code")] = "name"


class ProductIn(In):
    """A new product; the code is unique."""

    code: Code
    name: Name
    unit: Unit
    line: Short = ""
    custom: Custom = {}


class ProductChange(In):
    """What may be changed; only what is sent is changed."""

    code: Code = ""
    name: Name = ""
    unit: Unit = ""
    line: Short = ""
    is_active: bool = True
    custom: Custom = {}


PRODUCTS = Listing(Product, ProductOut, sorts={"name": "sort_key", "code": "code"}, searches={"q": "matching"})


@router.get("", response=Page[ProductOut])
@permission(OPEN)
def products(request: ApiRequest, query: Query[ProductQuery]) -> HttpResponse:
    """List the products."""
    return PRODUCTS.page(request, query)


@router.post("", response={201: ProductOut})
@permission(Permission.PRODUCT_EDIT)
def create(request: ApiRequest, body: ProductIn) -> HttpResponse:
    """Add a product."""
    made = operations.create_products(rows=[NewProduct(**body.model_dump())], by=request.auth, at=timezone.now())
    return PRODUCTS.written(request, made[0], status=201)


@router.get("/{id:pk}", response=ProductOut)
@permission(OPEN)
def product(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a product."""
    return PRODUCTS.show(request, pk)


@router.patch("/{id:pk}", response=ProductOut)
@permission(Permission.PRODUCT_EDIT, versioned=True)
def change(request: ApiRequest, pk: Id, body: ProductChange) -> HttpResponse:
    """Change a product or take it off sale."""
    found = operations.update_product(
        product_id=pk, changes=body.given(), by=request.auth, at=timezone.now(), version=request.version
    )
    return PRODUCTS.written(request, found)
