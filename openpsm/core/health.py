"""Whether this installation lives and can serve; the answers tell strangers nothing about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseFault
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from openpsm.core.models.jobs import WorkerHeartbeat

WORKER_SILENT = timedelta(seconds=60)


def liveness() -> dict[str, Any]:
    """The process answers. No query."""
    return {"status": "ok"}


def readiness(at: datetime) -> dict[str, Any]:
    """Whether requests can be served: "ok", "degraded" (no worker alive) or "unavailable" (answer 503)."""
    checks = {"database": _database(), "migrations": False, "worker": False}
    if checks["database"]:
        checks["migrations"] = _migrations()
    if checks["migrations"]:
        checks["worker"] = worker_seen_at(at) is not None
    is_able = checks["database"] and checks["migrations"]
    status = "unavailable" if not is_able else "ok" if checks["worker"] else "degraded"
    return {"status": status, "checks": checks}


def worker_seen_at(at: datetime) -> datetime | None:
    """The last sign of life of any worker, None if the last is older than a minute (1 query)."""
    recent = WorkerHeartbeat.objects.filter(beat_at__gte=at - WORKER_SILENT)
    return recent.order_by("-beat_at").values_list("beat_at", flat=True).first()


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    except DatabaseFault:
        return False


def _migrations() -> bool:
    try:
        return not pending_migrations()
    except DatabaseFault:
        return False


def pending_migrations() -> list[str]:
    """The migrations that this program has and this database has not had, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _is_backwards in plan]
