"""The settings that look back: jobs and the audit log."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from openpsm.core import events
from openpsm.core.models import Event, Job
from openpsm.org.audit import shown_data
from openpsm.org.operations import save_view
from openpsm.projects.operations import update_project
from tests.factories import AT
from tests.factories.approvals import ask
from tests.factories.org import PASSWORD, make_task, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


def signed_in(client, **fields):
    user = make_user(**fields)
    client.post("/login", {"username": user.username, "password": PASSWORD})
    return user


@pytest.fixture
def admin(client):
    return signed_in(client, username="admin", name="管理员", roles=["administrator"])


# --- jobs


def job(state, **fields):
    now = timezone.now()
    return Job.objects.create(task="openpsm.org.jobs.remind", state=state, enqueued_at=now, run_after=now, **fields)


def test_jobs_by_state_and_another_try_for_a_parked_one(client, admin):
    parked, done = job("parked", attempts=6, error="OSError in smtp.py:3"), job("done")
    page = client.get("/settings/jobs?state=parked")
    assert (list(page.context["jobs"]), "No worker is alive" in page.text) == ([parked], True)
    assert client.post(f"/settings/jobs/{parked.pk}/retry")["Location"] == "/settings/jobs"
    parked.refresh_from_db()
    assert (parked.state, parked.attempts, parked.error) == ("ready", 0, "")
    assert Event.objects.get(name="job.retried").data["task"] == "openpsm.org.jobs.remind"
    client.post(f"/settings/jobs/{done.pk}/retry")
    assert "Only a parked or refused job" in client.get("/settings/jobs").text
    assert client.post(f"/settings/jobs/{uuid.uuid4()}/retry").status_code == 404


@pytest.mark.parametrize("rows", [1, 8])
def test_job_list_query_count(client, admin, rows, django_assert_num_queries):
    for _number in range(rows):
        job("done", requested_by=admin)
    client.get("/settings/jobs")
    with django_assert_num_queries(6):
        client.get("/settings/jobs")


# --- audit log


@pytest.fixture
def changed_project():
    project = make_project()
    update_project(
        project_id=project.pk, version=project.version, changes={"site": "Yinchuan"}, by=project.owner, at=AT
    )
    return project


def test_audit_log_says_who_did_what_newest_first(client, admin):
    rows = client.get("/settings/audit").context["rows"]
    assert (rows[0]["event"].name, rows[0]["event"].by) == ("user.signed_in", admin)
    named = client.get("/settings/audit?name=role.").context["rows"]
    assert {row["event"].name for row in named} == {"role.installed"}
    mine = client.get(f"/settings/audit?by={admin.pk}&until=2020-01-01").context["rows"]
    assert mine == []


def test_audit_log_shows_an_administrator_no_business_values(client, admin, changed_project):
    page = client.get("/settings/audit?name=project.").text
    assert ("project.updated" in page, "Yinchuan" in page, "not open to you" in page) == (True, False, True)


def test_audit_log_names_neither_files_nor_tasks_of_the_business(client, admin):
    project = make_project("Yinchuan plant")
    opened = events.record("task.opened", subject=make_task(project.owner), by=admin, at=AT, title="Ask Yinchuan")
    added: dict[str, Any] = {"subject": project.owner, "root": project, "name": "Yinchuan.pdf"}
    file = events.record("attachment.added", by=admin, at=AT, **added)
    assert [shown_data(admin, event) for event in (opened, file)] == [None, None]
    assert "Yinchuan" not in client.get("/settings/audit").text


def test_audit_log_keeps_approvals_between_those_they_concern(client, admin):
    asker, boss = make_user(roles=["executive"]), make_user(roles=["executive"])
    asked = ask(asker, [make_user()], about=make_project(), title="Yinchuan at 3 %")
    event = Event.objects.get(name="approval.requested", subject_id=asked.pk)
    assert [shown_data(one, event) is None for one in (admin, boss, asker)] == [True, True, False]
    assert "Yinchuan" not in client.get("/settings/audit").text


def test_audit_log_shows_an_executive_what_changed(client, changed_project):
    signed_in(client, roles=["executive"])
    assert "Yinchuan" in client.get("/settings/audit?name=project.").text


def test_audit_log_never_shows_sealed_values_nor_hidden_fields(client, admin):
    user = make_user(email="")
    changes = {"password": ["old-hash", "new-hash"], "name": ["A", "B"]}
    sealed, told = {"phone": "13800000001"}, ["password"]
    event = events.record("user.updated", subject=user, by=admin, at=AT, sealed=sealed, fields=told, changes=changes)
    assert shown_data(admin, event) == {"fields": ["password"], "changes": {"name": ["A", "B"]}}
    page = client.get("/settings/audit?name=user.updated").text
    found = [words in page for words in ("13800000001", "new-hash", event.data["sealed"]["phone"])]
    assert found == [False, False, False]


@pytest.mark.parametrize("rows", [1, 8])
def test_audit_query_count(client, admin, rows, django_assert_num_queries):
    for _number in range(rows):
        events.record("user.updated", subject=admin, by=admin, at=AT)
    client.get("/settings/audit")
    with django_assert_num_queries(5):
        client.get("/settings/audit")


def test_audit_log_keeps_a_view_to_its_owner_until_it_is_shared(client):
    boss = signed_in(client, username="boss", roles=["executive"])
    seller = make_user(roles=["sales-manager"])
    for sharing in ("own", "all"):
        view: dict[str, Any] = {"name": f"Heron {sharing}", "query": "q=Heron", "sharing": sharing}
        save_view(listing="projects", **view, by=seller, at=AT)
    save_view(listing="projects", name="Mine", query="", by=boss, at=AT)
    said = [shown_data(boss, event) for event in Event.objects.filter(name="view.saved").order_by("seq")]
    assert [one and one["name"] for one in said] == [None, "Heron all", "Mine"]
    page = client.get("/settings/audit?name=view.").text
    assert ("Heron own" in page, "Heron all" in page) == (False, True)
