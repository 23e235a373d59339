"""Saved views: own, shared, by default; each reader sees their own rows in them."""

import pytest

from openpsm.core.models import Event
from openpsm.org.models import SavedView
from openpsm.org.operations import save_view
from tests.factories import AT
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    made = make_owner()
    client.force_login(made)
    return made


def save(client, name="Big ones", query="amount=>1", **more):
    return client.post("/lists/projects/views/new", {"name": name, "sharing": "own", "query": query, **more})


def tabs(client):
    return client.get("/projects?view=all").context["views"]


def test_a_view_is_saved_opened_changed_renamed_and_deleted(client, owner):
    make_project("Line", owner=owner)
    opened = save(client)["Location"]
    view = SavedView.objects.get()
    assert opened == f"/projects?view={view.pk}&amount=%3E1"
    page = client.get(opened)
    assert (page.context["views"].here.name, page.context["views"].is_changed) == ("Big ones", False)
    wider = client.get(f"{opened}&sort=name")
    assert (wider.context["views"].is_changed, "Save the change" in wider.text) == (True, True)
    client.post(f"/views/{view.pk}/keep", {"query": wider.context["query"]})
    assert SavedView.objects.get().query == "amount=%3E1&sort=name"
    client.post(f"/views/{view.pk}", {"name": "Large ones", "sharing": "own", "version": "2"})
    assert [tab.name for tab in tabs(client).first] == ["Large ones"]
    client.post(f"/views/{view.pk}/delete", {"version": "3"})
    assert SavedView.objects.count() == 0
    assert list(Event.objects.filter(name__startswith="view.").order_by("seq").values_list("name", flat=True)) == [
        "view.saved",
        "view.changed",
        "view.changed",
        "view.deleted",
    ]


def test_a_name_is_there_once_and_a_stale_change_is_refused(client, owner):
    save(client)
    assert save(client).status_code == 422
    view = SavedView.objects.get()
    answer = client.post(f"/views/{view.pk}", {"name": "Other", "sharing": "own", "version": "7"})
    assert (answer.status_code, SavedView.objects.get().name) == (422, "Big ones")


def test_a_list_opens_with_the_view_of_choice(client, owner):
    opened = save(client, is_first="on")["Location"]
    assert client.get("/projects")["Location"] == opened
    assert client.get("/projects?view=all").status_code == 200
    assert client.post("/lists/projects/views/first", {"view": ""})["Location"] == "/projects?view=all"
    assert client.get("/projects").status_code == 200


def test_sharing_takes_its_right_and_reaches_the_department_below(client, owner):
    assert save(client, sharing="all").status_code == 422
    with_right = make_user(roles=("sales-manager",), manages=make_department(parent=owner.department))
    above = make_user(roles=("sales-manager",), manages=owner.department)
    client.force_login(above)
    save(client, name="Of the region", sharing="department", department_id=str(owner.department.pk))
    save(client, name="Nobody else's")
    seen = {}
    for who in (owner, with_right, make_owner()):
        client.force_login(who)
        seen[who] = [tab.name for tab in tabs(client).first]
    assert list(seen.values()) == [["Of the region"], ["Of the region"], []]


def test_a_shared_view_shows_its_readers_rows_and_is_changed_by_its_owner_alone(client, owner):
    boss = make_user(roles=("executive",), department=make_department())
    theirs = make_project("Elsewhere")
    mine = make_project("Mine", owner=owner)
    query = f"owner={theirs.owner_id}&owner={owner.pk}"
    view = save_view(listing="projects", name="Two people", query=query, sharing="all", by=boss, at=AT)
    rows = client.get(f"/projects?view={view.pk}&{query}").context["rows"]
    assert [row["name"] for row in rows] == [mine.name]
    assert client.post(f"/views/{view.pk}", {"name": "Mine now", "sharing": "own", "version": "1"}).status_code == 422
    client.post(f"/views/{view.pk}/delete", {"version": "1"})
    assert SavedView.objects.get().name == "Two people"


def test_views_of_others_do_not_exist(client, owner):
    view = save_view(listing="projects", name="Mine alone", query="", by=make_owner(), at=AT)
    for path in (f"/views/{view.pk}/keep", f"/views/{view.pk}/delete"):
        assert client.post(path).status_code == 404
    assert client.get(f"/views/{view.pk}").status_code == 404


def test_views_of_a_list_one_may_not_open_do_not_exist(client, owner):
    assert client.get("/lists/users/views/new").status_code == 404
    assert client.get("/lists/nonsense/views/new").status_code == 404
