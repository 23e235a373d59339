"""What whoever watches over the program is told."""

from datetime import timedelta

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from openpsm.core.models import WorkerHeartbeat
from openpsm.web.views.errors import server_error
from tests.factories.org import make_user

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (120, "degraded")])
def test_readyz_says_whether_a_worker_lives_and_nothing_else(client, seconds, status):
    now = timezone.now()
    WorkerHeartbeat.objects.create(worker="box:1", started_at=now, beat_at=now - timedelta(seconds=seconds))
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": status})


def test_readyz_answers_503_when_tables_are_missing(client):
    MigrationRecorder.Migration.objects.filter(app="org").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_only_read(client, address):
    assert client.post(address).status_code == 405


def test_an_error_page_says_what_to_do_and_names_the_request(client):
    client.force_login(make_user(theme="dark"))
    page = client.get("/tasks/999999", headers={"X-Request-ID": "0123456789abcdef"})
    assert (page.status_code, "There is nothing here for you" in page.text) == (404, True)
    assert ("<code>0123456789abcdef</code>" in page.text, 'data-bs-theme="dark"' in page.text) == (True, True)


def test_the_page_of_a_defect_asks_the_database_for_nothing(rf, django_assert_num_queries):
    request = rf.get("/today")
    request.user = make_user()
    with django_assert_num_queries(0):
        response = server_error(request)
    assert (response.status_code, b"Something went wrong on our side" in response.content) == (500, True)
