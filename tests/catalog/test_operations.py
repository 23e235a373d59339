import pytest

from openpsm.catalog.models import Product
from openpsm.catalog.operations import NewProduct, create_products, update_product
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import Event
from tests.factories import AT
from tests.factories.org import make_user

pytestmark = pytest.mark.django_db
OIL = NewProduct(code="L-68", name="液压油 68 号", unit="桶", line="润滑油")


@pytest.fixture
def market():
    return make_user(roles=("market",))


def test_product_is_created_and_found_by_name_code_and_initials(market):
    product = create_products(rows=[OIL], by=market, at=AT)[0]
    products = Product.objects.visible_to(market)
    assert [list(products.matching(text)) for text in ("液压", "yyy", "L68", "泵")] == [[product]] * 3 + [[]]
    assert Event.objects.get(name="product.created").data["code"] == "L-68"


def test_code_is_unique(market):
    create_products(rows=[OIL], by=market, at=AT)
    with pytest.raises(DomainError) as caught:
        create_products(rows=[OIL], by=market, at=AT)
    assert (caught.value.code, Product.objects.count()) == ("duplicate", 1)


def test_product_needs_name_code_and_unit(market):
    with pytest.raises(InvalidInput) as caught:
        create_products(rows=[NewProduct(code="", name="...", unit=" ")], by=market, at=AT)
    assert sorted(caught.value.errors) == ["code", "name", "unit"]


def test_seller_does_not_change_products(market):
    product = create_products(rows=[OIL], by=market, at=AT)[0]
    seller = make_user()
    with pytest.raises(NotAllowed):
        create_products(rows=[OIL], by=seller, at=AT)
    with pytest.raises(NotAllowed):
        update_product(product_id=product.pk, changes={"name": "x"}, by=seller, at=AT)


def test_product_is_taken_off_sale_with_its_version(market):
    product = create_products(rows=[OIL], by=market, at=AT)[0]
    changed = update_product(product_id=product.pk, changes={"is_active": False}, by=market, at=AT, version=1)
    assert (changed.is_active, changed.version) == (False, 2)
    with pytest.raises(Stale):
        update_product(product_id=product.pk, changes={"name": "x"}, by=market, at=AT, version=1)
    assert Event.objects.get(name="product.changed").data["old"] == {"is_active": True}
