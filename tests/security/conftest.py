"""The seeded company, once for each module; every test runs in a savepoint above it."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from openpsm.core import parameters
from openpsm.process import queries
from tests.security.calls import Desk
from tests.security.world import World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Everybody and everything, seeded within a transaction that is rolled back behind the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_world()
        by = made.actors["administrator"]
        for key, value in (
            ("api.requests_per_minute", 1_000_000),
            ("registration.checks_per_hour", 10_000),
            ("registration.foreign_per_day", 10_000),
        ):
            parameters.set_parameter(key=key, value=value, by=by, at=timezone.now())
        yield made
        transaction.set_rollback(True)
    queries.clear()
    cache.clear()


@pytest.fixture
def desk(world: World, db: None) -> Desk:
    """Calls pages and operations as anybody of the company."""
    return Desk(world)
