"""The handover pages: who may begin one, what the list says to whom, and the receiver's word thing by thing."""

import pytest
from django.utils import timezone

from openpsm.core.models import Event
from openpsm.org import sessions
from openpsm.org.models import Handover, HandoverItem, Task
from openpsm.projects.models import Project
from tests.factories.buying import make_label, make_stakeholder
from tests.factories.org import make_department, make_task, make_user
from tests.factories.projects import make_process
from tests.factories.registrations import registered_account, registered_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales():
    return make_department("Sales")


@pytest.fixture
def giver(sales):
    user = make_user("giver", name="张磊", department=sales)
    make_process()
    project = registered_project("Gear oil", account=registered_account("Harbour Mill", by=user), by=user)
    make_label(make_stakeholder(project, by=user, power_class=4), by=user, reason="owes us a favour")
    make_task(user, title="Call the mill")
    return user


@pytest.fixture
def receiver(sales):
    return make_user("receiver", name="李静", department=sales)


@pytest.fixture
def boss(sales):
    return make_user("boss", name="王经理", roles=("sales-manager",), manages=sales)


def signed_in(client, user):
    client.force_login(user)
    session = client.session
    sessions.confirm(session, at=timezone.now())
    session.save()
    return client


def begin(client, giver, receiver, **more):
    return client.post(f"/handovers/of/{giver.pk}", {"receiver_id": receiver.pk, "reason": "leaving", **more})


@pytest.fixture
def handover(client, giver, receiver, boss):
    assert begin(signed_in(client, boss), giver, receiver).status_code == 302
    return Handover.objects.get()


def test_the_list_of_what_moves_is_for_managers_above_and_administrators(client, giver, boss):
    page = signed_in(client, boss).get("/handovers/new", {"giver": giver.pk}, follow=True)
    assert [word in page.text for word in ("Gear oil", "Harbour Mill", "Call the mill")] == [True, True, True]
    colleague = make_user("colleague", department=giver.department)
    for user in (colleague, giver, make_user("far", roles=("sales-manager",), manages=make_department("Far"))):
        refused = signed_in(client, user).get(f"/handovers/of/{giver.pk}")
        assert (refused.status_code, "Gear oil" in refused.text) == (422, False)
        assert refused.text.count("may hand over for them") == 1
        assert begin(client, giver, colleague).status_code == 422
    admin = make_user("admin", roles=("administrator",))
    seen = signed_in(client, admin).get(f"/handovers/of/{giver.pk}").text
    assert ("Gear oil" in seen, 'name="deactivate"' in seen) == (False, True)
    assert not Handover.objects.exists()


def test_one_step_moves_everything_and_may_end_the_access(client, giver, receiver):
    admin = make_user("admin", roles=("administrator",))
    answer = begin(signed_in(client, admin), giver, receiver, deactivate="on")
    giver.refresh_from_db()
    assert (answer.status_code, giver.is_active, Project.objects.get().owner) == (302, False, receiver)


def test_kinds_may_go_to_others_and_a_bad_receiver_is_told(client, giver, receiver, boss):
    other = make_user("other", department=giver.department)
    signed_in(client, boss)
    refused = begin(client, giver, giver)
    assert (refused.status_code, Handover.objects.count()) == (422, 0)
    assert "Choose somebody else than the person who hands over." in refused.text
    begin(client, giver, receiver, **{"to:org.task.owner": other.pk})
    assert (Task.objects.get(title="Call the mill").owner, Project.objects.get().owner) == (other, receiver)


def test_the_receiver_confirms_thing_by_thing(client, handover, receiver):
    page = signed_in(client, receiver).get(f"/handovers/{handover.pk}").text
    assert "Gear oil" in page
    waiting = HandoverItem.objects.waiting().filter(receiver=receiver).count()
    assert page.count('type="checkbox" name="item"') == page.count("/contest") == waiting
    one, *others = HandoverItem.objects.filter(receiver=receiver).order_by("pk")
    client.post(f"/handovers/{handover.pk}/confirm", {"item": [one.pk]})
    assert HandoverItem.objects.waiting().count() == len(others)
    contested = client.post(f"/handovers/{handover.pk}/items/{others[0].pk}/contest", {"remark": "No papers"})
    assert contested.status_code == 302
    assert "No papers" in client.get(f"/handovers/{handover.pk}").text
    silent = client.post(f"/handovers/{handover.pk}/items/{others[0].pk}/contest", {"remark": ""})
    assert silent.status_code == 422
    client.post(f"/handovers/{handover.pk}/confirm", {"all": "1"})
    handover.refresh_from_db()
    assert handover.done_at is not None
    assert not Task.objects.filter(origin="handover.confirm", done_at=None).exists()


def test_managers_see_what_is_open_and_only_the_receiver_speaks(client, handover, boss):
    page = signed_in(client, boss).get("/handovers").text
    assert "not confirmed yet" in page
    assert 'name="item"' not in client.get(f"/handovers/{handover.pk}").text
    item = HandoverItem.objects.order_by("pk")[0]
    client.post(f"/handovers/{handover.pk}/confirm", {"all": "1"})
    refused = client.post(f"/handovers/{handover.pk}/items/{item.pk}/contest", {"remark": "Mine"})
    assert (refused.status_code, HandoverItem.objects.filter(confirmed_at=None).count()) == (
        422,
        HandoverItem.objects.count(),
    )
    assert not Event.objects.filter(name__in=("handover.confirmed", "handover.contested")).exists()


def test_strangers_see_nothing(client, handover):
    signed_in(client, make_user("stranger", department=make_department("Elsewhere")))
    assert client.get(f"/handovers/{handover.pk}").status_code == 404
    assert client.post(f"/handovers/{handover.pk}/confirm", {"all": "1"}).status_code == 404
    assert "张磊" not in client.get("/handovers").text


def test_an_insider_is_not_named_to_those_who_may_not_read_it(client, handover, receiver):
    page = signed_in(client, receiver).get(f"/handovers/{handover.pk}").text
    assert "owes us a favour" not in page


@pytest.mark.parametrize("more", [0, 12])
def test_query_counts(client, giver, receiver, boss, more, django_assert_max_num_queries):
    for number in range(more):
        make_task(giver, title=f"Task {number}")
    signed_in(client, boss)
    with django_assert_max_num_queries(60):
        client.get(f"/handovers/of/{giver.pk}")
    begin(client, giver, receiver)
    signed_in(client, receiver)
    with django_assert_max_num_queries(22):
        client.get(f"/handovers/{Handover.objects.get().pk}")
    with django_assert_max_num_queries(10):
        client.get("/handovers")


def test_through_the_api(client, giver, receiver, boss):
    from tests.api.conftest import ApiClient

    manager, seller = ApiClient(boss), ApiClient(receiver)
    refused = seller.post("/handover", {"from_user": giver.pk, "to_user": receiver.pk})
    assert (refused.status, refused.body["code"]) == (403, "not-allowed")
    made = manager.post("/handover", {"from_user": giver.pk, "to_user": receiver.pk, "reason": "moving"})
    assert (made.status, made.body["reason"], made.body["done_at"]) == (201, "moving", None)
    assert {one["receiver_id"] for one in made.body["items"]} == {receiver.pk}
    assert [one["id"] for one in seller.get("/handover").body["items"]] == [made.body["id"]]
    first = made.body["items"][0]["id"]
    told = seller.post(f"/handover/{made.body['id']}/items/{first}/contest", {"remark": "No papers"})
    assert told.body["items"][0]["remark"] == "No papers"
    done = seller.post(f"/handover/{made.body['id']}/confirm", {})
    assert done.body["done_at"] is not None
    assert ApiClient(make_user("stranger")).get(f"/handover/{made.body['id']}").status == 404
