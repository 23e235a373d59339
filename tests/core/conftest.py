"""What the tests of the ground share: an instant, a person, a record, and a data folder of one's own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from pytest_django import Settings

from openpsm.core.events import protection
from openpsm.core.models import Event, EventAnchor, EventHead, Holiday, SealKey

NOW = datetime(2026, 11, 20, 8, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def person(db: None) -> AbstractBaseUser:
    user: AbstractBaseUser = get_user_model().objects.create(username="ann", name="Ann")
    return user


@pytest.fixture
def subject(db: None) -> Holiday:
    """Any stored record will do."""
    return Holiday.objects.create(day="2026-01-05", name="A day")


@pytest.fixture
def data_dir(db: None, settings: Settings, tmp_path: Path) -> Path:
    """A data folder with its own audit key, and an event log that begins anew under it."""
    settings.OPENPSM_DATA_DIR = tmp_path
    with protection.lifted(connection):
        for model in (Event, EventHead, EventAnchor, SealKey):
            model.objects.all().delete()
    return tmp_path
