"""What `openpsm check` looks at. It changes nothing."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from openpsm.core import events, health
from openpsm.projects.queries import totals

OK, WARNING, ERROR = "ok", "warning", "error"
LITTLE_SPACE = 500 * 1024 * 1024
LEAST_SPACE = 50 * 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """One line of the answer."""

    level: str
    text: str

    def line(self) -> str:
        """The level, aligned, and the text."""
        return f"{self.level:<8} {self.text}"


def findings(at: datetime, *, whole_log: bool) -> Iterator[Finding]:
    """Look at settings, database, tables, worker, mail, disk, kept totals and event log, in this order.

    Without a database or its tables nothing that needs them is asked.
    """
    ready = health.readiness(at)["checks"]
    yield from _system(with_database=ready["database"])
    yield _of(ready["database"], _("The database answers."), _("The database does not answer."))
    if ready["database"]:
        tables = _("The tables are not up to date: run “openpsm init”.")
        yield _of(ready["migrations"], _("The tables are up to date."), tables)
    yield _mail()
    yield _disk()
    if ready["migrations"]:
        no_worker = _("No worker has given a sign of life in the last minute: run “openpsm worker”.")
        yield _of(ready["worker"], _("A worker is alive."), no_worker, otherwise=WARNING)
        yield _totals()
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


def _mail() -> Finding:
    is_real = settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    nowhere = _("Mail goes nowhere: set OPENPSM_EMAIL_URL.")
    return _of(is_real, _("Mail goes to %(host)s.") % {"host": settings.EMAIL_HOST}, nowhere, otherwise=WARNING)


def _disk() -> Finding:
    free = shutil.disk_usage(Path(settings.OPENPSM_DATA_DIR)).free
    text = _("%(free)s MB are free in the data folder.") % {"free": free // (1024 * 1024)}
    return Finding(OK if free >= LITTLE_SPACE else WARNING if free >= LEAST_SPACE else ERROR, text)


def _totals() -> Finding:
    wrong = len(totals.drift())
    bad = _("%(n)s kept totals of projects are wrong: run “openpsm rebuild-totals”.") % {"n": wrong}
    return _of(not wrong, _("The kept totals of projects are true."), bad)


def _log(whole: bool) -> Iterator[Finding]:
    problems = events.verify(full=whole)
    for problem in problems:
        yield Finding(ERROR, _("Event log, %(seq)s: %(text)s") % {"seq": problem.seq, "text": problem.message})
    if not problems:
        yield Finding(
            OK, _("The whole event log is unbroken.") if whole else _("The end of the event log is unbroken.")
        )
