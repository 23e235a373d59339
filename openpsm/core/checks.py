"""System checks: settings and databases that would lose or reveal something."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  # Django's name
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

SAFE_SQLITE = (3, 51, 3)
OLDEST_POSTGRESQL = 15
_PRAGMAS = {"journal_mode": ("wal", "memory"), "synchronous": (2, 3), "foreign_keys": (1,)}
_DURABLE = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"}


def register_all() -> None:
    """Register the checks with Django."""
    register(settings_are_safe, Tags.security)
    register(databases_are_safe, Tags.database)


def settings_are_safe(**_kwargs: Any) -> list[CheckMessage]:
    """Look for settings that are wrong in production, and for secrets that others can read."""
    return [*_hosts(), *_files()]


def _hosts() -> Iterator[CheckMessage]:
    is_open = any(host not in ("127.0.0.1", "localhost", "[::1]", "testserver") for host in settings.ALLOWED_HOSTS)
    if settings.DEBUG and is_open:
        yield Error(
            _("OPENPSM_DEBUG is on for hosts other than this machine: pages would show secrets."),
            hint=_("Take it out of the settings."),
            id="core.E001",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            _("OPENPSM_ALLOWED_HOSTS is “*”: links in mails could be forged."),
            hint=_("Name the hosts that people type."),
            id="core.W002",
        )


def _files() -> Iterator[CheckMessage]:
    folder = Path(settings.OPENPSM_DATA_DIR)
    for name in ("audit.key", "secret.key"):
        path = folder / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Warning(
                _("%(name)s in the data folder can be read by other users of this machine.") % {"name": name},
                hint=_("Run “chmod 600” on it."),
                id="core.W003",
            )
    static_root = getattr(settings, "STATIC_ROOT", None)
    if static_root and (folder / "media").resolve().is_relative_to(Path(static_root).resolve()):
        yield Error(
            _("Attachments would be stored where the web server serves files to everybody."),
            hint=_("Set OPENPSM_DATA_DIR to a folder that nothing serves."),
            id="core.E004",
        )


def databases_are_safe(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Look for database settings that lose commits or break locks; runs with `check --database default`."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.settings_dict.get("ATOMIC_REQUESTS"):
            found.append(Error(_("ATOMIC_REQUESTS must be off: every page would take the write lock."), id="core.E005"))
        found += _sqlite(connection) if connection.vendor == "sqlite" else _postgresql(connection)
    return found


def _sqlite(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        text = _("SQLite %(version)s has a rare bug that can damage the database under load.")
        hint = _("Use 3.51.3 or newer, or PostgreSQL in production.")
        yield Warning(text % {"version": sqlite3.sqlite_version}, hint=hint, id="core.W006")
    options = connection.settings_dict.get("OPTIONS", {})
    if str(options.get("transaction_mode", "")).upper() != "IMMEDIATE":
        yield Error(_("SQLite needs transaction_mode IMMEDIATE: writes would fail under light load."), id="core.E007")
    for pragma, good in _PRAGMAS.items():
        if _value(connection, f"PRAGMA {pragma}") not in good:
            yield Error(_("SQLite's %(name)s must be %(value)s.") % {"name": pragma, "value": good[0]}, id="core.E008")


def _postgresql(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    number = _value(connection, "SHOW server_version_num")
    if number is not None and int(number) < OLDEST_POSTGRESQL * 10_000:
        text = _("This PostgreSQL is older than %(version)s.") % {"version": OLDEST_POSTGRESQL}
        yield Error(text, hint=_("Move the database to a newer server."), id="core.E013")
    for name, good in _DURABLE.items():
        if _value(connection, f"SHOW {name}") != good:
            yield Warning(
                _("PostgreSQL's %(name)s is not %(value)s: data may be lost or refused.")
                % {"name": name, "value": good},
                hint=_("Set it in postgresql.conf; the encoding is chosen when the database is created."),
                id="core.W009",
            )
    if _value(connection, "SHOW synchronous_commit") == "off":
        yield Error(
            _("PostgreSQL's synchronous_commit is off: acknowledged changes may be lost."),
            hint=_("Set it to “on” in postgresql.conf."),
            id="core.E010",
        )
    if _value(connection, "SHOW transaction_isolation") != "read committed":
        yield Error(
            _("PostgreSQL must run at READ COMMITTED: the event log relies on it."),
            hint=_("Set default_transaction_isolation back to “read committed”."),
            id="core.E011",
        )
    if _value(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        yield Warning(
            _("The database role is a superuser; an own role with its own database is enough."),
            hint=_("Run “ALTER ROLE … NOSUPERUSER”, or create another role."),
            id="core.W012",
        )


def _value(connection: BaseDatabaseWrapper, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None
