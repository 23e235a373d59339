"""The frame around every operation: token, permission, names, versions, keys, sizes."""

import json
from datetime import timedelta
from types import ModuleType

import pytest
from django.core.cache import cache
from django.utils import timezone
from pydantic import BaseModel

from openpsm.api import app
from openpsm.api.app import api
from openpsm.api.frame import OPEN, declared_by
from openpsm.api.lists import Listing
from openpsm.api.schemas import In, ListQuery, Out
from openpsm.catalog.models import Product
from openpsm.core import parameters
from openpsm.core.models import IdempotencyKey
from openpsm.org.models import AccessToken, User
from openpsm.org.operations import make_token, revoke_token
from openpsm.org.permissions import Permission
from tests.api.conftest import ApiClient
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db
OIL = {"code": "P-1", "name": "Bearing grease", "unit": "kg", "line": "grease"}


@pytest.fixture
def market() -> User:
    return make_user(roles=["market"], department=make_department())


@pytest.fixture
def caller(market: User) -> ApiClient:
    return ApiClient(market)


def test_every_operation_declares_its_permission() -> None:
    declared = {api.get_openapi_operation_id(op): declared_by(op) for op in api.operations()}
    assert [name for name, found in declared.items() if found is None] == []
    assert {type(found.permission) for found in declared.values() if found and found.permission != OPEN} == {Permission}


def test_every_operation_stands_in_the_frame() -> None:
    names = {op.run.__qualname__ for op in api.operations()}
    assert names == {"_framed.<locals>.framed"}


def test_operation_names_are_unique() -> None:
    names = [api.get_openapi_operation_id(op) for op in api.operations()]
    assert sorted(set(names)) == sorted(names)


def test_shapes_have_names_of_their_own() -> None:
    """The description keeps them by name: two of one name would describe each other's answers."""
    known = [shape for base in (In, Out) for shape in _below(base) if "[" not in shape.__name__]
    assert sorted({shape.__name__ for shape in known}) == sorted(shape.__name__ for shape in set(known))


def _below(shape: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for child in shape.__subclasses__() for one in (child, *_below(child))]


def test_sorts_of_lists_are_those_they_describe() -> None:
    listings = {
        name: found for module in _routers() for name, found in vars(module).items() if isinstance(found, Listing)
    }
    queries = {shape.__name__: shape for shape in _below(ListQuery)}
    described = {tuple(_offered(shape)) for shape in queries.values()}
    assert {tuple(found.sorts) for found in listings.values()} == described


def _offered(shape: type[BaseModel]) -> list[str]:
    names: list[str] = shape.model_json_schema()["properties"]["sort"]["enum"]
    return [name for name in names if not name.startswith("-")]


def _routers() -> list[ModuleType]:
    return [found for found in vars(app).values() if isinstance(found, ModuleType)]


def test_no_operation_takes_a_cookie(client, market) -> None:
    client.force_login(market)
    assert client.get("/api/v1/products").status_code == 401
    assert client.post("/api/v1/products", OIL, content_type="application/json").status_code == 401
    assert Product.objects.count() == 0


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic eDp5", "bearer psm_" + "a" * 40])
def test_without_a_good_token_the_answer_is_401(anonymous, given) -> None:
    answer = anonymous.get("/products", Authorization=given)
    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_with_its_user(caller, market) -> None:
    assert caller.get("/products").status == 200
    User.objects.filter(pk=market.pk).update(is_active=False)
    assert caller.get("/products").status == 401


def test_a_token_ends_when_revoked_or_expired(market) -> None:
    revoked, raw = make_token(name="a", by=market, at=timezone.now())
    revoke_token(token_id=revoked.pk, by=market, at=timezone.now())
    assert ApiClient(market, token=raw).get("/products").status == 401
    expired, raw = make_token(name="b", by=market, at=timezone.now())
    AccessToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ApiClient(market, token=raw).get("/products").status == 401


def test_a_read_only_token_reads_and_does_not_write(market) -> None:
    reader = ApiClient(market, is_read_only=True)
    assert reader.get("/products").status == 200
    assert reader.post("/products", OIL).status == 403
    assert Product.objects.count() == 0


def test_an_operation_without_the_permission_is_403_and_writes_nothing() -> None:
    seller = ApiClient(make_user(roles=["seller"], department=make_department()))
    answer = seller.post("/products", OIL)
    assert (answer.status, answer.body["code"], Product.objects.count()) == (403, "not-allowed", 0)


def test_create_show_change(caller) -> None:
    made = caller.post("/products", OIL)
    assert (made.status, made.etag, made.body["name"]) == (201, '"1"', "Bearing grease")
    path = f"/products/{made.body['id']}"
    changed = caller.patch(path, {"name": "Gear oil"}, If_Match=made.etag)
    assert (changed.status, changed.etag, changed.body["line"]) == (200, '"2"', "grease")
    assert caller.get(path).body == changed.body


def test_a_change_needs_the_version_that_was_seen(caller) -> None:
    path = f"/products/{caller.post('/products', OIL).body['id']}"
    assert caller.patch(path, {"name": "Gear oil"}).status == 428
    assert caller.patch(path, {"name": "Gear oil"}, If_Match='"7"').status == 412
    for odd in ("*", "1", 'W/"1"', '"1", "2"', '"0"', '"99999999999"', '"1'):
        assert caller.patch(path, {"name": "Gear oil"}, If_Match=odd).status == 400
    assert caller.get(path).body["name"] == "Bearing grease"


@pytest.mark.parametrize("pk", ["1", "999999999999999999", "9999999999999999999999", "abc", "-1", "0", "1.5", "%00"])
def test_not_there_is_one_answer_whatever_was_asked(caller, pk) -> None:
    answer = caller.get(f"/products/{pk}")
    assert answer.status == 404
    assert answer.body == caller.get("/products/12345").body


def test_unknown_address_and_method_are_answered_in_json(caller) -> None:
    assert caller.get("/nothing/here").body["code"] == "not-found"
    refused = caller.call("PUT", "/products", {})
    assert (refused.status, refused.body["code"]) == (405, "method-not-allowed")
    assert sorted(refused.headers["Allow"].split(", ")) == ["GET", "POST"]


@pytest.mark.parametrize(
    "query",
    [
        "floor_price=1",
        "sort=floor_price",
        "sort=--name",
        "cursor=abc",
        "cursor=%00",
        "created_by__password=x",
        "custom=1",
    ],
)
def test_unknown_filters_sorts_and_cursors_are_400(caller, query) -> None:
    assert caller.get(f"/products?{query}").status == 400


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=9999999999999999999999", "is_active=1", "q="]
)
def test_bad_values_of_known_filters_are_422(caller, query) -> None:
    answer = caller.get(f"/products?{query}")
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, query.split("=")[0])


def test_pages_follow_each_other_without_gap_and_count_once(caller) -> None:
    for number in range(7):
        caller.post("/products", {**OIL, "code": f"P-{number}", "name": f"Oil {number % 3}"})
    seen, cursor, counts = [], "", list[int | None]()
    for _page in range(3):
        page = caller.get(f"/products?limit=3&sort=-name&cursor={cursor}").body
        seen += [row["code"] for row in page["items"]]
        counts.append(page["count"])
        cursor = page["next"]
    assert seen == ["P-5", "P-2", "P-4", "P-1", "P-6", "P-3", "P-0"]
    assert counts == [7, None, None]


def test_a_cursor_of_another_list_or_sort_is_400(caller) -> None:
    for number in range(3):
        caller.post("/products", {**OIL, "code": f"P-{number}"})
    cursor = caller.get("/products?limit=1&sort=name").body["next"]
    assert caller.get(f"/products?limit=1&sort=-name&cursor={cursor}").status == 400
    assert caller.get(f"/contacts?cursor={cursor}").status == 400
    assert caller.get(f"/products?limit=1&sort=name&cursor={cursor[:-3]}abc").status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"code": NaN}',
        b'{"code": Infinity}',
        b'{"name": "\\ud800"}',
        b"[" * 20_000,
        b'{"code": ' + b"9" * 5000 + b"}",
        b'{"code": 1e999}',
        b'{"note": "' + b"x" * 1_100_000 + b'"}',
    ],
    ids=["torn", "no-utf8", "nan", "infinity", "surrogate", "deep", "endless-number", "huge-float", "megabyte"],
)
def test_unreadable_bodies_are_400(caller, body) -> None:
    answer = caller.post("/products", body)
    assert (answer.status, answer.body["code"], Product.objects.count()) == (400, "bad-request", 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("name", 5),
        ("name", None),
        ("version", 3),
        ("id", 3),
        ("created_by", 1),
        ("is_superuser", True),
        ("custom", {"k": {"deep": 1}}),
        ("custom", []),
    ],
    ids=lambda value: str(value)[:20].replace("\x00", "NUL"),
)
def test_bad_fields_are_422_with_their_name(caller, field, value) -> None:
    answer = caller.post("/products", {**OIL, field: value})
    assert answer.status == 422
    assert answer.body["errors"][0]["field"].split(".")[0] == field
    assert Product.objects.count() == 0


def test_other_media_types_are_415(caller) -> None:
    found = caller.client.post(
        "/api/v1/products", "a=1", content_type="text/plain", headers={"Authorization": f"Bearer {caller.token}"}
    )
    assert (found.status_code, json.loads(found.content)["code"]) == (415, "not-json")


def test_the_same_key_does_the_work_once(caller) -> None:
    first = caller.post("/products", OIL, Idempotency_Key="k1")
    again = caller.post("/products", OIL, Idempotency_Key="k1")
    assert (first.status, first.body, first.etag) == (again.status, again.body, again.etag)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Product.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(caller) -> None:
    caller.post("/products", OIL, Idempotency_Key="k1")
    answer = caller.post("/products", {**OIL, "code": "P-2"}, Idempotency_Key="k1")
    assert (answer.status, answer.body["code"], Product.objects.count()) == (409, "idempotency-mismatch", 1)


def test_a_refusal_that_did_nothing_is_not_kept(caller) -> None:
    assert caller.post("/products", {**OIL, "unit": ""}, Idempotency_Key="k1").status == 422
    assert IdempotencyKey.objects.count() == 0
    assert caller.post("/products", OIL, Idempotency_Key="k1").status == 201


def test_a_refusal_by_a_rule_is_the_same_again(caller) -> None:
    caller.post("/products", OIL)
    first = caller.post("/products", OIL, Idempotency_Key="k1")
    again = caller.post("/products", OIL, Idempotency_Key="k1")
    assert (first.status, first.body["code"]) == (409, "duplicate")
    assert (again.status, again.body) == (first.status, first.body)


def test_a_key_belongs_to_its_user(caller) -> None:
    caller.post("/products", OIL, Idempotency_Key="k1")
    other = ApiClient(make_user(roles=["market"], department=make_department()))
    assert other.post("/products", {**OIL, "code": "P-2"}, Idempotency_Key="k1").status == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "é"], ids=["empty", "blank", "long", "two", "accent"])
def test_odd_keys_are_400(caller, key) -> None:
    assert caller.post("/products", OIL, Idempotency_Key=key).status == 400
    assert Product.objects.count() == 0


def test_too_many_requests_are_told_when_to_return(caller, market, at) -> None:
    parameters.set_parameter(key="api.requests_per_minute", value=10, by=market, at=at)
    cache.clear()
    answers = [caller.get("/products") for _number in range(25)]
    assert {answer.status for answer in answers} == {200, 429}
    refused = answers[-1]
    assert (refused.body["code"], 1 <= int(refused.headers["Retry-After"]) <= 60) == ("too-many", True)


def test_messages_come_in_the_users_language() -> None:
    user = make_user(roles=["market"], department=make_department(), language="zh-hans")
    answer = ApiClient(user).get("/products/1")
    assert answer.headers["Content-Language"] == "zh-hans"


def test_a_defect_answers_500_without_its_inside(caller, monkeypatch) -> None:
    from openpsm.catalog import operations

    def broken(**_values: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(operations, "create_products", broken)
    caller.client.raise_request_exception = False
    found = caller.client.post(
        "/api/v1/products", OIL, content_type="application/json", headers={"Authorization": f"Bearer {caller.token}"}
    )
    assert (found.status_code, "secret" in found.content.decode()) == (500, False)


def test_description_and_docs_are_open_and_clean(client) -> None:
    described = client.get("/api/v1/openapi.json")
    assert json.loads(described.content)["openapi"].startswith("3.")
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert "<script" not in page.content.decode()
    assert all(op in page.content.decode() for op in ("/api/v1/products", "/api/v1/contacts"))
