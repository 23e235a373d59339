"""Triggers by which the database itself refuses to change or delete events, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "core_event"
_REFUSAL = "events are never changed or deleted"
_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION core_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$
"""
_TRIGGER = f"""
    CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_append_only()
"""
_INSTALL = {
    "sqlite": [
        f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [_FUNCTION, _TRIGGER],
}
_REMOVE = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}" for verb in ("UPDATE", "DELETE")],
    "postgresql": [f"DROP TRIGGER IF EXISTS {TABLE}_append_only ON {TABLE}"],
}
_COUNT = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'core_event'",
    "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgname = 'core_event_append_only' AND tgenabled <> 'D'",
}
_EXPECTED = {"sqlite": 2, "postgresql": 1}


def is_installed(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT[connection.vendor])
        row = cursor.fetchone()
    return bool(row and row[0] == _EXPECTED[connection.vendor])


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place unless they are; SQLite loses them when a migration rebuilds the table."""
    if TABLE in connection.introspection.table_names() and not is_installed(connection):
        _run(connection, _REMOVE[connection.vendor] + _INSTALL[connection.vendor])


def remove(connection: BaseDatabaseWrapper) -> None:
    if TABLE in connection.introspection.table_names():
        _run(connection, _REMOVE[connection.vendor])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Lift the protection for emptying the whole database, and for nothing else."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)


def after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Receiver of `post_migrate`."""
    from django.db import connections  # this module is imported by migrations

    install(connections[using])
