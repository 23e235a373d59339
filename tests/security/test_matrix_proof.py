"""The other side of the matrix: what is sent in its cells does succeed for whoever is entitled, and does write.

Without this a refusal would prove nothing: any form is refused when it is filled in wrongly.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from openpsm.accounts.operations import add_account_member
from openpsm.projects import operations as projects
from tests.factories.registrations import register_project
from tests.security.api_rows import API, kind_of
from tests.security.calls import Desk, undone
from tests.security.rows import WEB, Row
from tests.security.test_access_matrix import _quiet
from tests.security.test_access_matrix_api import Operation, _learn_ids, _send, operations
from tests.security.watch import writes
from tests.security.world import Bundle, World

__all__ = ["_quiet"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("_quiet")]
SENT = sorted(name for name, row in WEB.items() if row.may and row.may != "nobody")
REASON = "The customer's director promised it to our vice president"


def _own(world: World) -> Bundle:
    return world.bundles["own"]


def _advanced(world: World) -> Bundle:
    call: dict[str, Any] = {"by": world.actors["manager"], "at": timezone.now(), "override_reason": REASON}
    projects.advance_stage(project_id=_own(world)["project"], **call)
    return _own(world)


def _held(world: World) -> Bundle:
    call: dict[str, Any] = {"by": world.actors["owner"], "at": timezone.now(), "reason": "Budget is frozen"}
    projects.hold(project_id=_own(world)["project"], **call)
    return _own(world)


def _with_party(world: World) -> Bundle:
    own = _own(world)
    call: dict[str, Any] = {
        "account_id": own["account"],
        "role": "dealer",
        "by": world.actors["owner"],
        "at": timezone.now(),
    }
    projects.set_party(project_id=own["project"], **call)
    return own


def _fresh(world: World) -> Bundle:
    """A project without reviews, which alone can be deleted."""
    own = _own(world)
    call: dict[str, Any] = {"account_id": own["account"], "by": world.actors["owner"]}
    made = register_project("Yak wool dyeing", **call).project
    assert made is not None
    return Bundle("fresh", "yak", {"project": made.pk})


def _with_member(world: World) -> Bundle:
    own = _own(world)
    call: dict[str, Any] = {"user_id": world.actors["former"].pk, "by": world.actors["owner"], "at": timezone.now()}
    add_account_member(account_id=own["account"], **call)
    return own


def _gone(_world: World) -> Bundle:
    return Bundle("gone", "gone", {}, owner="deactivated")


def _binned(world: World) -> Bundle:
    """A project in the recycle bin whose customer is not."""
    made = _fresh(world)
    projects.delete_project(project_id=made["project"], by=world.actors["manager"], at=timezone.now())
    return made


PREPARED: dict[str, Callable[[World], Bundle]] = {
    "back": _advanced,
    "held": _held,
    "party": _with_party,
    "fresh": _fresh,
    "binned": _binned,
    "member": _with_member,
    "gone": _gone,
}
#: Takes a file, which no form of a page without JavaScript can hold beforehand.
FILES = {"file-upload"}


def _stored(sql: str) -> bool:
    return "org_usersession" not in sql and "core_ratebucket" not in sql


@pytest.mark.parametrize("name", SENT)
def test_whoever_is_entitled_succeeds(desk: Desk, name: str) -> None:
    row, world = WEB[name], desk.world
    who, where = row.prove
    with undone():
        bundle = PREPARED[where](world) if where in PREPARED else world.bundles[where]
        if name == "project-confirm":
            bundle = _advanced(world)
        body = _sent(desk, name, row, bundle)
        desk.browser(who)
        with writes() as wrote:
            answer = desk.call(who, "POST", desk.url(name, bundle), body)
        said = "" if answer.streaming else answer.content.decode()
        errors = [each.partition("<")[0] for each in said.split('invalid-feedback d-block"')[1:]]
        assert answer.status_code in (200, 302, RULED_PAGES.get(name)), (name, answer.status_code, errors, body)
        if row.may != "open" and name not in QUIET:
            assert any(_stored(each) for each in wrote.seen), (name, answer.status_code, body, said[-3000:])


#: Tried and told: the gate is closed, which is an event of its own; there are still people in the department;
#: what was opened is remembered without an answer.
RULED_PAGES = {"project-advance": 409, "department-close": 422, "remember": 204}
#: Answers, and stores at most that it was asked.
QUIET = {"registration-check", "bulk-choose", "department-close"}


def _sent(desk: Desk, name: str, row: Row, bundle: Bundle) -> dict[str, Any]:
    desk.world.forms.pop((name, bundle.relation), None)
    body = desk.body(name, bundle)
    desk.world.forms.pop((name, bundle.relation), None)
    return body | {"upload-file": SimpleUploadedFile("words.txt", b"words\n")} if name in FILES else body


# --- the API


WRITES = [one for one in operations() if one.is_write and API[one.name].may != "nobody"]
#: Who succeeds, and with which records, where it is not the owner with what is their own.
API_WHO = {
    "project.delete": "manager",
    "account.delete": "manager",
    "account.merge": "manager",
    "grade.pin": "manager",
    "user.admin": "administrator",
}
API_PREPARED: dict[str, tuple[str, Callable[[World], Bundle]]] = {
    "accounts.delete": ("executive", lambda world: world.bundles["pool"]),
    "accounts.remove_member": ("owner", _with_member),
    "activities.confirm": ("manager", _own),
    "arbitrations.decide": ("executive", _own),
    "handover.hand_over": ("manager", _own),
    "approvals.decide": ("manager", _own),
    "approvals.add_reviewer": ("manager", _own),
    "departments.close": ("administrator", lambda _world: Bundle("far", "far", {}, owner="far_seller")),
    "losing.judge_lost": ("manager", _own),
    "pool.claim": ("stranger", lambda world: world.bundles["pool"]),
    "moves.back": ("owner", _advanced),
    "moves.resume": ("owner", _held),
    "moves.reopen": ("far_seller", lambda world: world.bundles["dropped"]),
    "moves.win": ("manager", _own),
    "moves.advance": ("owner", _own),
    "projects.delete": ("manager", _fresh),
    "projects.remove_party": ("owner", _with_party),
    "products.create": ("market", _own),
    "products.change": ("market", _own),
}
#: Refused by a rule of the business, whoever asks; that it came so far is what is shown.
RULED = {"moves.advance": 409, "moves.confirm": 422, "departments.close": 409, "departments.reopen": 409}


@pytest.mark.parametrize("operation", WRITES, ids=[one.name for one in WRITES])
def test_whoever_is_entitled_succeeds_through_the_api(desk: Desk, operation: Operation) -> None:
    call = API[operation.name]
    who, prepare = API_PREPARED.get(operation.name, (API_WHO.get(call.needs, "owner"), _own))
    with undone():
        bundle = prepare(desk.world)
        _learn_ids(desk)
        kind = kind_of(operation.path, call)
        token = desk.world.tokens[who]
        with writes() as wrote:
            answer = _send(desk, token, operation, call, kind, bundle, is_undone=False)
        allowed = RULED.get(operation.name, 0)
        assert answer.status_code in (200, 201, 204, allowed), (who, answer.status_code, answer.content[:400])
        assert wrote.seen or allowed


def test_every_prover_is_somebody(world: World) -> None:
    known = set(world.bundles) | set(PREPARED)
    for name, row in WEB.items():
        who, where = row.prove
        assert who in world.actors, name
        assert where in known, name
