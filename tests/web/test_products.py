"""Products: everybody reads them, who keeps the list changes it."""

import pytest

from openpsm.catalog.models import Product
from openpsm.catalog.operations import NewProduct, create_products
from tests.factories import AT
from tests.factories.org import make_user

pytestmark = pytest.mark.django_db
OIL = {"code": "HM46", "name": "抗磨液压油 L-HM 46", "line": "液压油", "unit": "t"}


@pytest.fixture
def keeper():
    return make_user(roles=("market",))


@pytest.fixture
def product(keeper):
    return create_products(
        rows=[NewProduct(code="HM46", name=OIL["name"], line=OIL["line"], unit="t")], by=keeper, at=AT
    )[0]


@pytest.mark.parametrize("rows", [1, 6])
def test_product_list_query_count(client, keeper, rows, django_assert_max_num_queries):
    create_products(rows=[NewProduct(code=f"A{n}", name=f"油 {n}", unit="t") for n in range(rows)], by=keeper, at=AT)
    client.force_login(make_user())
    with django_assert_max_num_queries(7):
        response = client.get("/products")
    assert (response.context["count"], response.context["primary"]) == (rows, None)


@pytest.mark.parametrize("query", ["q=kmyyy", "q=hm46", "sale=yes", "q=液压"])
def test_product_list_finds(client, product, keeper, query):
    off = create_products(rows=[NewProduct(code="X", name="润滑脂", unit="kg")], by=keeper, at=AT)[0]
    Product.objects.filter(pk=off.pk).update(is_active=False)
    client.force_login(keeper)
    assert [row["name"] for row in client.get(f"/products?{query}").context["rows"]] == [product.name]


def test_product_is_made_and_its_code_is_unique(client, keeper):
    client.force_login(keeper)
    assert client.post("/products/new", OIL).url == "/products"
    again = client.post("/products/new", OIL | {"name": "齿轮油"})
    assert (again.status_code, again.context["form"]["name"].value(), Product.objects.count()) == (422, "齿轮油", 1)


def test_product_is_changed_and_taken_off_sale_and_put_back(client, product, keeper):
    client.force_login(keeper)
    client.post(f"/products/{product.pk}", OIL | {"unit": "kg", "version": product.version})
    product.refresh_from_db()
    assert product.unit == "kg"
    for on, expected in (("0", False), ("1", True)):
        client.post(f"/products/{product.pk}/sale", {"on": on})
        product.refresh_from_db()
        assert product.is_active is expected


def test_product_of_an_older_version_is_not_overwritten(client, product, keeper):
    client.force_login(keeper)
    response = client.post(f"/products/{product.pk}", OIL | {"unit": "kg", "version": product.version + 1})
    product.refresh_from_db()
    assert (response.status_code, product.unit) == (422, "t")


def test_seller_reads_products_and_changes_none(client, product):
    client.force_login(make_user())
    page = client.get(f"/products/{product.pk}")
    assert (page.status_code, page.context["can_edit"]) == (200, False)
    answers = [
        client.post(f"/products/{product.pk}", OIL | {"unit": "kg", "version": product.version}).status_code,
        client.post(f"/products/{product.pk}/sale", {"on": "0"}).status_code,
        client.post("/products/new", OIL).status_code,
    ]
    product.refresh_from_db()
    assert (answers, product.unit, product.is_active) == ([422, 403, 403], "t", True)
