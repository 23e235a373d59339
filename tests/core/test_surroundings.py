"""Requests, logs, health and checks."""

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from openpsm.core import checks, events, health, logs, memo
from openpsm.core.middleware import RequestContext, SecurityHeaders
from openpsm.core.models import Event, Holiday, WorkerHeartbeat


def test_request_has_a_number_in_logs_and_events(subject: Holiday, now: datetime) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        events.record("day.changed", subject=subject, by=None, at=now)
        assert memo.remember("k", lambda: 1) == memo.remember("k", lambda: 2)
        return HttpResponse()

    response = RequestContext(view)(RequestFactory().get("/", headers={"X-Request-ID": "abc-12345"}))
    assert (response["X-Request-ID"], Event.objects.latest("seq").request_id) == ("abc-12345", "abc-12345")
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "short"])
def test_unfit_request_number_is_replaced(given: str) -> None:
    response = RequestContext(lambda _request: HttpResponse())(RequestFactory().get("/", HTTP_X_REQUEST_ID=given))
    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


def test_private_pages_are_not_kept_by_anybody() -> None:
    response = SecurityHeaders(lambda _request: HttpResponse())(RequestFactory().get("/"))
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(response["Vary"].split(", ")) == {"HX-Request", "Cookie", "Authorization"}


def test_view_may_set_its_own_headers() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "private, max-age=60"})

    assert SecurityHeaders(view)(RequestFactory().get("/"))["Cache-Control"] == "private, max-age=60"


def test_log_lines_cannot_be_forged_and_hold_no_secrets() -> None:
    line = logging.LogRecord("x", logging.INFO, "f", 1, "a\nb", None, None)
    text = logs.formatter().format(line)
    assert (text.count("\n"), json.loads(text)["event"]) == (0, "a\nb")
    blanked = logs.without_secrets(None, "", {"event": "x", "password": "p", "api_key": "k", "user": 1})
    assert blanked == {"event": "x", "password": "***", "api_key": "***", "user": 1}


def test_installation_without_worker_is_degraded(db: None, now: datetime) -> None:
    assert health.readiness(now)["status"] == "degraded"
    WorkerHeartbeat.objects.create(worker="w", started_at=now, beat_at=now - timedelta(seconds=59))
    assert health.readiness(now) == {"status": "ok", "checks": {"database": True, "migrations": True, "worker": True}}
    assert health.readiness(now + timedelta(seconds=5))["checks"]["worker"] is False
    assert health.liveness() == {"status": "ok"}


def test_installation_without_database_is_unavailable(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any) -> None:
        raise DatabaseError("connection to 10.0.0.1 refused for user admin")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", down)
        found = health.readiness(now)
    assert found == {"status": "unavailable", "checks": {"database": False, "migrations": False, "worker": False}}


def test_databases_of_the_tests_pass_the_checks(db: None) -> None:
    found = {message.id for message in checks.databases_are_safe(databases=["default"])}
    assert found <= {"core.W006", "core.W009", "core.E010", "core.W012"}  # old SQLite, and a throw-away server


def test_unsafe_sqlite_is_found(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_value", lambda _connection, statement: "delete" if "journal" in statement else 1)
    fake = type("Fake", (), {"settings_dict": {"OPTIONS": {}}})()
    found = [message.id for message in checks._sqlite(fake)]
    assert [one for one in found if one != "core.W006"] == ["core.E007", "core.E008", "core.E008"]


def test_unsafe_postgresql_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"SHOW synchronous_commit": "off", "SHOW transaction_isolation": "serializable"}
    monkeypatch.setattr(checks, "_value", lambda _connection, statement: answers.get(statement))
    fake: Any = object()
    found = ["core.W009"] * 3 + ["core.E010", "core.E011"]
    assert [message.id for message in checks._postgresql(fake)] == found
    answers["SHOW server_version_num"] = "140012"
    assert [message.id for message in checks._postgresql(fake)] == ["core.E013", *found]


def test_unsafe_settings_are_found(settings: Any, data_dir: Path) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.STATIC_ROOT = True, ["*"], data_dir
    (data_dir / "audit.key").write_text("x")
    (data_dir / "audit.key").chmod(0o644)
    found = [message.id for message in checks.settings_are_safe()]
    assert found == ["core.E001", "core.W002", "core.W003", "core.E004"]
