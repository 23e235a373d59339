"""AZ5, AZ6: ids of records that one does not see, and fields that are not for writing, in everything that is sent."""

import itertools
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from openpsm.api.app import api
from tests.security.api_rows import API, filled, kind_of
from tests.security.calls import MODELS, Desk, undone
from tests.security.forms import main_form
from tests.security.rows import WEB
from tests.security.test_access_matrix import _quiet
from tests.security.test_access_matrix_api import Operation, _learn_ids, _path, operations
from tests.security.watch import digests, writes
from tests.security.world import NOWHERE, Bundle

__all__ = ["_quiet"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("_quiet")]
#: Names of references in what is sent → whose id of a foreign bundle it gets.
FOREIGN = {
    "account_id": "account",
    "parent_id": "account",
    "account": "account",
    "project_id": "project",
    "project": "project",
    "contact_id": "contact",
    "contact_ids": "contact",
    "stakeholder_id": "person",
    "stakeholder_ids": "person",
    "met": "person",
    "attitude_of": "person",
    "reports_to_id": "person",
    "set_by_id": "person",
    "contender_id": "contender",
    "activity_id": "activity",
    "attachment_id": "file",
}
#: References to what all staff may see: they are checked for being there at all.
OPEN = {
    "owner_id": "org.User",
    "user_id": "org.User",
    "cover_id": "org.User",
    "owner": "org.User",
    "colleague_ids": "org.User",
    "colleagues": "org.User",
    "user_ids": "org.User",
    "managers": "org.User",
    "product_id": "catalog.Product",
    "competitor_id": "accounts.Competitor",
    "department_id": "org.Department",
    "parent": "org.Department",
    "role_id": "org.Role",
}
SPARED = {"departments.create": {"parent_id"}, "departments.move": {"parent_id"}}


def schemas() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return found


def _resolved(node: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return _resolved(known[node["$ref"].rsplit("/", 1)[-1]], known)
    for each in node.get("anyOf", node.get("allOf", [])):
        if each.get("type") != "null":
            return _resolved(each, known)
    return node


def references(node: dict[str, Any], known: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body that holds an id, as the way to it; lists are entered at their first item."""
    node = _resolved(node, known)
    for name, inner in node.get("properties", {}).items():
        found = _resolved(inner, known)
        if name.endswith(("_id", "_ids")):
            yield (*path, name)
        elif found.get("type") == "object":
            yield from references(found, known, (*path, name))
        elif found.get("type") == "array":
            yield from references(found["items"], known, (*path, name, 0))


def bodies() -> dict[str, dict[str, Any]]:
    """The schema of the body of every operation that has one."""
    described = schemas()
    found = {}
    for methods in described["paths"].values():
        for each in methods.values():
            if "requestBody" in each:
                found[each["operationId"]] = next(iter(each["requestBody"]["content"].values()))["schema"]
    return found


def _value(name: str, foreign: Bundle) -> Any:
    pk = foreign[FOREIGN[name]] if name in FOREIGN else NOWHERE
    return [pk] if name.endswith("s") and name != "stakeholders" else pk


def with_value(body: Any, path: tuple[Any, ...], value: Any, operation: str) -> Any:
    """Put a value into a copy of a body, making what is needed around it."""
    made = json.loads(json.dumps(body or {}))
    place = made
    for step, after in itertools.pairwise(path):
        if isinstance(step, str) and step not in place:
            place[step] = [] if after == 0 else {}
        if step == 0 and not place:
            place.append({})
        place = place[step]
        if isinstance(place, dict):
            for key, filler in FILLERS.get((operation, path[0]), FILLERS.get(("", path[0]), {})).items():
                place.setdefault(key, filler)
    place[path[-1]] = value
    return made


#: What the parts around a reference need to be understood at all.
FILLERS: dict[tuple[str, Any], dict[str, Any]] = {
    ("", "attitudes"): {"stakeholder_id": 1, "value": 1, "reason": "Smiled"},
    ("", "parties"): {"account_id": 1, "role": "dealer"},
    ("", "products"): {"product_id": 1},
    ("", "project"): {"name": "Brand New Zebra Line"},
    ("", "account"): {"name": "Brand New Zebra Mining"},
}


@pytest.mark.parametrize("relation", ["other", "deleted", "sibling", "nonexistent"])
def test_no_operation_takes_the_id_of_a_record_that_one_does_not_see(desk: Desk, relation: str) -> None:
    world, tried = desk.world, 0
    own, foreign = world.bundles["own"], world.bundles[relation]
    _learn_ids(desk)
    known = schemas()["components"]["schemas"]
    calls = {one.name: one for one in operations()}
    before = digests()
    with writes() as wrote:
        for name, schema in bodies().items():
            for path in references(schema, known):
                if path[-1] in SPARED.get(name, ()) or (path[-1] in OPEN and relation != "nonexistent"):
                    continue
                if name in ("accounts.give", "departments.managers") and relation != "nonexistent":
                    continue
                body = filled(API[name].body, own, world, "survey")
                value = _value(path[-1], foreign)
                sent = with_value(body, path, value, name)
                if name == "registrations.check":
                    continue  # only asks; what it answers about others' records is tested with the hits
                answer = _send(desk, calls[name], sent, own)
                tried += 1
                assert 400 <= answer.status_code < 500, (name, path, sent, answer.status_code, answer.content[:200])
                assert not wrote.seen or digests() == before, (name, path, wrote.seen)
                wrote.seen.clear()
                assert foreign.word not in answer.content.decode(), (name, path)
    assert digests() == before
    print(f"\n{relation}: {tried} foreign ids refused")
    assert tried > (20 if relation != "nonexistent" else 30)


SENDERS = {
    "account.merge": "manager",
    "registration.arbitrate": "executive",
    "user.admin": "administrator",
    "account.delete": "manager",
    "project.delete": "manager",
    "grade.pin": "manager",
    "product.edit": "market",
}


def _send(desk: Desk, operation: Operation, body: Any, own: Bundle) -> Any:
    call = API[operation.name]
    kind = kind_of(operation.path, call)
    headers = {"If_Match": f'"{desk.version(kind, own) if kind in MODELS else 1}"'} if operation.is_versioned else {}
    who = SENDERS.get(call.needs, "owner")
    return desk.api(desk.world.tokens[who], operation.method, _path(desk, operation, call, kind, own), body, **headers)


@pytest.mark.parametrize("relation", ["other", "deleted", "sibling", "nonexistent"])
def test_no_form_takes_the_id_of_a_record_that_one_does_not_see(desk: Desk, relation: str) -> None:
    world, tried = desk.world, list[str]()
    own, foreign = world.bundles["own"], world.bundles[relation]
    desk.browser("owner")
    for name, row in WEB.items():
        if "GET" not in row.methods or not row.may or row.is_open or row.needs.endswith(".admin"):
            continue
        for field in sorted(desk.body(name, own).keys() & (FOREIGN.keys() | OPEN.keys())):
            if field in OPEN and relation != "nonexistent":
                continue
            body = desk.body(name, own) | {field: _value(field, foreign)}
            if name == "registration-new":
                body |= {"name": "", "project_name": "Brand New Zebra Line"}
            before = digests()
            with writes() as wrote:
                answer = desk.call("owner", "POST", desk.url(name, own), body)
            tried.append(f"{name}.{field}")
            if name == "task-new" and field == "project":
                continue  # told apart below: the task is opened, about nothing
            assert answer.status_code in (404, 409, 422), (name, field, answer.status_code)
            assert wrote.seen == [], (name, field, wrote.seen)
            assert digests() == before
            assert foreign.word not in answer.content.decode(), (name, field)
    assert len(tried) >= 4, tried


def test_a_task_is_never_about_a_project_that_one_does_not_see(desk: Desk) -> None:
    from openpsm.org.models import Task

    pk = desk.world.bundles["other"]["project"]
    desk.call("owner", "POST", "/tasks/new", desk.body("task-new", desk.world.bundles["own"]) | {"project": pk})
    assert not Task.objects.filter(title="Look there", project_id=pk).exists()


# --- AZ6


#: What nobody may set by sending it along, whatever the record is.
COLUMNS = {
    "id": 4242,
    "pk": 4242,
    "version": 99,
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "deleted_at": "2001-01-01T00:00:00Z",
    "removed_at": "2001-01-01T00:00:00Z",
    "is_superuser": True,
    "is_staff": True,
    "is_admin": True,
    "permissions": ["user.admin"],
    "roles": ["administrator"],
    "password_hash": "x",
    "_state": {},
}
#: Told apart where the operation itself is for setting it.
KNOWN_AS: dict[str, str] = {
    "alerts": "insights.Alert",
    "approvals": "org.Approval",
    "arbitrations": "registrations.Arbitration",
    "losing": "accounts.LossRecord",
    "accounts": "accounts.Account",
    "activities": "activities.Activity",
    "comments": "activities.Comment",
    "contacts": "accounts.Contact",
    "contenders": "buying.Contender",
    "criteria": "buying.Criterion",
    "departments": "org.Department",
    "duplicates": "accounts.Account",
    "evaluations": "evaluation.Evaluation",
    "handover": "org.Handover",
    "intelligence": "buying.IntelligenceItem",
    "moves": "projects.Project",
    "products": "catalog.Product",
    "projects": "projects.Project",
    "registrations": "registrations.Registration",
    "stakeholders": "buying.Stakeholder",
    "users": "org.User",
    "work": "org.Task",
}


def columns_of(model: str) -> set[str]:
    fields = apps.get_model(model)._meta.get_fields()
    return {field.name for field in fields} | {getattr(field, "attname", field.name) for field in fields}


def test_no_operation_takes_a_field_that_is_not_in_its_schema(desk: Desk) -> None:
    """Every column of the record, posted in every body: refused as unknown, and nothing is stored."""
    known, tried = schemas()["components"]["schemas"], 0
    own = desk.world.bundles["own"]
    calls = {one.name: one for one in operations()}
    _learn_ids(desk)
    before = digests()
    with writes() as wrote:
        for name, schema in bodies().items():
            described = _resolved(schema, known)
            columns = columns_of(KNOWN_AS[name.partition(".")[0]]) | COLUMNS.keys()
            for column in sorted(columns - described.get("properties", {}).keys()):
                body = {**(filled(API[name].body, own, desk.world, "survey") or {}), column: COLUMNS.get(column, 1)}
                answer = _send(desk, calls[name], body, own)
                tried += 1
                assert answer.status_code == 422, (name, column, answer.status_code, answer.content[:150])
                assert wrote.seen == [], (name, column, wrote.seen)
    assert digests() == before
    print(f"\n{tried} strange members refused")


def test_what_a_form_does_not_offer_is_not_stored(desk: Desk) -> None:
    """Every column of the record in every form that changes one: it is as if it had not been sent."""
    tried = 0
    for name, row in WEB.items():
        if row.kind not in MODELS or not row.may or row.is_button or row.prove != ("owner", "own"):
            continue
        if name == "project-confirm":
            continue  # there is no node to confirm in this stage
        bundle, model = desk.world.bundles["own"], apps.get_model(MODELS[row.kind])
        body = desk.body(name, bundle)
        offered = _offered(desk, name)
        strange = {key: value for key, value in _strange(model).items() if not {key, f"{key}_id"} & offered}
        now = timezone.now()
        plain = _after(desk, name, bundle, body, row.kind, now)
        sent = _after(desk, name, bundle, {**strange, **body}, row.kind, now)
        assert _differences(plain, sent) == [], name
        tried += len(strange)
    print(f"\n{tried} strange fields without effect")
    assert tried > 300


#: A cell of a list answers with itself instead of leading on.
CELLS = {"list-cell": (200,)}


def _offered(desk: Desk, name: str) -> set[str]:
    """The fields of the form, those among them that are ticked or not."""
    url = desk.url(name, desk.world.bundles["own"])
    form = main_form(desk.call("owner", "GET", url).content.decode(), url.partition("?")[0])
    return {field.name for field in form.fields} if form else set()


def _differences(some: list[Any], others: list[Any]) -> list[Any]:
    pairs = zip(some, others, strict=True)
    return [(key, one[key], other[key]) for one, other in pairs for key in one if one[key] != other[key]]


def _strange(model: Any) -> dict[str, str]:
    found = {field.attname: "1" for field in model._meta.concrete_fields} | {f.name: "1" for f in model._meta.fields}
    return dict((found | {"is_superuser": "1", "deleted_at": "2001-01-01"}).items())


def _after(desk: Desk, name: str, bundle: Bundle, body: dict[str, Any], kind: str, now: datetime) -> list[Any]:
    """All rows of the model after the form was sent, without the moment of the change."""
    with undone(), time_machine.travel(now, tick=False):
        answer = desk.call("owner", "POST", desk.url(name, bundle), body)
        assert answer.status_code in (302, 409, 422, *CELLS.get(name, ())), (name, answer.status_code)
        rows = apps.get_model(MODELS[kind])._base_manager.order_by("pk").values()
        ids = {"id", "created_at", "updated_at", "at"} if name.endswith(("-new", "-log", "-plan")) else {"updated_at"}
        return [{key: value for key, value in row.items() if key not in ids} for row in rows]
