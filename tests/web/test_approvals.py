"""Approvals on the screen and through the API: list, detail, yes and no, one more, withdrawn, substitutes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openpsm.org.models import Absence, Approval
from openpsm.org.operations import make_token
from tests.factories.approvals import ask, decide, forget, make_absence
from tests.factories.org import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _anew():
    forget()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def seller():
    return make_user(name="张磊", department=make_department())


@pytest.fixture
def boss():
    return make_user(name="王经理", roles=("sales-manager",))


@pytest.fixture
def approval(seller, boss, now):
    return ask(seller, [boss], about=make_department("Thing"), at=now, title="Ten days more", detail="They are slow")


def test_what_waits_stands_on_today_and_in_the_list(client, seller, boss, approval):
    client.force_login(boss)
    day = client.get("/today")
    assert (day.context["counts"]["decide"], "Ten days more" in day.text) == (1, True)
    assert "Ten days more" in client.get("/approvals?part=waiting").text
    assert "Ten days more" not in client.get("/approvals?part=decided").text
    client.force_login(seller)
    assert client.get("/today").context["counts"]["decide"] == 0
    assert "Ten days more" in client.get("/approvals?part=asked").text
    assert "Ten days more" in client.get("/approvals?part=asked&part=decided").text
    client.force_login(make_user(roles=("executive",)))
    assert "Ten days more" not in client.get("/approvals").text
    assert client.get(f"/approvals/{approval.pk}").status_code == 404


def test_yes_on_the_page(client, boss, approval):
    client.force_login(boss)
    page = client.get(f"/approvals/{approval.pk}")
    assert ('value="approve"' in page.text, "They are slow" in page.text) == (True, True)
    answer = client.post(f"/approvals/{approval.pk}/decide", {"decision": "approve", "version": approval.version})
    assert answer["Location"] == f"/approvals/{approval.pk}"
    approval.refresh_from_db()
    assert approval.state == "approved"
    assert 'value="approve"' not in client.get(f"/approvals/{approval.pk}").text


def test_no_without_a_reason_comes_back_with_what_was_wrong(client, boss, approval):
    client.force_login(boss)
    answer = client.post(f"/approvals/{approval.pk}/decide", {"decision": "reject", "version": approval.version})
    assert (answer.status_code, "Say why not" in answer.text) == (422, True)
    given = {"decision": "reject", "comment": "Too slow", "version": approval.version}
    client.post(f"/approvals/{approval.pk}/decide", given)
    approval.refresh_from_db()
    assert approval.state == "rejected"


def test_the_asker_sees_no_buttons_and_may_not_decide_but_withdraw(client, seller, approval):
    client.force_login(seller)
    page = client.get(f"/approvals/{approval.pk}")
    assert ('value="approve"' in page.text, "/withdraw" in page.text) == (False, True)
    answer = client.post(f"/approvals/{approval.pk}/decide", {"decision": "approve", "version": approval.version})
    assert (answer.status_code, "own case" in answer.text) == (422, True)
    client.post(f"/approvals/{approval.pk}/withdraw", {"version": approval.version})
    approval.refresh_from_db()
    assert approval.state == "withdrawn"


def test_one_more_reviewer(client, boss, approval):
    expert = make_user(name="Expert")
    client.force_login(boss)
    url = f"/approvals/{approval.pk}/reviewers"
    assert client.post(url, {"user_id": approval.created_by_id, "version": approval.version}).status_code == 422
    assert client.post(url, {"user_id": expert.pk, "version": approval.version}).status_code == 302
    assert "Expert" in client.get(f"/approvals/{approval.pk}").text


def test_a_substitute_is_named_on_the_profile_and_decides(client, boss, approval, now):
    deputy = make_user(name="李代")
    client.force_login(boss)
    assert "Name a substitute" in client.get("/profile").text
    on = timezone.localdate(now)
    given = {"substitute_id": deputy.pk, "from_on": on.isoformat(), "back_on": (on + timedelta(days=3)).isoformat()}
    assert client.post("/profile/absence", given | {"back_on": on.isoformat()}).status_code == 422
    assert client.post("/profile/absence", given)["Location"] == "/profile"
    assert "李代" in client.get("/profile").text
    assert client.get("/profile/absence").status_code == 200
    client.force_login(deputy)
    given = {"decision": "approve", "version": approval.version}
    client.post(f"/approvals/{approval.pk}/decide", given)
    assert "standing in" in client.get(f"/approvals/{approval.pk}").text
    client.force_login(boss)
    client.post("/profile/absence/end", {"version": Absence.objects.get().version})
    assert not Absence.objects.exists()


@pytest.mark.parametrize("rows", [1, 8])
def test_list_and_detail_query_counts(client, boss, now, rows, django_assert_num_queries):
    for _each in range(rows):
        made = ask(make_user(), [boss], [make_user() for _other in range(rows)], about=make_department(), at=now)
    client.force_login(boss)
    client.get("/approvals")
    with django_assert_num_queries(5):
        client.get("/approvals")
    with django_assert_num_queries(7):
        client.get(f"/approvals/{made.pk}")


# --- through the API


def api(client, user, method, path, body=None, **headers):
    token = make_token(name="test", by=user, at=timezone.now())[1]
    call = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {token}", **headers}}
    return getattr(client, method)(f"/api/v1{path}", body, **call)


def test_api_lists_shows_and_decides(client, seller, boss, approval):
    [one] = api(client, boss, "get", "/approvals?state=waiting").json()["items"]
    assert (one["id"], one["title"], [seat["reviewer_id"] for seat in one["seats"]]) == (
        approval.pk, "Ten days more", [boss.pk],
    )  # fmt: skip
    url = f"/approvals/{approval.pk}/decide"
    assert api(client, boss, "post", url, {"decision": "approve"}).status_code == 428
    seen = {"If-Match": '"1"'}
    assert api(client, boss, "post", url, {"decision": "maybe"}, **seen).status_code == 422
    assert api(client, boss, "post", url, {"decision": "reject"}, **seen).status_code == 422
    assert api(client, seller, "post", url, {"decision": "approve"}, **seen).status_code == 403
    assert api(client, make_user(), "post", url, {"decision": "approve"}, **seen).status_code == 404
    done = api(client, boss, "post", url, {"decision": "approve", "comment": "Good"}, **seen)
    assert (done.status_code, done.json()["state"], done.json()["version"]) == (200, "approved", 2)
    assert api(client, boss, "post", url, {"decision": "approve"}, **seen).status_code == 412
    again = api(client, boss, "post", url, {"decision": "approve"}, **{"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "approval-closed")


def test_api_withdraws_and_asks_one_more(client, seller, boss, approval):
    expert = make_user()
    url, seen = f"/approvals/{approval.pk}", {"If-Match": '"1"'}
    assert api(client, seller, "post", f"{url}/reviewers", {"user_id": expert.pk}, **seen).status_code == 403
    assert api(client, boss, "post", f"{url}/reviewers", {"user_id": expert.pk}, **seen).status_code == 200
    assert api(client, boss, "post", f"{url}/withdraw", {}, **{"If-Match": '"2"'}).status_code == 403
    assert api(client, seller, "post", f"{url}/withdraw", {}, **{"If-Match": '"2"'}).json()["state"] == "withdrawn"


def test_a_substitute_who_has_decided_still_sees_it(client, boss, approval, now):
    deputy = make_user()
    make_absence(boss, deputy, at=now)
    decide(approval, deputy, at=now)
    assert Approval.objects.visible_to(deputy).exists()
