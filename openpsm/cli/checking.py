"""What `openpsm check` looks at. It changes nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils.translation import gettext as _

from openpsm.core import events, health, inspections
from openpsm.core.inspections import ERROR, OK, WARNING, Finding
from openpsm.core.models import Event, Job
from openpsm.projects.queries import totals

LITTLE_SPACE = 500 * 1024 * 1024
LEAST_SPACE = 50 * 1024 * 1024
CLOCKS_APART = timedelta(seconds=5)
FUTURE = timedelta(minutes=5)


def findings(at: datetime, *, whole_log: bool) -> Iterator[Finding]:
    """Look at settings, database, tables, mail, disk, worker, jobs, clock, kept totals, what packages add, event log.

    Without a database or its tables nothing that needs them is asked.
    """
    ready = health.readiness(at)["checks"]
    yield from _system(with_database=ready["database"])
    if not ready["database"]:
        text = _("The database does not answer: is it running, and is OPENPSM_DATABASE_URL right?")
        yield Finding(ERROR, text)
    else:
        yield Finding(OK, _("The database answers: %(version)s.") % {"version": _version()})
        yield _tables()
    yield _mail()
    yield _disk()
    if ready["migrations"]:
        no_worker = _("No worker has given a sign of life in the last minute: run “openpsm worker”.")
        yield _of(ready["worker"], _("A worker is alive."), no_worker, otherwise=WARNING)
        yield _jobs()
        yield _clock(at)
        yield _totals()
        yield from inspections.found(at)
        yield from _log(whole_log)


def _of(is_good: bool, good: str, bad: str, *, otherwise: str = ERROR) -> Finding:
    return Finding(OK, good) if is_good else Finding(otherwise, bad)


def _system(*, with_database: bool) -> Iterator[Finding]:
    """Run Django's own checks and ours, those for production included."""
    found = checks.run_checks(include_deployment_checks=True, databases=["default"] if with_database else None)
    loud = [message for message in found if not message.is_silenced() and message.level >= checks.WARNING]
    for message in loud:
        hint = f" {message.hint}" if message.hint else ""
        yield Finding(ERROR if message.level >= checks.ERROR else WARNING, f"{message.msg}{hint} ({message.id})")
    if not loud:
        yield Finding(OK, _("The settings are in order."))


def _version() -> str:
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _tables() -> Finding:
    missing = health.pending_migrations()
    values = {"number": len(missing), "first": missing[0] if missing else ""}
    text = _("The tables are not up to date: %(number)s migrations are missing, from %(first)s on. Run “openpsm init”.")
    return _of(not missing, _("The tables are up to date."), text % values)


def _mail() -> Finding:
    is_real = settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    nowhere = _("Mail goes nowhere: set OPENPSM_EMAIL_URL.")
    return _of(is_real, _("Mail goes to %(host)s.") % {"host": settings.EMAIL_HOST}, nowhere, otherwise=WARNING)


def _disk() -> Finding:
    free = shutil.disk_usage(Path(settings.OPENPSM_DATA_DIR)).free
    values = {"free": free // (1024 * 1024)}
    if free >= LITTLE_SPACE:
        return Finding(OK, _("%(free)s MB are free in the data folder.") % values)
    text = _("Only %(free)s MB are free in the data folder: make room, or nothing can be stored soon.")
    return Finding(WARNING if free >= LEAST_SPACE else ERROR, text % values)


def _jobs() -> Finding:
    parked = Job.objects.filter(state=Job.State.PARKED).count()
    text = _("%(number)s jobs were given up: look at Settings → Jobs and try them again.")
    return _of(not parked, _("No job was given up."), text % {"number": parked}, otherwise=WARNING)


def _clock(at: datetime) -> Finding:
    """Compare with the clock of the database, and with the newest event: time never runs backwards."""
    apart = abs(_database_time(at) - at)
    newest = Event.objects.order_by("-seq").values_list("at", flat=True).first()
    if apart > CLOCKS_APART:
        text = _(
            "The clocks of this machine and of the database are %(seconds)s s apart: let both follow a time server."
        )
        return Finding(WARNING, text % {"seconds": round(apart.total_seconds())})
    if newest is not None and newest > at + FUTURE:
        text = _("The newest event is of %(moment)s, which is still to come: set the clock of this machine right.")
        return Finding(WARNING, text % {"moment": newest.isoformat(timespec="seconds")})
    return Finding(OK, _("The clock is right."))


def _database_time(at: datetime) -> datetime:
    if connection.vendor != "postgresql":
        return at
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - %s::timestamptz", [datetime.now(at.tzinfo)])
        apart: timedelta = cursor.fetchone()[0]
    return at + apart


def _totals() -> Finding:
    wrong = len(totals.drift())
    bad = _("%(n)s kept totals of projects are wrong: run “openpsm rebuild-totals”.") % {"n": wrong}
    return _of(not wrong, _("The kept totals of projects are true."), bad)


def _log(whole: bool) -> Iterator[Finding]:
    problems = events.verify(full=whole)
    for problem in problems:
        yield Finding(ERROR, _("Event log, %(seq)s: %(text)s") % {"seq": problem.seq, "text": problem.message})
    if problems:
        text = _("Stop the services, keep a copy of everything as it is, and compare with the last good backup.")
        yield Finding(ERROR, text)
    else:
        yield Finding(
            OK, _("The whole event log is unbroken.") if whole else _("The end of the event log is unbroken.")
        )
