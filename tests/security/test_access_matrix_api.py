"""AZ1, AZ2, G6 for the API: every operation of the description × every token × every relation, and other methods."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from openpsm.api.app import api
from openpsm.api.frame import OPEN, declared_by
from tests.factories.evaluation import answers_for
from tests.security.api_rows import ANSWERS, API, Call, filled, kind_of
from tests.security.calls import MODELS, NOBODY, Desk, undone
from tests.security.rows import COMMON, SEES, may
from tests.security.scope import Scope
from tests.security.test_access_matrix import ACTORS, PATTERN, _quiet, is_tried, words_open_to, write_down
from tests.security.watch import Writes, digests, writes
from tests.security.world import RELATIONS, Bundle

__all__ = ["_quiet"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CALLERS = (*tuple(who for who in ACTORS if who != "given_password"), "reader", "wrong")
ROOT = "/api/v1"
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANSWERS.update(answers_for(60))  # type: ignore[arg-type]  # all of them are numbers


@dataclass(frozen=True)
class Operation:
    """One operation as it is described and declared."""

    name: str
    method: str
    path: str
    permission: str
    is_versioned: bool
    is_write: bool


def operations() -> list[Operation]:
    """All operations of the description, with what their functions declare."""
    declared = {api.get_openapi_operation_id(one): declared_by(one) for one in api.operations()}
    found = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, described in methods.items():
            name = described["operationId"]
            known = declared[name]
            assert known is not None, name
            permission = "" if known.permission == OPEN else str(known.permission)
            is_write = known.is_write and method != "get"
            short = path.removeprefix(ROOT)
            found.append(Operation(name, method.upper(), short, permission, known.is_versioned, is_write))
    return found


def test_every_operation_has_a_row_that_agrees_with_its_declaration() -> None:
    found = {one.name: one.permission for one in operations()}
    assert found == {name: call.needs for name, call in API.items()}


def test_an_operation_without_a_declaration_cannot_be_called(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    [today] = [one for one in api.operations() if api.get_openapi_operation_id(one) == "work.today"]
    path, token = f"{ROOT}/today", desk.world.tokens["executive"]
    assert desk.api(token, "GET", path).status_code == 200
    monkeypatch.delattr(today.view_func, "declared")
    assert desk.api(token, "GET", path).status_code == 403


def due(operation: Operation, call: Call, kind: str, scope: Scope, user: int | None, bundle: Bundle, desk: Desk) -> str:
    """Say what must come, as for pages."""
    if not scope.active(user):
        return "unknown"
    if call.needs and not scope.anywhere(user, call.needs):
        return "closed"
    if operation.name.endswith(".restore"):
        return "bin"
    if not SEES_API[kind](scope, user, bundle):
        return "nothing"
    row = call.row(kind)
    return "allowed" if operation.method == "GET" or may(row, scope, user, bundle, desk.world) else "refused"


SEES_API = SEES | {
    "confirmation": lambda scope, user, bundle: (
        bundle["confirmation"] in CONFIRMED and SEES["project"](scope, user, bundle)
    ),
    "review": lambda scope, user, bundle: bundle["review"] in REVIEWED and SEES["project"](scope, user, bundle),
}
CONFIRMED: set[int] = set()
REVIEWED: set[int] = set()
STATUSES = {
    "unknown": {401},
    "closed": {403},
    "nothing": {404},
    "refused": {403, 404, 409, 422},
    "bin": {200, 201, 204, 403, 404, 409},
}


def judge(operation: Operation, wanted: str, answer: Any, wrote: Writes, words: set[str]) -> str:
    status = answer.status_code
    if status >= 500 or status == 412:
        return str(status)
    hidden = operation.method != "GET" and "{" not in operation.path and wanted == "nothing"
    if wanted in STATUSES and status not in STATUSES[wanted] | ({403, 409, 422} if hidden else set()):
        return f"{status} where {wanted} was due: {answer.content[:100]!r}"
    if wanted == "allowed" and status in (401, 403, 404) and operation.name not in MAY_BE_GONE:
        return f"{status} although entitled: {answer.content[:200]!r}"
    if wanted not in ("allowed", "bin") and wrote.seen:
        return f"{wanted}, and yet it wrote: {wrote.seen[0]}"
    leaked = set(PATTERN.findall(answer.content.decode().lower())) - words
    return f"says {sorted(leaked)} ({status})" if leaked else ""


#: Entitled, and yet there may be nothing: a part that nobody plays, a colleague who is on no team.
MAY_BE_GONE = {
    "projects.remove_party",
    "accounts.remove_member",
    "accounts.give",
    "departments.reopen",
    "moves.confirm",
    "evaluations.qualification",
}


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("who", CALLERS)
def test_operations(desk: Desk, who: str) -> None:
    scope, faults = Scope(), list[str]()
    token, user = _token(desk, who)
    words = words_open_to(scope, user, desk.world)
    counted, nothing = Counter[str](), dict[str, bytes]()
    _learn_ids(desk)
    before = digests()
    with writes() as wrote:
        for operation, call, kind, bundle in _cells(desk, who):
            wanted = due(operation, call, kind, scope, user, bundle, desk)
            if who == "reader" and operation.is_write:
                wanted = "closed"
            wrote.seen.clear()
            answer = _send(desk, token, operation, call, kind, bundle, is_undone=wanted in ("allowed", "bin"))
            counted[wanted] += 1
            fault = judge(operation, wanted, answer, wrote, words) or _same(operation, wanted, answer, nothing)
            faults += [f"{who} {operation.name} on {bundle.relation}: {fault}"] if fault else []
        counted["method"] = _other_methods(desk, token, who, wrote, faults)
    changed = sorted(name for name, digest in digests().items() if digest != before[name])
    print(f"\n{who}: {counted.total()} cells, {dict(counted)}")
    write_down("api", who, counted)
    assert (changed, faults) == ([], []), "\n".join([*changed, *faults[:60]])


def _token(desk: Desk, who: str) -> tuple[str, int | None]:
    if who == NOBODY:
        return "", None
    if who == "wrong":
        return desk.world.tokens["owner"][:-1] + "x", None
    name = "owner" if who == "reader" else who
    return desk.world.tokens[who], desk.world.actors[name].pk


def _learn_ids(desk: Desk) -> None:
    bundles = desk.world.bundles.values()
    CONFIRMED.update(bundle["confirmation"] for bundle in bundles if "confirmation" in bundle.ids)
    REVIEWED.update(bundle["review"] for bundle in bundles if "review" in bundle.ids)


def _cells(desk: Desk, who: str) -> Iterator[tuple[Operation, Call, str, Bundle]]:
    for number, operation in enumerate(operations()):
        call = API[operation.name]
        kind = kind_of(operation.path, call)
        relations = ("own",) if kind == "none" else ("own", "nonexistent") if kind in COMMON else RELATIONS
        for relation in relations:
            if kind == "none" or is_tried(number, who if who in ACTORS else "owner", relation):
                yield operation, call, kind, desk.world.bundles[relation]


def _send(
    desk: Desk, token: str, operation: Operation, call: Call, kind: str, bundle: Bundle, *, is_undone: bool
) -> Any:
    path = _path(desk, operation, call, kind, bundle)
    headers = {"If_Match": f'"{_version(desk, kind, bundle)}"'} if operation.is_versioned else {}
    body = filled(call.body, bundle, desk.world, "survey")
    if not is_undone:
        return desk.api(token, operation.method, path, body, **headers)
    with undone():
        return desk.api(token, operation.method, path, body, **headers)


def _version(desk: Desk, kind: str, bundle: Bundle) -> int:
    return desk.version(kind, bundle) if kind in MODELS else 1


def _path(desk: Desk, operation: Operation, call: Call, kind: str, bundle: Bundle) -> str:
    world = desk.world
    owner = world.actors[bundle.owner]
    known = {"user": owner.pk, "department": owner.department_id}
    pk = known[kind] if kind in known and bundle.relation != "nonexistent" else bundle[kind]
    values = {"pk": pk, **filled(call.more, bundle, world)}
    return ROOT + re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), operation.path)


def _same(operation: Operation, wanted: str, answer: Any, nothing: dict[str, bytes]) -> str:
    """The answer about what is not yours is the one about what is not there."""
    if wanted != "nothing":
        return ""
    known = nothing.setdefault(operation.name, answer.content)
    return "" if answer.content == known else "the refusal differs from that of something else that is not there"


def _other_methods(desk: Desk, token: str, who: str, wrote: Writes, faults: list[str]) -> int:
    """Methods that an address does not know are refused, whoever asks."""
    known: dict[str, set[str]] = {}
    for one in operations():
        known.setdefault(one.path, set()).add(one.method)
    count = 0
    for number, (path, methods) in enumerate(known.items()):
        for method in sorted({*VERBS, "HEAD", "OPTIONS"} - methods):
            if not is_tried(number + len(method), who if who in ACTORS else "owner", "own"):
                continue
            wrote.seen.clear()
            answer = desk.api(token, method, ROOT + re.sub(r"\{\w+\}", "1", path), {} if method in VERBS[1:] else None)
            count += 1
            if answer.status_code not in (401, 403, 404, 405) or wrote.seen:
                faults.append(f"{who} {method} {path}: {answer.status_code} {wrote.seen[:1]}")
    return count


def test_the_description_itself_says_nothing_of_records(desk: Desk) -> None:
    for name in ("docs", "openapi-json"):
        answer = desk.browser(NOBODY).get(reverse(f"api:{name}"))
        assert answer.status_code in (200, 302, 401, 404)
        assert not PATTERN.findall(answer.content.decode().lower())
