"""What is asked: of OpenPSM, of bare Django, and of PostgreSQL alone."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.signing import Signer
from django.utils import timezone

from bench import questions
from openpsm.accounts.models import Account
from openpsm.core import parameters
from openpsm.org.models import Department, User
from openpsm.org.operations import make_token
from openpsm.org.sessions import BACKEND, SessionStore, start
from openpsm.process.queries import default_definition
from openpsm.projects.models import Confirmation, Project

Json = dict[str, Any]
HTML, API = {"Cookie": "openpsm={session}"}, {"Authorization": "Bearer {token}"}


@dataclass(frozen=True)
class Case:
    """One question. `same`: bare Django gives the same answer, so that the ratio of CPU counts."""

    name: str
    title: str
    openpsm: Json
    bare: Json | None = None
    sql: tuple[str, ...] = ()
    variables: Json = field(default_factory=dict)
    same: bool = True
    goal: str = ""


def access_of(user: User, at: datetime) -> Json:
    """Sign a person in without a password, and make a token."""
    store = SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = BACKEND
    start(store, address="127.0.0.1", agent="bench", at=at)
    store.save()
    return {"session": store.session_key, "token": make_token(name="bench", by=user, at=at)[1]}


def lift_limits(by: User, at: datetime) -> None:
    """The limits of a person would stop the driver: one user stands for many here."""
    parameters.set_parameter(key="api.requests_per_minute", value=1_000_000, by=by, at=at)
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=by, at=at)
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=by, at=at)


def cursor_of(amount: Any, pk: int) -> str:
    text = json.dumps(["-amount", str(amount), pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cases(at: datetime) -> list[Case]:
    users = list(User.objects.filter(username__startswith="u").order_by("username"))
    access = {user.pk: access_of(user, at) for user in users}
    sellers = [user for user in users if not user.managed_links.exists()]
    executive, manager = access[users[0].pk], access[users[1].pk]
    lift_limits(users[0], at)
    stages = [{"stage": stage.id, "key": stage.key} for stage in default_definition().stages]
    region = Department.objects.filter(parent__parent=None, parent__isnull=False).order_by("pk")[0]
    rng = random.Random(1)
    return [
        *_lists(stages, executive, manager, [access[one.pk] for one in sellers]),
        _deep(executive),
        _department(region, executive),
        *_pages([{**access[row[1]], "id": row[0]} for row in _own(sellers, rng)]),
        _create(sellers, access, rng),
        _advance(access, stages),
        *_search([access[one.pk] for one in sellers], rng),
        _check([access[one.pk] for one in sellers], rng),
        *_overviews(
            {"executive": [executive], "manager": [manager], "seller": [access[one.pk] for one in sellers]}, rng
        ),
    ]


def _own(sellers: list[User], rng: random.Random) -> list[tuple[int, int]]:
    rows = list(Project.objects.live().filter(owner__in=sellers).values_list("pk", "owner_id"))
    return rng.sample(rows, min(5000, len(rows)))


def _lists(stages: list[Json], executive: Json, manager: Json, sellers: list[Json]) -> list[Case]:
    bare = {"path": "/api/list?stage={stage}", "params": {"s": {"choice": stages}}}
    sql = (questions.STAGE,)
    variables = {"stage": f"random({stages[0]['stage']}, {stages[-1]['stage']})"}

    def api(name: str, title: str, who: list[Json], **more: Any) -> Case:
        step = {"path": "/api/v1/projects?stage={key}&sort=-amount", "headers": API, "contains": '"items":[{'}
        params = {"s": {"choice": stages}, "who": {"choice": who}}
        return Case(name, title, {**step, "params": params}, bare, **more)

    page = {"path": "/projects?stage={stage}&sort=-amount", "headers": HTML, "contains": 'id="list-rows"'}
    page["params"] = {"s": {"choice": stages}, "who": {"choice": [executive]}}
    bare_page = {**bare, "path": "/list?stage={stage}"}
    return [
        Case("list_html", "list by stage and amount, page", page, bare_page, sql, variables, goal="43"),
        api("list_api", "list by stage and amount, API", [executive], sql=sql, variables=variables, goal="29"),
        api("list_api_manager", "the same as manager of a region, API", [manager], same=False),
        api("list_api_seller", "the same as seller, API", sellers, same=False),
    ]


def _deep(executive: Json) -> Case:
    rows = Project.objects.live().order_by("-amount", "-pk").values_list("amount", "pk")
    half = Project.objects.live().count() // 2
    marks = list(rows[half : half + 400 : 20])
    signer = Signer(salt="openpsm.api.cursor:/api/v1/projects")
    cursors = [{"cursor": signer.sign(cursor_of(amount, pk))} for amount, pk in marks]
    step = {"path": "/api/v1/projects?sort=-amount&cursor={cursor}", "headers": API, "contains": '"items":[{'}
    step["params"] = {"c": {"choice": cursors}, "who": {"choice": [executive]}}
    cents = [int(amount * 100) for amount, _pk in marks]
    bare = {"path": "/api/list?amount={amount}", "params": {"amount": {"choice": cents}}}
    variables = {"amount": f"random({min(cents)}, {max(cents)})"}
    title = "deep page by keyset (half-way), API"
    return Case("deep_api", title, step, bare, (questions.DEEP,), variables, goal="29")


def _department(region: Department, executive: Json) -> Case:
    step = {"path": f"/projects?department={region.pk}&sort=-amount", "headers": HTML, "contains": 'id="list-rows"'}
    step["params"] = {"who": {"choice": [executive]}}
    bare = {"path": "/list?path={path}", "params": {"path": {"choice": [region.path]}}}
    title = "department subtree by amount, page"
    return Case("department_html", title, step, bare, (questions.DEPARTMENT,), {"path": region.path}, goal="43")


def _pages(own: list[Json]) -> list[Case]:
    params = {"one": {"choice": own}}
    page = {"path": "/projects/{id}", "headers": HTML, "contains": "</html>", "params": params}
    api = {"path": "/api/v1/projects/{id}", "headers": API, "contains": '"parties":', "params": params}
    sql, variables = (questions.ONE, *questions.PARTS), {"id": f"random(1, {len(own)})"}
    bare = {"path": "/p/{id}", "contains": "</html>", "params": params}
    bare_api = {"path": "/api/p/{id}", "contains": '"parts"', "params": params}
    return [
        Case(
            "page_html",
            "project page with 20 activities",
            page,
            bare,
            (*sql, questions.ACTIVITIES),
            variables,
            False,
            "50",
        ),
        Case("detail_api", "project, API", api, bare_api, sql, variables, goal="29"),
    ]


def _create(sellers: list[User], access: dict[int, Json], rng: random.Random) -> Case:
    rows = list(Account.objects.live().filter(owner__in=sellers).values_list("pk", "owner_id"))
    chosen = [{"account": pk, "owner": owner, **access[owner]} for pk, owner in rng.sample(rows, min(3000, len(rows)))]
    run = f"{timezone.now():%m%d%H%M%S}"  # a name may come once: each run has its own
    body = {"name": f"新建产线润滑{run}项目第{{n}}号", "account_id": "{account}", "amount": "500000.00"}
    step = {"path": "/api/v1/projects", "method": "POST", "headers": API, "json": body, "expect": [201]}
    step["params"] = {"one": {"choice": chosen}}
    bare = {"path": "/api/create", "method": "POST", "json": {**body, "owner_id": "{owner}"}}
    bare["params"] = step["params"]
    variables = {"account": "random(1, 500)", "owner": "random(20, 60)", "name": "新建产线润滑项目"}
    return Case("create_api", "create a project, API", step, bare, questions.CREATE, variables, goal="38")


def _advance(access: dict[int, Json], stages: list[Json]) -> Case:
    """Projects before the won gate for which all that it asks is stated: half of those in that stage."""
    gate = next(stage for stage in default_definition().stages if stage.is_won_gate)
    said = Confirmation.objects.filter(project__stage_id=gate.id, project__outcome="open", withdrawn_at=None)
    rows = said.values_list("project_id", "project__owner_id", "project__version").distinct()
    ready = [{"id": pk, "version": version, **access[owner]} for pk, owner, version in rows]
    step = {"path": "/api/v1/projects/{id}/advance", "method": "POST", "json": {}, "contains": '"stage":"deliver"'}
    step |= {"headers": {**API, "If-Match": '"{version}"'}, "params": {"one": {"take": ready}}}
    bare = {"path": "/api/move/{id}", "method": "POST", "json": {"stage": stages[-1]["stage"]}}
    bare["params"] = {"one": {"choice": [{"id": one["id"]} for one in ready]}}
    variables = {"id": f"random(1, {len(ready)})", "stage": f"random({stages[0]['stage']}, {stages[-1]['stage']})"}
    return Case("advance_api", "pass a gate (stage change), API", step, bare, questions.MOVE, variables, goal="21")


def _search(sellers: list[Json], rng: random.Random) -> list[Case]:
    names = rng.sample(list(Account.objects.live().values_list("name", flat=True)), 200)
    grams = [{"q": name[2:4]} for name in names]
    params = {"q": {"choice": grams}, "who": {"choice": sellers}}
    page = {"path": "/accounts?q={q}", "headers": HTML, "contains": "</html>", "params": params}
    api = {"path": "/api/v1/accounts?q={q}&sort=name", "headers": API, "contains": '"items":[', "params": params}
    bare, bare_api = ({"path": f"{path}?q={{q}}", "params": params} for path in ("/search", "/api/search"))
    sql, variables = (questions.SEARCH,), {"gram": grams[0]["q"]}
    return [
        Case("search_html", "accounts by 2 signs, page", page, bare, sql, variables, False, "17"),
        Case("search_api", "accounts by 2 signs, API", api, bare_api, sql, variables, False, "17"),
    ]


def _check(sellers: list[Json], rng: random.Random) -> Case:
    names = rng.sample(list(Account.objects.live().values_list("name", flat=True)), 200)
    step = {"path": "/api/v1/registrations/check", "method": "POST", "headers": API, "contains": '"hits":['}
    step |= {"json": {"account": {"name": "{name}"}}}
    step["params"] = {"name": {"choice": names}, "who": {"choice": sellers}}
    bare = {"path": "/api/check", "method": "POST", "json": {"name": "{name}"}, "params": step["params"]}
    return Case("check_api", "registration check, API", step, bare, same=False)


def _overviews(people: dict[str, list[Json]], rng: random.Random) -> list[Case]:
    """The pages that look at very many projects at once; bare Django has none of them."""
    names = rng.sample(list(Account.objects.live().values_list("name", flat=True)), 100)

    def page(name: str, title: str, path: str, who: str, **more: Any) -> Case:
        step = {
            "path": path,
            "headers": {**HTML, **more.pop("headers", {})},
            "contains": more.pop("contains", "</html>"),
        }
        step["params"] = {"who": {"choice": people[who]}, **more}
        return Case(f"{name}_{who}", f"{title}, {who}", step, same=False)

    sought = {"q": {"choice": [{"q": name[2:4]} for name in names]}}
    palette = {**sought, "headers": {"HX-Request": "true"}, "contains": "<"}
    return [
        *(page("board", "board", "/projects/board", who) for who in people),
        *(page("totals", "totals of the team", "/team", who) for who in ("executive", "manager")),
        *(page("calendar", "calendar, a month", "/projects/calendar", who) for who in people),
        *(page("palette", "palette, 2 signs", "/search?q={q}", who, **palette) for who in ("executive", "seller")),
        *(
            page("grouped", "projects grouped by stage", "/projects?group=stage", who)
            for who in ("executive", "seller")
        ),
    ]
