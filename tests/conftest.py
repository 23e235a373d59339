"""What all tests share: the database with the shipped data, the instant of the test, clients, and no network."""

import re
import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, DjangoDbBlocker

from openpsm.process import queries as process_queries
from tests.factories import AT

_LOCAL = ("127.", "::1", "localhost")
_INLINE = re.compile(r"<[^>]+\s(on[a-z]+|style)\s*=|<script(?![^>]*\ssrc=)[^>]*>|<style", re.IGNORECASE)


@pytest.fixture(scope="session")
def installed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The shipped data: in the database of every test, since `django_db_setup` loads it."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Load the shipped data once, behind the migrations."""
    with django_db_blocker.unblock():
        _install()


def _install() -> None:
    from openpsm.cli.installation import install_shipped_data

    install_shipped_data(AT)


def _is_transactional(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    names = {"transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}
    return bool(names & set(request.fixturenames)) or bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture(autouse=True)
def _shipped_data_again(request: pytest.FixtureRequest) -> None:
    """Tests with real transactions empty the database behind them: load the shipped data anew for the next one."""
    if _is_transactional(request):
        request.getfixturevalue("transactional_db")
        from django.core.management import call_command

        from openpsm.org.models import Role

        if "data_dir" in request.fixturenames:  # another folder has another audit key: the log begins anew
            call_command("flush", verbosity=0, interactive=False)
        elif not Role.objects.exists():
            _install()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Forget what a process keeps in memory."""
    yield
    cache.clear()
    process_queries.clear()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOCAL):
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def at() -> datetime:
    """The instant of the test."""
    return AT


class StrictClient(Client):
    """Runs what waits for the commit, and fails on inline scripts, handlers and styles (which the CSP would stop)."""

    def __init__(self, capture: DjangoCaptureOnCommitCallbacks, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.capture = capture

    def request(self, **request: Any) -> Any:
        with self.capture(execute=True):
            response = super().request(**request)
        _refuse_inline(response)
        return response


def _refuse_inline(response: Any) -> None:
    if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
        found = _INLINE.search(response.content.decode())
        assert found is None, f"inline code in the page: {found[0]}"


@pytest.fixture
def client(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> StrictClient:
    """A browser without JavaScript."""
    return StrictClient(django_capture_on_commit_callbacks)


@pytest.fixture
def htmx_client(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> StrictClient:
    """A browser with htmx: every request says so."""
    return StrictClient(django_capture_on_commit_callbacks, headers={"HX-Request": "true"})
