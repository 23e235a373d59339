"""AZ1, AZ2, G6: every page × everybody × every relation × every method, against a second bookkeeping of the rules.

A cell that the second bookkeeping refuses answers 401, 403, 404 or 405 (or sends a stranger to the sign-in page),
says nothing of the record, and leaves the rows of all tables as they were.
"""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from openpsm.web.access import Route, page, route_of
from tests.security.calls import NOBODY, Desk, undone
from tests.security.rows import COMMON, SEES, WEB, Row, may
from tests.security.scope import Scope
from tests.security.watch import Writes, digests, writes
from tests.security.world import RELATIONS, WORDS, Bundle, World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ACTORS = (
    "owner",
    "assistant",
    "manager",
    "manager_above",
    "sibling_manager",
    "twin_manager",
    "colleague",
    "stranger",
    "former",
    "executive",
    "finance",
    "market",
    "presales",
    "administrator",
    "local_administrator",
    "local_looker",
    "guest_looker",
    "superuser",
    "deactivated",
    "given_password",
    NOBODY,
)
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
#: Where everything stands behind a closed door, these two will do.
FEW = ("own", "nonexistent")
REFUSALS = {401, 403, 404, 405}
#: A person who sees the record is told on the page itself why not.
TOLD = REFUSALS | {302, 409, 422}


def web_routes(patterns: Any = None) -> Iterator[tuple[str, URLPattern]]:
    """All pages of the program, by name."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(each, URLResolver):
            if each.namespace != "api":
                yield from web_routes(each.url_patterns)
        else:
            yield str(each.name), each


def undeclared(routes: list[tuple[str, URLPattern]]) -> list[str]:
    """Pages that declare nothing, stand in no row, or declare something else than the row says."""
    found = []
    for name, pattern in routes:
        declared, row = route_of(pattern.callback), WEB.get(name)
        if declared is None or row is None or not _agree(declared, row):
            found.append(name)
    return found


def _agree(declared: Route, row: Row) -> bool:
    permission = declared.permission.value if declared.permission else ""
    return (permission, declared.is_open, set(declared.methods)) == (row.needs, row.is_open, row.methods)


def test_every_page_has_a_row_that_agrees_with_its_declaration() -> None:
    routes = list(web_routes())
    assert undeclared(routes) == []
    assert {name for name, _pattern in routes} == WEB.keys()


def _nothing(_request: Any) -> HttpResponse:
    return HttpResponse()


def test_a_new_page_is_noticed() -> None:
    """The check above can fail: for a bare view, for one without a row, for one that declares something else."""
    bare = path("bare", _nothing, name="bare")
    without_row = path("x", page()(_nothing), name="without-row")
    other = path("y", page(methods=("POST",))(_nothing), name="today")
    routes = [(str(one.name), one) for one in (bare, without_row, other)]
    assert undeclared(routes) == ["bare", "without-row", "today"]


# --- what an answer may say


SHOWN = ("project", "account", "registration", "task", "approval")


def words_open_to(scope: Scope, user: int | None, world: World) -> set[str]:
    """Words of records that the person may meet somewhere."""
    found = set()
    for bundle in world.bundles.values():
        if bundle.relation == "nonexistent":
            continue
        sees = {kind: SEES[kind](scope, user, bundle) for kind in SHOWN}
        word = bundle.word
        found |= {f"{word}proj"} if sees["project"] or sees["registration"] else set()
        found |= {f"{word}part", f"{word}act"} if sees["project"] else set()
        is_twin_seen = "twin" in bundle.ids and scope.account(user, bundle["twin"])
        found |= {f"{word}acct"} if sees["account"] or sees["registration"] or is_twin_seen else set()
        found |= {f"{word}cont"} if sees["account"] else set()
        found |= {f"{word}task"} if sees["task"] else set()
        found |= {f"{word}appr"} if sees["approval"] else set()
        if any(
            scope.activity(user, bundle[kind]) for kind in ("activity", "planned", "account_activity", "left_planned")
        ):
            found |= {f"{word}act", f"{word}proj", f"{word}acct"}
    return found


PATTERN = re.compile("|".join(f"{word}(?:proj|part|acct|cont|task|appr|act)" for word in WORDS.values()))


def spoken(answer: Any) -> set[str]:
    """The words of records in an answer, headers included."""
    if answer.streaming:
        text = b"".join(answer.streaming_content).decode(errors="replace")
    else:
        text = answer.content.decode(errors="replace")
    return set(PATTERN.findall(f"{text}\n{answer.headers}".lower()))


_NOISE = (
    re.compile(r"<code>[0-9a-f]{32}</code>"),
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'),
)


def plain(answer: Any) -> str:
    """The body without what differs from one request to the next."""
    text = str(answer.content.decode())
    for noise in _NOISE:
        text = noise.sub("", text)
    return text


# --- the cells


@dataclass
class Sheet:
    """What came out for one person."""

    cells: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def note(self, who: str, method: str, name: str, relation: str, fault: str) -> None:
        self.faults.append(f"{who} {method} {name} on {relation}: {fault}")


@dataclass
class Cell:
    """One try: who, what, on what, how; and what the second bookkeeping says about it."""

    who: str
    method: str
    name: str
    bundle: Bundle
    is_htmx: bool
    expected: str


def expected(
    name: str, cell_row: Row, scope: Scope, user: int | None, bundle: Bundle, method: str, world: World
) -> str:
    """Say what must come: "open", "sign-in", "method", "closed" (the page), "nothing", "refused" or "allowed"."""
    if not cell_row.is_open and not scope.active(user):
        return "sign-in"
    if not cell_row.is_open and scope.users[user or 0]["must_change_password"] and name not in ("password", "theme"):
        return "sign-in"
    if method not in cell_row.methods:
        return "method"
    if cell_row.is_open:
        return "open"
    if not all(scope.anywhere(user, each) for each in (cell_row.needs, cell_row.also) if each):
        return "closed"
    if not SEES[cell_row.kind](scope, user, bundle):
        return "nothing"
    return "allowed" if method != "POST" or may(cell_row, scope, user, bundle, world) else "refused"


STATUSES = {
    "sign-in": {302},
    "method": {405},
    "closed": {403},
    "nothing": {404},
    "refused": TOLD,
}


def judge(cell: Cell, answer: Any, wrote: Writes, words: set[str], nothing: dict[str, str]) -> str:
    """Return what is wrong with the answer, empty if nothing is."""
    status, wanted = answer.status_code, cell.expected
    if status >= 500:
        return f"{status}"
    if wanted == "sign-in" and cell.is_htmx:
        if not answer.headers.get("HX-Redirect"):
            return f"no redirect but {status}"
    elif wanted in STATUSES and status not in STATUSES[wanted]:
        return f"{status} where {wanted} was due"
    if wanted == "allowed" and status in REFUSALS and (cell.name, status) not in MAY_ALSO:
        return f"{status} although entitled"
    if wanted != "allowed" and wanted != "open" and wrote.seen:
        return f"{wanted}, and yet it wrote: {wrote.seen[0]}"
    leaked = spoken(answer) - words
    if leaked:
        return f"says {sorted(leaked)} ({status})"
    return _same_nothing(cell, answer, nothing)


#: Somebody without a department's projects has no settings at all; some marks are not for everything; there is no
#: demo company in this world (tests/exchange/test_demo_deleting.py has one).
MAY_ALSO = {
    ("settings", 404),
    ("guide-page", 404),
    ("project-confirm", 404),
    ("account-team-remove", 404),
    ("project-stage", 404),
    ("session-end", 404),
    ("user-revoke", 404),
    ("activity-confirm", 404),
    ("demo-delete", 404),
}


def _same_nothing(cell: Cell, answer: Any, nothing: dict[str, str]) -> str:
    if cell.expected != "nothing" or cell.method == "HEAD":
        return ""
    body = plain(answer)
    known = nothing.setdefault(f"{cell.method} {cell.is_htmx}", body)
    return "" if body == known else "the 404 differs from that of something else that is not there"


def relations_of(row: Row, method: str, is_htmx: bool) -> tuple[str, ...]:
    if row.kind == "none" or method not in ("GET", "HEAD", "POST"):
        return ("own",)
    if row.kind in COMMON or is_htmx or method == "HEAD":
        return ("own", "nonexistent")
    return RELATIONS


def cells(desk: Desk, scope: Scope, who: str) -> Iterator[Cell]:
    """Every cell of one person; a page that is closed to them as such is tried on few records only."""
    user = None if who == NOBODY else desk.world.actors[who].pk
    for number, (name, row) in enumerate(WEB.items()):
        for method, is_htmx in (*((each, False) for each in METHODS), ("GET", True), ("POST", True)):
            for relation in relations_of(row, method, is_htmx):
                bundle = desk.world.bundles[relation]
                due = expected(name, row, scope, user, bundle, method, desk.world)
                needless = due in ("closed", "sign-in") and relation not in FEW
                if not needless and is_tried(number + METHODS.index(method), who, relation):
                    yield Cell(who, method, name, bundle, is_htmx, due)


def is_tried(number: int, who: str, relation: str) -> bool:
    """All of them with MATRIX=full; else a share, in which every page meets every person and every relation."""
    share = 1 if os.environ.get("MATRIX") == "full" else 5 if connection.vendor == "sqlite" else 11
    return (number + ACTORS.index(who) + RELATIONS.index(relation)) % share == 0


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Thousands of refusals are not worth a line each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("who", ACTORS)
def test_pages(desk: Desk, who: str) -> None:
    scope, sheet = Scope(), Sheet()
    user = None if who == NOBODY else desk.world.actors[who].pk
    words = words_open_to(scope, user, desk.world)
    nothing: dict[str, str] = {}
    tried = list(cells(desk, scope, who))
    desk.browser(who)
    bodies = {(cell.name, cell.bundle.relation): _body(desk, cell) for cell in tried if cell.method == "POST"}
    before = digests()
    with writes() as wrote:
        for cell in tried:
            data = bodies.get((cell.name, cell.bundle.relation))
            wrote.seen.clear()
            fault = _try(desk, cell, data, wrote, words, nothing)
            sheet.cells[cell.expected] += 1
            if fault:
                sheet.note(who, cell.method + ("+htmx" if cell.is_htmx else ""), cell.name, cell.bundle.relation, fault)
    changed = sorted(name for name, digest in digests().items() if digest != before[name])
    print(f"\n{who}: {sheet.cells.total()} cells, {dict(sheet.cells)}")
    write_down("pages", who, sheet.cells)
    assert (changed, sheet.faults) == ([], []), "\n".join([*changed, *sheet.faults[:60]])


def _body(desk: Desk, cell: Cell) -> dict[str, Any]:
    return desk.body(cell.name, cell.bundle) if WEB[cell.name].may else {}


def _try(
    desk: Desk, cell: Cell, data: dict[str, Any] | None, wrote: Writes, words: set[str], nothing: dict[str, str]
) -> str:
    """Send the request; what somebody was entitled to is taken back, what was refused must have left no trace."""
    url = desk.url(cell.name, cell.bundle)
    if cell.expected in ("allowed", "open"):
        with desk.same_cookies(cell.who), undone():
            answer = desk.call(cell.who, cell.method, url, data, is_htmx=cell.is_htmx)
    else:
        answer = desk.call(cell.who, cell.method, url, data, is_htmx=cell.is_htmx)
    return judge(cell, answer, wrote, words, nothing)


def write_down(part: str, who: str, counted: Counter[str]) -> None:
    """Keep the figures for `docs/security/access-matrix.md` where MATRIX_REPORT names a folder."""
    folder = os.environ.get("MATRIX_REPORT")
    if folder:
        Path(folder, f"{part}-{who}.txt").write_text("".join(f"{key} {n}\n" for key, n in counted.items()))
