"""Pages of projects: as owner, manager, colleague on the team and stranger."""

import pytest
from django.urls import reverse

from openpsm.projects.models import GateReview, Project
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.buying import answer_elements, make_stakeholder
from tests.factories.org import make_user
from tests.factories.projects import make_manager, make_owner, make_project

pytestmark = pytest.mark.django_db
PAGES = (
    "detail",
    "people",
    "intelligence",
    "competition",
    "evaluation",
    "timeline",
    "files",
    "history",
    "short",
    "edit",
    "step",
    "team",
    "parties",
    "diagnosis",
    "back",
    "hold",
    "win",
    "lose",
    "drop",
)


@pytest.fixture
def project():
    return make_project()


def at(name, project, *more):
    return reverse(f"web:project-{name}", args=[project.pk, *more])


@pytest.mark.parametrize("name", PAGES)
def test_owner_opens_every_page(client, project, name):
    client.force_login(project.owner)
    assert client.get(at(name, project)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_stranger_sees_no_page(client, project, name):
    client.force_login(make_owner())
    assert client.get(at(name, project)).status_code == 404


def test_nobody_gets_in_without_signing_in(client, project):
    response = client.get(at("detail", project))
    assert (response.status_code, response["Location"]) == (302, f"/login?next=/projects/{project.pk}")


def test_htmx_request_of_a_lost_session_redirects_the_whole_page(htmx_client, project):
    response = htmx_client.get(at("short", project))
    assert response["HX-Redirect"] == f"/login?next=/projects/{project.pk}/short"


@pytest.mark.parametrize("rows", [1, 30])
def test_list_query_count(client, rows, django_assert_num_queries):
    owner = make_owner()
    for _number in range(rows):
        make_project(owner=owner)
    client.force_login(owner)
    with django_assert_num_queries(5):
        response = client.get("/projects")
    assert response.content.decode().count('class="psm-row"') == rows


def test_list_shows_only_what_is_visible(client, project):
    other = make_project("Elsewhere")
    client.force_login(project.owner)
    text = client.get("/projects").content.decode()
    assert (project.name in text, other.name in text) == (True, False)


def test_list_pages_by_keyset_without_losing_a_row(client):
    owner = make_owner()
    names = {make_project(owner=owner, amount=1000 + number).name for number in range(53)}
    client.force_login(owner)
    first = client.get("/projects")
    following = client.get("/projects" + first.context["next"], headers={"HX-Request": "true"})
    shown = [row["name"] for row in [*first.context["rows"], *following.context["rows"]]]
    assert (len(shown), set(shown)) == (53, names)


@pytest.mark.parametrize(("address", "status"), [("?sort=custom", 400), ("?cursor=zzz", 400), ("?stage=abc", 200)])
def test_list_says_what_it_cannot_read(client, project, address, status):
    client.force_login(project.owner)
    assert client.get("/projects" + address).status_code == status


def test_filters_of_the_list(client, project):
    client.force_login(project.owner)
    make_project("Quite different", owner=project.owner)
    response = client.get("/projects", {"q": project.name, "mine": "on", "outcome": "open"})
    assert [row["name"] for row in response.context["rows"]] == [project.name]
    assert len(response.context["chips"]) == 3


@pytest.mark.parametrize("people", [1, 12])
def test_page_query_count(client, project, people, django_assert_max_num_queries):
    for _number in range(people):
        make_stakeholder(project)
    client.force_login(project.owner)
    client.get(at("detail", project))
    with django_assert_max_num_queries(10):
        client.get(at("detail", project))


def test_advance_says_what_is_missing_and_stays(client, project):
    client.force_login(project.owner)
    response = client.post(at("advance", project), {"version": project.version})
    project.refresh_from_db()
    assert (response.status_code, project.stage.key) == (409, "develop")
    assert GateReview.objects.get(project=project).outcome == "blocked"


def test_manager_overrides_in_the_open(client, project):
    manager = make_manager(project)
    client.force_login(manager)
    reason = "The customer wants our proposal this week"
    response = client.post(at("advance", project), {"version": project.version, "override_reason": reason})
    project.refresh_from_db()
    assert (response.status_code, project.stage.key, project.probability) == (302, "enter", 20)
    page = client.get(at("timeline", project)).content.decode()
    assert (reason in page, manager.name in page) == (True, True)
    assert "Overrode the gate of" in client.get(at("history", project)).content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_days_stand_in_the_form_as_browsers_read_them(client, project, language):
    type(project.owner).objects.filter(pk=project.owner_id).update(language=language)
    client.force_login(project.owner)
    response = client.get(at("edit", project))
    assert (response.headers["Content-Language"], f'value="{project.order_on}"' in response.text) == (language, True)


def test_owner_cannot_override_by_hand_made_post(client, project):
    client.force_login(project.owner)
    response = client.post(at("advance", project), {"version": project.version, "override_reason": "I want to go on"})
    project.refresh_from_db()
    assert (response.status_code, project.stage.key) == (409, "develop")


def test_stale_version_is_refused(client, project):
    client.force_login(project.owner)
    form = {"version": project.version, "name": "New name"}
    assert client.post(at("edit", project), form).status_code == 302
    response = client.post(at("edit", project), form | {"name": "Lost update"})
    assert (response.status_code, Project.objects.get(pk=project.pk).name) == (422, "New name")


def test_refused_form_keeps_everything_typed(client, project):
    client.force_login(project.owner)
    form = {"version": project.version, "name": "待定", "site": "Yinchuan", "amount": "not a number"}
    response = client.post(at("edit", project), form)
    text = response.content.decode()
    assert (response.status_code, "Yinchuan" in text, "not a number" in text) == (422, True, True)


def test_step_is_stated_with_its_source(client, project):
    client.force_login(project.owner)
    form = {"version": project.version, "step_key": "survey", "on": "2026-11-02", "source": "Told by the buyer"}
    assert client.post(at("step", project), form).status_code == 302
    project.refresh_from_db()
    assert (project.step.key, project.step_source) == ("survey", "Told by the buyer")


def test_lost_project_asks_for_its_report(client, project):
    client.force_login(project.owner)
    form = {"version": project.version, "reason": "", "reason_text": ""}
    assert client.post(at("lose", project), form).status_code == 422
    form |= {"reason": "price", "reason_text": "They were 8 % cheaper", "winner_name": "Northern Oil"}
    response = client.post(at("lose", project), form)
    project.refresh_from_db()
    assert (response.status_code, project.outcome) == (302, "lost")


def test_colleague_on_the_team_sees_and_works(client, project):
    colleague = make_user(roles=("seller",))
    set_team(project_id=project.pk, user_id=colleague.pk, role="assistant", by=project.owner, at=AT)
    client.force_login(colleague)
    assert client.get(at("detail", project)).status_code == 200


def test_six_elements_hold_on_the_page(client, project):
    answer_elements(project)
    client.force_login(project.owner)
    nodes = {node.key: node.held for node in client.get(at("detail", project)).context["nodes"]}
    assert nodes["six-elements"] is True
