"""Today, tasks, notifications."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openpsm.core.dates import today
from openpsm.insights.models import Snooze
from openpsm.insights.today import today_of
from openpsm.org.models import Notification, Task
from openpsm.projects import operations
from openpsm.projects.models import Project, ProjectFacts
from openpsm.registrations.models import Registration
from tests.factories.org import make_department, make_task, make_user
from tests.factories.projects import make_manager, make_owner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def on(now):
    return today(now)


@pytest.fixture
def owner():
    return make_owner(name="张磊")


def day(client, user):
    client.force_login(user)
    response = client.get("/today")
    assert response.status_code == 200
    return response


def test_today_of_somebody_new_says_how_to_begin(client):
    page = day(client, make_user()).text
    assert ("Nothing waits for you" in page, "Register a customer or a project" in page) == (True, True)
    assert "Invite your colleagues" not in page
    assert "Invite your colleagues" in day(client, make_user(roles=["administrator"])).text


def test_today_lists_tasks_due_and_next_steps_due_of_own_projects(client, owner, now, on):
    make_task(owner, title="Call the buyer", due_on=on - timedelta(days=1))
    make_task(owner, title="Much later", due_on=on + timedelta(days=40))
    project = make_project(owner=owner, at=now)
    Project.objects.filter(pk=project.pk).update(next_step="Send the sample", next_on=on)
    found = day(client, owner)
    assert [task.title for task in found.context["tasks"]] == ["Call the buyer"]
    assert [task.title for task in found.context["later"]] == ["Much later"]
    assert [row.record.pk for row in found.context["day"].steps] == [project.pk]
    assert found.context["counts"]["do"] == 2


def test_today_leaves_the_next_steps_of_colleagues_to_them(client, owner, now, on):
    project = make_project(owner=owner, at=now)
    Project.objects.filter(pk=project.pk).update(next_step="Send the sample", next_on=on)
    assert day(client, make_manager(project)).context["day"].steps == []


def test_today_shows_gates_of_which_one_key_node_at_most_is_missing(client, owner, now):
    project = make_project(owner=owner, at=now)
    assert day(client, owner).context["day"].gates == []
    facts = ProjectFacts.objects.get(project=project)
    values: dict[str, Any] = {"evaluation.passed": True, "evaluation.qualified": True, "project.graded": True}
    values |= {"intelligence.elements_answered": 6, "intelligence.need_recorded": True, "evaluation.hard_failed": 0}
    for name, value in values.items():
        facts.answers.setdefault(name, {})["value"] = value
    facts.save()
    [gate] = day(client, owner).context["day"].gates
    assert (gate.project, len(gate.missing) <= 1) == (project, True)


def test_today_watches_tenders_stalled_projects_and_protections(client, owner, now, on):
    late = make_project(owner=owner, at=now - timedelta(days=300))
    soon = make_project(owner=owner, at=now, tender_on=on + timedelta(days=3), tender_source="the notice")
    make_project(owner=owner, at=now, tender_on=on + timedelta(days=15), tender_source="the notice")
    claim = Registration.objects.create(
        kind="account", name="Claim", strict_key="claim", account=late.account, owner=owner, registered_at=now,
        protected_until=on + timedelta(days=14), created_at=now, updated_at=now,
    )  # fmt: skip
    operations.sweep(at=now)
    found = day(client, owner).context["day"]
    assert [row.project.pk for row in found.stalled] == [late.pk]
    assert [(row.record.pk, row.days) for row in found.tenders] == [(soon.pk, 3)]
    assert [(row.record.pk, row.days) for row in found.protections] == [(claim.pk, 14)]
    above = day(client, make_manager(late)).context["day"]
    assert ([row.project.pk for row in above.stalled], len(above.protections)) == ([late.pk], 1)
    stranger = day(client, make_owner()).context["day"]
    assert (stranger.stalled, stranger.tenders, stranger.protections) == ([], [], [])


def test_today_puts_claims_that_wait_before_the_manager(client, owner, now):
    project = make_project(owner=owner, at=now)
    claim = Registration.objects.create(
        kind="project", name="Claim", strict_key="claim", project=project, owner=owner, registered_at=now,
        status=Registration.Status.PENDING, created_at=now, updated_at=now,
    )  # fmt: skip
    assert day(client, make_manager(project)).context["day"].pending == [claim]


@pytest.mark.parametrize("rows", [1, 8])
def test_today_query_count(client, owner, now, on, rows, django_assert_num_queries):
    for _number in range(rows):
        make_task(owner, due_on=on)
        project = make_project(owner=owner, at=now - timedelta(days=300), tender_on=on, tender_source="x")
        Project.objects.filter(pk=project.pk).update(next_step="Send it", next_on=on)
    day(client, owner)
    with django_assert_num_queries(10):  # parameters are asked no more, what was put off is
        client.get("/today")


# --- tasks


def test_new_task_for_a_colleague_about_a_project(client, owner, now):
    project, colleague = make_project(owner=owner, at=now), make_user(name="李娜")
    client.force_login(owner)
    assert project.name in client.get(f"/tasks/new?project={project.pk}").text
    given = {"title": "Ask for the budget", "due_on": "2030-05-01", "owner": colleague.pk, "project": project.pk}
    assert client.post("/tasks/new", given)["Location"] == f"/projects/{project.pk}"
    task = Task.objects.get()
    assert (task.title, task.owner, task.project_id, task.created_by) == (given["title"], colleague, project.pk, owner)
    assert Notification.objects.get(user=colleague).kind == "task.opened"


def test_new_task_refuses_and_keeps_what_was_typed(client, owner):
    client.force_login(owner)
    response = client.post(
        "/tasks/new", {"title": "", "due_on": "yesterweek", "owner": owner.pk, "detail": "Long story"}
    )
    assert response.status_code == 422
    assert ("Long story" in response.text, "yesterweek" in response.text) == (True, True)
    assert not Task.objects.exists()


def test_new_task_does_not_tell_the_name_of_a_hidden_project(client, owner, now):
    project = make_project("Secret plant", owner=owner, at=now)
    client.force_login(make_owner())
    assert "Secret plant" not in client.get(f"/tasks/new?project={project.pk}").text


def test_one_tap_completes_a_task_in_its_row(client, htmx_client, owner):
    task = make_task(owner)
    for browser in (client, htmx_client):
        browser.force_login(owner)
    row = htmx_client.post(f"/tasks/{task.pk}/complete", {"version": 1, "from_list": "1"})
    assert (row.status_code, f'id="task-{task.pk}"' in row.text, "<html" in row.text) == (200, True, False)
    task.refresh_from_db()
    assert task.done_at is not None
    again = htmx_client.post(f"/tasks/{task.pk}/complete", {"version": 2, "from_list": "1"})
    assert "This task is not open any more." in again.text
    other = make_task(owner)
    assert client.post(f"/tasks/{other.pk}/complete", {"version": 1, "from_list": "1"})["Location"] == "/today"


def test_a_stale_completion_is_refused_on_the_page_with_what_was_typed(client, owner):
    task = make_task(owner)
    Task.objects.filter(pk=task.pk).update(version=3)
    client.force_login(owner)
    response = client.post(f"/tasks/{task.pk}/complete", {"version": 1, "result": "They said yes"})
    assert (response.status_code, "They said yes" in response.text) == (422, True)
    assert "Somebody else has changed this" in response.text


def test_drop_asks_for_a_reason(client, owner):
    task = make_task(owner)
    client.force_login(owner)
    assert client.post(f"/tasks/{task.pk}/drop", {"version": 1, "reason": ""}).status_code == 422
    assert client.post(f"/tasks/{task.pk}/drop", {"version": 1, "reason": "They left"})["Location"] == "/today"
    task.refresh_from_db()
    assert (task.dropped_at is not None, task.result) == (True, "They left")
    assert "They left" in client.get(f"/tasks/{task.pk}").text


def test_reassign_hands_it_over(client, owner):
    task, colleague = make_task(owner), make_user()
    client.force_login(owner)
    client.post(f"/tasks/{task.pk}/reassign", {"version": 1, "owner": colleague.pk, "due_on": ""})
    task.refresh_from_db()
    assert task.owner == colleague


def test_a_task_is_seen_by_owner_opener_and_manager_only(client):
    department = make_department()
    owner, opener, manager = make_user(department=department), make_user(), make_user(manages=department)
    task = make_task(owner, created_by=opener)
    for person, status in ((owner, 200), (opener, 200), (manager, 200), (make_user(), 404)):
        client.force_login(person)
        assert client.get(f"/tasks/{task.pk}").status_code == status
    assert client.post(f"/tasks/{task.pk}/complete", {"version": 1}).status_code == 404


# --- notifications


def note(user, **fields):
    given = {
        "kind": "task.due",
        "subject_type": "org.task",
        "subject_id": 7,
        "data": {"title": "Call", "due_on": "2026-09-01"},
    }
    return Notification.objects.create(user=user, at=timezone.now(), **given | fields)


def test_notifications_open_their_record_and_are_read_then(client, owner):
    line = note(owner)
    client.force_login(owner)
    assert "Task due on 2026-09-01: Call" in client.get("/notifications").text
    assert client.post(f"/notifications/{line.pk}/open")["Location"] == "/tasks/7"
    line.refresh_from_db()
    assert line.read_at is not None


def test_notifications_of_others_stay_closed(client, owner):
    line = note(owner)
    client.force_login(make_user())
    assert client.post(f"/notifications/{line.pk}/open").status_code == 404
    client.post("/notifications/read")
    line.refresh_from_db()
    assert line.read_at is None


def test_mark_all_read(client, owner):
    note(owner)
    note(owner, kind="something.else", subject_type="x.y", data={})
    client.force_login(owner)
    assert "News about a record of yours" in client.get("/notifications").text
    client.post("/notifications/read")
    assert not Notification.objects.unread().exists()


def test_older_notifications_stand_on_the_next_page(client, owner):
    for number in range(51):
        note(owner, data={"title": f"Number {number}.", "due_on": ""})
    client.force_login(owner)
    first = client.get("/notifications")
    assert ("Number 50." in first.text, "Number 0." in first.text) == (True, False)
    second = client.get("/notifications", {"cursor": first.context["next"]})
    assert ("Number 0." in second.text, "Number 50." in second.text) == (True, False)
    assert client.get("/notifications?cursor=rubbish")["Location"] == "/notifications"


@pytest.mark.parametrize("rows", [1, 8])
def test_notification_query_count(client, owner, rows, django_assert_num_queries):
    for _number in range(rows):
        note(owner)
    client.force_login(owner)
    client.get("/notifications")
    with django_assert_num_queries(4):
        client.get("/notifications")


# --- menu


def test_more_shows_the_menu_that_rights_allow(client):
    client.force_login(make_user())
    assert 'href="/settings"' not in client.get("/more").text
    client.force_login(make_user(roles=["administrator"]))
    assert 'href="/settings"' in client.get("/more").text


def test_nobody_is_offered_what_they_would_be_refused(client):
    page = day(client, make_user(roles=["administrator"])).text
    assert ("/activities/log" in page, "/registrations/new" in page) == (False, False)
    for path in ("/activities", "/projects", "/accounts", "/registrations"):
        assert re.findall(r'href="(/activities/log|/registrations/new)"', client.get(path).text) == []


def test_address_that_only_forms_send_to_says_so_when_it_is_opened(client, owner):
    client.force_login(owner)
    response = client.get(f"/tasks/{make_task(owner).pk}/complete")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "Go back to the page with the form" in response.text


def test_every_tab_of_a_project_has_a_title_of_its_own(client, owner):
    project = make_project("Boilers", owner=owner)
    client.force_login(owner)
    pages = [client.get(f"/projects/{project.pk}{tab}").text for tab in ("", "/people", "/history", "/diagnosis")]
    titles = [title for page in pages for title in re.findall(r"<title>(.*?) · OpenPSM</title>", page)]
    assert titles == ["Boilers", "People · Boilers", "History · Boilers", "Where it stands · Boilers"]


# --- putting off


def test_a_line_put_off_comes_back_on_its_day(client, owner, now, on):
    project = make_project(owner=owner, at=now, tender_on=on + timedelta(days=3), tender_source="the notice")
    address = f"/today/snooze/tender/{project.pk}"
    tomorrow = (on + timedelta(days=1)).isoformat()
    assert len(day(client, owner).context["day"].tenders) == 1
    answer = client.post(address, {"until": tomorrow}, headers={"HX-Request": "true"})
    assert (tomorrow in answer.text, day(client, owner).context["day"].tenders) == (True, [])
    assert len(day(client, make_manager(project)).context["day"].tenders) == 1  # hidden from oneself only
    assert len(today_of(owner, at=now + timedelta(days=1)).tenders) == 1
    client.force_login(owner)
    client.post(address)
    assert len(day(client, owner).context["day"].tenders) == 1


@pytest.mark.parametrize(("kind", "until"), [("tender", 0), ("tender", -1), ("tender", 91), ("weather", 1)])
def test_lines_are_put_off_for_at_most_ninety_days(client, owner, on, kind, until):
    client.force_login(owner)
    client.post(f"/today/snooze/{kind}/1", {"until": (on + timedelta(days=until)).isoformat()})
    client.post("/today/snooze/tender/1", {"until": "nonsense"})
    assert not Snooze.objects.exists()
