"""The engine: huey carries the news that a job is due. Losing a ring costs a minute, never a job."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from huey import Huey, PostgresHuey, SqliteHuey  # type: ignore[import-untyped]  # huey has no types
from huey.serializer import SignedSerializer  # type: ignore[import-untyped]  # huey has no types

from openpsm.core.events import keys

log = structlog.get_logger(__name__)


@cache
def _queue() -> tuple[Huey, Callable[[str], Any]]:
    """The queue and its only message. It is its own SQLite file in the data folder, or tables beside ours.

    Messages are signed, because the engine unpickles them.
    """
    serializer = SignedSerializer(secret=keys.sign("queue", b""), salt="openpsm")
    if connection.vendor == "sqlite":
        filename = str(Path(settings.OPENPSM_DATA_DIR) / "queue.db")
        huey: Huey = SqliteHuey("openpsm", filename=filename, serializer=serializer, timeout=10)
    else:
        huey = PostgresHuey("openpsm", connection=_connect, serializer=serializer, read_timeout=1)
    return huey, huey.task(name="run_job")(_answer)


def engine() -> Huey:
    """The engine, which the worker runs."""
    return _queue()[0]


def _connect() -> Any:
    """Open a connection of the engine's own: it lives outside of anybody's transaction."""
    import psycopg  # only where PostgreSQL is used

    known = ("host", "port", "dbname", "user", "password", "sslmode", "options")
    params = {name: value for name, value in connection.get_connection_params().items() if name in known}
    return psycopg.connect(**params)


def _answer(job_id: str) -> None:
    from openpsm.core.jobs import worker  # the worker starts the engine

    worker.answer(job_id)


def ring(job_id: str) -> None:
    """Tell the workers that a job is due. A queue that cannot be reached is logged: the sweeper rings again."""
    if not getattr(settings, "OPENPSM_JOBS_BELL", True):
        return
    try:
        _queue()[1](job_id)
    except Exception:  # drivers of two databases, and the row is already committed
        log.exception("bell_failed", job=job_id)
