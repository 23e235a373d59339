"""Arbitration on the screen and through the API, with the times of AS-06."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from openpsm.accounts.models import Account
from openpsm.org.operations import make_token
from openpsm.registrations.matching import Claim, check
from openpsm.registrations.models import Arbitration, Registration
from tests.factories.org import make_department, make_user
from tests.factories.registrations import register_account

pytestmark = pytest.mark.django_db
NAME = "宁夏天华混凝土有限公司"
MONDAY = (2026, 9, 14)
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Company:
    def __init__(self) -> None:
        self.sales = make_department("Sales")
        self.first = make_user("first", name="张磊", department=make_department("North", parent=self.sales))
        self.second = make_user("second", name="王芳", department=make_department("South", parent=self.sales))
        self.head = make_user("head", name="李总监", roles=("sales-manager",), manages=self.sales)


@pytest.fixture
def company():
    made = Company()
    register_account(NAME, by=made.first)
    Registration.objects.update(registered_at=datetime(*MONDAY, 9, 10, tzinfo=SHANGHAI))
    return made


def contested(client, company: Company) -> Arbitration:
    client.force_login(company.second)
    [hit] = check(by=company.second, account=Claim(NAME))
    answer = client.post("/registrations/arbitrate", {"name": NAME, "contest": hit.key})
    found = Arbitration.objects.get()
    assert answer["Location"] == f"/registrations/arbitrations/{found.pk}"
    Registration.objects.filter(pk=found.claim_id).update(registered_at=datetime(*MONDAY, 15, 40, tzinfo=SHANGHAI))
    return found


def decision(found: Arbitration, main: Any, **given: Any) -> dict[str, Any]:
    chances = {"asker_likelihood": 30, "holder_likelihood": 70}
    return {"main_id": main.pk, "share": "8", "reason": "Knows them", "version": found.version, **chances, **given}


def test_the_claim_that_was_stopped_goes_to_the_manager_above_both(client, company):
    found = contested(client, company)
    own = client.get(f"/registrations/arbitrations/{found.pk}").text
    assert ("What speaks for you" in own, 'name="main_id"' in own) == (True, False)
    assert ("The record of the owner is not open to you" in own, "09:10" in own) == (True, False)
    client.force_login(company.head)
    day = client.get("/today")
    assert (f"/approvals/{found.approval_id}" in day.text, day.context["day"].pending) == (True, [])
    assert f"/registrations/arbitrations/{found.pk}" in client.get(f"/approvals/{found.approval_id}").text
    desk = client.get(f"/registrations/arbitrations/{found.pk}").text
    assert all(each in desk for each in ("09:10", "15:40", "张磊", "王芳", 'name="main_id"'))
    assert NAME in client.get("/registrations/arbitrations").text


def test_evidence_is_read_by_whoever_decides_and_not_by_the_other(client, company):
    found = contested(client, company)
    url = f"/registrations/arbitrations/{found.pk}"
    client.post(f"{url}/evidence", {"evidence": "Letter of their director", "version": found.version})
    assert "Letter of their director" in client.get(url).text
    client.force_login(company.first)
    assert "Letter of their director" not in client.get(url).text
    client.force_login(company.head)
    assert "Letter of their director" in client.get(url).text
    client.force_login(make_user(roles=("executive",)))
    assert (client.get(url).status_code, client.post(f"{url}/evidence", {"evidence": "x"}).status_code) == (404, 404)


def test_the_decision_on_one_screen(client, company):
    found = contested(client, company)
    url = f"/registrations/arbitrations/{found.pk}"
    assert client.post(url, decision(found, company.second)).status_code == 422  # a party
    client.force_login(company.head)
    wrong = client.post(url, decision(found, company.second, share="12"))
    assert (wrong.status_code, "5 to 10" in wrong.text) == (422, True)
    assert client.post(url, decision(found, company.second))["Location"] == url
    assert Account.objects.get().owner == company.second
    for reader in (company.first, company.second, company.head):
        client.force_login(reader)
        page = client.get(url).text
        assert ("8% of the commission" in page, "Knows them" in page) == (True, True)
    assert client.get("/registrations/arbitrations").status_code == 200
    client.force_login(company.first)
    assert "has decided who works on" in client.get("/notifications").text
    assert client.get(f"/accounts/{Account.objects.get().pk}/history").status_code == 200


def test_a_contest_of_nothing_says_so(client, company):
    client.force_login(company.second)
    answer = client.post(
        "/registrations/arbitrate", {"name": "Quite Another Company", "contest": "0" * 20}, follow=True
    )
    assert ("Nothing stands against" in answer.text, Arbitration.objects.count()) == (True, 0)


@pytest.mark.parametrize("rows", [1, 6])
def test_desk_query_counts(client, company, rows, django_assert_num_queries):
    found = contested(client, company)
    for number in range(rows - 1):
        name = f"{'甲乙丙丁戊'[number]}河{number}{'东西南北中'[number]}铁业{'金木水火土'[number]}有限公司"
        register_account(name, by=company.first)
        [hit] = [one for one in check(by=company.second, account=Claim(name)) if one.score == 100]
        client.post("/registrations/arbitrate", {"name": name, "contest": hit.key})
    assert Arbitration.objects.count() == rows
    client.force_login(company.head)
    client.get("/registrations/arbitrations")
    with django_assert_num_queries(4):
        client.get("/registrations/arbitrations")
    with django_assert_num_queries(10):
        client.get(f"/registrations/arbitrations/{found.pk}")


# --- through the API


def api(client, user, method, path, body=None, **headers):
    token = make_token(name="test", by=user, at=timezone.now())[1]
    call = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {token}", **headers}}
    return getattr(client, method)(f"/api/v1{path}", body, **call)


def test_as06_through_the_api(client, company):
    """Two registered the lead, Mon 09:10 and Mon 15:40; the supervisor names main follower and assistant."""
    refused = api(client, company.second, "post", "/registrations", {"account": {"name": NAME}})
    assert (refused.status_code, refused.json()["code"]) == (409, "collision")
    [hit] = refused.json()["hits"]
    assert "id" not in hit
    body = {"account": {"name": NAME}, "hit": hit["key"], "evidence": "Met their director"}
    made = api(client, company.second, "post", "/registrations/arbitrations", body)
    assert (made.status_code, made.json()["holder_name"], made.json()["main_id"]) == (201, "张磊", None)
    url = f"/registrations/arbitrations/{made.json()['id']}"
    again = api(client, company.second, "post", "/registrations/arbitrations", body)
    assert (again.status_code, again.json()["code"]) == (409, "arbitration-waiting")
    pending = api(client, company.second, "get", f"/registrations/{made.json()['claim_id']}").json()
    assert (made.json()["asked_at"] is not None, made.json()["held_since"]) == (True, None)
    assert api(client, company.head, "get", url).json()["held_since"].startswith("2026-09-14")
    assert (pending["status"], pending["account_id"]) == ("pending", None)
    choice = {
        "main_id": company.first.pk,
        "share": "8",
        "asker_likelihood": 30,
        "holder_likelihood": 70,
        "reason": "Best",
    }
    seen = {"If-Match": f'"{made.json()["version"]}"'}
    assert api(client, company.first, "post", f"{url}/decide", choice, **seen).status_code == 403
    assert api(client, company.head, "post", f"{url}/decide", choice).status_code == 428
    wrong = api(client, company.head, "post", f"{url}/decide", choice | {"share": "11"}, **seen)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "share")
    done = api(client, company.head, "post", f"{url}/decide", choice, **seen).json()
    assert (done["main_id"], done["assistant_id"], done["share_rate"]) == (
        company.first.pk,
        company.second.pk,
        "0.080000",
    )
    assert (done["asker_likelihood"], done["holder_likelihood"]) == (30, 70)
    assert api(client, company.head, "post", f"{url}/decide", choice, **seen).status_code == 412
    assert api(client, company.first, "get", url).json()["reason"] == "Best"
    [listed] = api(client, company.head, "get", "/registrations/arbitrations?is_open=false").json()["items"]
    assert listed["id"] == done["id"]
    assert api(client, make_user(), "get", url).status_code == 404


def test_evidence_through_the_api(client, company):
    found = contested(client, company)
    url, seen = f"/registrations/arbitrations/{found.pk}/evidence", {"If-Match": f'"{found.version}"'}
    assert api(client, company.head, "post", url, {"evidence": "x"}, **seen).status_code == 403
    assert api(client, company.first, "post", url, {"evidence": "Order of last year"}, **seen).status_code == 200
    found.refresh_from_db()
    assert found.holder_evidence == "Order of last year"
