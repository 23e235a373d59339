"""Everything that is kept about one person, and nothing that they may not read."""

import io
import json
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from openpsm.activities.operations import post_comment
from openpsm.core import links
from openpsm.core.models import Event
from openpsm.exchange.exports.person import export_person
from openpsm.org.operations import make_token
from openpsm.projects.operations import set_team
from tests.factories import AT
from tests.factories.org import make_department, make_task, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("lina", name="李娜", email="lina@example.com", department=make_department("华东"))


def taken(user):
    file = io.BytesIO()
    export_person(file=file, by=user, at=timezone.now())
    archive = zipfile.ZipFile(file)
    lines = {name: archive.read(name).decode() for name in archive.namelist()}
    records = [json.loads(line) for line in lines["records.jsonl"].splitlines()]
    return json.loads(lines["profile.json"]), records, lines


def test_profile_records_and_actions_are_there_and_no_secrets(seller):
    project, task = make_project("镇海二期", owner=seller), make_task(seller, title="送样")
    post_comment(kind="project", subject_id=project.pk, text="下周见总工", by=seller, at=AT)
    token = make_token(name="script", by=seller, at=AT)[1]
    profile, records, lines = taken(seller)
    assert (profile["name"], profile["email"], "password" in profile) == ("李娜", "lina@example.com", False)
    said = {(one["kind"], one["id"], one["as"]): one["values"] for one in records}
    assert said["projects.project", project.pk, "owner"]["name"] == "镇海二期"
    assert said["org.task", task.pk, "owner"]["title"] == "送样"
    assert [one["values"]["text"] for one in records if one["kind"] == "activities.comment"] == ["下周见总工"]
    assert [one["values"]["name"] for one in records if one["kind"] == "org.accesstoken"] == ["script"]
    assert "comment.added" in lines["actions.jsonl"]
    assert not any(secret in text for text in lines.values() for secret in (token, seller.password, "digest"))
    assert Event.objects.filter(name="personal_data.exported", by=seller).count() == 1


def test_what_one_no_longer_sees_is_named_without_its_content(seller):
    owner = make_user("wang", department=make_department("华北"))
    project = make_project("别人的项目", owner=owner)
    set_team(project_id=project.pk, user_id=seller.pk, role="member", by=owner, at=AT)
    post_comment(kind="project", subject_id=project.pk, text="底价不要外传", by=seller, at=AT)
    set_team(project_id=project.pk, user_id=seller.pk, role=None, by=owner, at=AT)
    _profile, records, lines = taken(seller)
    assert [one["values"] for one in records if one["kind"] == "activities.comment"] == [None]
    assert not any(word in text for text in lines.values() for word in ("别人的项目", "底价"))


def test_statements_do_not_grow_with_records(seller):
    """One for each declared link and a few for the rest: what it says of one record it says of twelve."""
    make_project(owner=seller)
    with CaptureQueriesContext(connection) as few:
        taken(seller)
    for number in range(12):
        make_project(f"P{number}", owner=seller)
    with CaptureQueriesContext(connection) as many:
        taken(seller)
    assert len(many) == len(few) < len(links.declared("org.user")) + 50


def test_button_hands_the_file_out(client, seller):
    client.force_login(seller)
    assert "/profile/data" in client.get("/profile").text
    answer = client.post("/profile/data")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    assert answer["Content-Disposition"] == 'attachment; filename="openpsm-lina.zip"'
    assert client.get("/profile/data").status_code == 405
