"""Acceptance scenarios AS-01 and AS-02, told entirely through the API."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from openpsm.org.models import User
from tests.api.conftest import ApiClient
from tests.factories.org import make_department, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2026, 7, 15, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ELEMENTS = ("need", "schedule", "budget", "competition", "decision", "priorities")
OTHERS = ("technical_fit", "relationship", "credit", "product", "price", "solution", "service")
FIFTY_SIX = {"standing": 3, "funds": 3, **dict(zip(OTHERS, (3, 3, 3, 3, 3, 2, 2), strict=True))}
SIXTY_EIGHT = {"standing": 4, "funds": 4, **dict(zip(OTHERS, (4, 3, 3, 3, 3, 3, 3), strict=True))}


@pytest.fixture(autouse=True)
def _fifteenth_of_july() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def zhang() -> ApiClient:
    department = make_department("华北")
    make_user("manager", name="李经理", roles=["sales-manager"], manages=department)
    return ApiClient(make_user("zhang", name="小张", department=department))


@pytest.fixture
def manager(zhang: ApiClient) -> ApiClient:
    return ApiClient(User.objects.get(username="manager"))


@pytest.fixture
def project(zhang: ApiClient) -> dict[str, Any]:
    """What 小张 knows after two weeks, told by API calls."""
    account = zhang.post("/accounts", {"name": "宁夏远景化工有限公司", "region": "640000"})
    institute = zhang.post("/accounts", {"name": "银川华诚设计院", "kind": "design_institute"}).body
    made = zhang.post(
        "/projects",
        {
            "account_id": account.body["id"],
            "name": "二期设备润滑油",
            "news_on": "2026-07-01",
            "tender_on": "2026-11-15",
            "tender_source": "项目经理助理",
            "parties": [{"account_id": institute["id"], "role": "design_institute"}],
        },
    )
    assert (account.status, made.status) == (201, 201)
    pk, met = made.body["id"], {"contacted_on": "2026-07-10"}
    people = [("经理", 0), ("经理助理A", 0), ("副经理", 0)]
    for name, attitude in people:
        reason = {"attitude": attitude, "attitude_reason": "收了资料,态度客气"}
        assert zhang.post("/stakeholders", {"project_id": pk, "name": name, **met, **reason}).status == 201
    assert zhang.post("/stakeholders", {"project_id": pk, "name": "项目经理"}).status == 201
    head = {"name": "设计院室主任", "account_id": institute["id"], "is_outside": True, **met}
    willing = {"attitude": 1, "attitude_reason": "愿意把我们的产品写进去,但时间紧"}
    assert zhang.post("/stakeholders", {"project_id": pk, **head, **willing}).status == 201
    for rival in ("鼎澜", "欧瑞斯特", "海蔚"):
        row = {"project_id": pk, "competitor_name": rival, "is_registered_earlier": True}
        assert zhang.post("/contenders", row).status == 201
    for kind in ("schedule", "competition"):
        assert tell(zhang, pk, kind, "partly").status == 201
    step = {"step": "survey", "source": "经理助理说的", "on": "2026-07-15"}
    stated = act(zhang, pk, "step", step)
    assert (stated.status, stated.body["procurement_step"]) == (200, "survey")
    body: dict[str, Any] = stated.body
    return body


def tell(caller: ApiClient, pk: int, kind: str, state: str) -> Any:
    row = {"project_id": pk, "kind": kind, "state": state, "text": f"关于{kind}我们知道的情况", "source": "customer"}
    return caller.post("/intelligence", row)


def act(caller: ApiClient, pk: int, action: str, body: Any = None, **headers: str) -> Any:
    """Call an action with the version that the project has now."""
    version = caller.get(f"/projects/{pk}").etag
    return caller.post(f"/projects/{pk}/{action}", body, If_Match=version, **headers)


def test_as01_he_cannot_leave_develop_and_learns_why(zhang, project) -> None:
    refused = act(zhang, project["id"], "advance")
    assert (refused.status, refused.body["code"]) == (409, "gate-blocked")
    missing = [node["key"] for node in refused.body["key_nodes"]]
    assert missing == ["qualified-prospect", "six-elements", "evaluated", "graded"]
    gate = zhang.get(f"/projects/{project['id']}/gate").body
    assert (gate["stage"], gate["procurement_step"], gate["can_advance"]) == ("develop", "survey", False)
    assert [node["key"] for node in gate["key_nodes"] if not node["held"]] == missing
    tries = zhang.get(f"/gate-reviews?project_id={project['id']}").body["items"]
    assert [(one["outcome"], one["missing"]) for one in tries] == [("blocked", missing)]


def test_as01_the_diagnosis_says_where_he_stands_and_what_to_do(zhang, project) -> None:
    found = zhang.get(f"/projects/{project['id']}/diagnosis").body
    place = ("procurement_step", "matching_stage", "stage", "position", "steps_behind", "days_to_tender")
    assert [found[name] for name in place] == ["survey", "enter", "develop", "behind", 1, 123]
    assert {"evaluated", "graded"} <= {node["key"] for node in found["skipped"]}
    assert found["health"]["level"] == "red"
    assert found["health"]["reasons"][:4] == [
        "No insider",
        "The boss's attitude is unknown",
        "The purchasing department has not been contacted",
        "Rivals ahead of us: 3",
    ]
    assert [action["key"] for action in found["next_actions"]][:8] == [
        "collect-elements",
        "complete-elements",
        "evaluate",
        "grade",
        "decide-go-or-drop",
        "find-insider",
        "contact-purchasing",
        "use-outside-ally",
    ]
    assert found["verdict"] == "collect-first"


def test_as02_fail_pass_blocked_forced(zhang, manager, project) -> None:
    pk = project["id"]
    for kind in ELEMENTS:
        assert tell(zhang, pk, kind, "known").status == 201
    visit = {"project_id": pk, "done_on": "2026-07-14", "hours": "6.5", "cost": "800.00"}
    said = {"result": "经理说预算已批", "next_step": "约商务部门", "next_on": "2026-07-20"}
    assert zhang.post("/activities", {**visit, **said}).status == 201

    failed = zhang.post(f"/projects/{pk}/evaluations", {"answers": FIFTY_SIX}).body
    assert (failed["score"], failed["passed"]) == ("56.000000", False)
    refused = zhang.post(f"/evaluations/{failed['id']}/decide", {"decision": "go_on"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "decision")
    lowered = zhang.post(
        f"/evaluations/{failed['id']}/decide", {"decision": "lower_contact", "reason": "对手领先太多,先观察"}
    )
    assert (lowered.status, lowered.body["hours_spent"], lowered.body["cost_spent"]) == (200, "6.500000", "800.00")
    assert zhang.get(f"/projects/{pk}").body["is_contact_lowered"] is True

    passed = zhang.post(f"/projects/{pk}/evaluations", {"answers": SIXTY_EIGHT}).body
    assert (passed["score"], passed["passed"]) == ("68.000000", True)
    yes = {"has_need": True, "can_pay": True, "has_good_name": True}
    assert zhang.post(f"/projects/{pk}/qualification", yes).status == 200
    now = zhang.get(f"/projects/{pk}")
    chance = {"possibility": 40, "possibility_reason": "设计院支持", "order_on": "2026-12-01"}
    graded = zhang.patch(f"/projects/{pk}", chance, If_Match=now.etag).body
    assert (graded["grade"] in "ABCD", graded["probability"]) == (True, 40)

    entered = act(zhang, pk, "advance")
    assert (entered.status, entered.body["stage"]) == (200, "enter")

    blocked = act(zhang, pk, "advance")
    missing = [node["key"] for node in blocked.body["key_nodes"]]
    assert (blocked.status, {"insider", "key-people"} <= set(missing)) == (409, True)
    assert act(zhang, pk, "advance", {"override_reason": "我觉得可以"}).status == 403

    forced = act(manager, pk, "advance", {"override_reason": "设计院时间紧,先交提案"})
    assert (forced.status, forced.body["stage"], forced.body["probability"]) == (200, "propose", 20)
    review = zhang.get(f"/gate-reviews?project_id={pk}").body["items"][0]
    assert (review["outcome"], review["by_name"], review["reason"]) == ("overridden", "李经理", "设计院时间紧,先交提案")
    assert (review["probability_before"], review["probability_after"], review["missing"]) == (40, 20, missing)

    gate = zhang.get(f"/projects/{pk}/gate").body
    assert [node["key"] for node in gate["warnings"]] == ["criteria-shaped"]
    assert "price war" in json.dumps(gate["warnings"])


def test_a_repeated_advance_with_one_key_is_tried_once(zhang, project) -> None:
    version = zhang.get(f"/projects/{project['id']}").etag
    path = f"/projects/{project['id']}/advance"
    first = zhang.post(path, If_Match=version, Idempotency_Key="one")
    again = zhang.post(path, If_Match=version, Idempotency_Key="one")
    assert (first.status, first.body) == (again.status, again.body) == (409, first.body)
    assert zhang.get(f"/gate-reviews?project_id={project['id']}").body["count"] == 1
