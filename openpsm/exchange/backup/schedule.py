"""Backups by themselves: every day at an hour, into the folder that the operator has set, the newest kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import task

from openpsm.core import parameters
from openpsm.core.errors import DomainError
from openpsm.core.inspections import OK, WARNING, Finding, inspection
from openpsm.core.jobs.schedule import periodic
from openpsm.exchange import backup
from openpsm.exchange.backup import record
from openpsm.org.models import Role, User
from openpsm.org.operations import Note, notify
from openpsm.org.permissions import Permission

HOUR, KEEP = "backup.hour", "backup.keep"
NAME = "openpsm-%Y%m%d-%H%M%S.backup"
PATTERN = "openpsm-????????-??????.backup"
#: A backup is late after this long: where they are made each day, and where somebody makes them.
DAILY, BY_HAND = timedelta(hours=26), timedelta(days=7)
log = structlog.get_logger(__name__)


def declare_all() -> None:
    """Declare the parameters; called once, from `AppConfig.ready`."""
    group = gettext_lazy("Backup")
    parameters.declare(
        HOUR,
        kind="integer",
        default=1,
        minimum=0,
        maximum=23,
        group=group,
        label=gettext_lazy("Hour of the daily backup"),
        help=gettext_lazy("The folder is set on the server (OPENPSM_BACKUP_DIR); without it none is made."),
    )
    parameters.declare(
        KEEP,
        kind="integer",
        default=14,
        minimum=2,
        maximum=1000,
        group=group,
        label=gettext_lazy("Backups kept"),
        help=gettext_lazy("Older ones that the program itself has made are removed after a new one."),
    )


@periodic(cron="23 * * * *", name="exchange.backup")
@task(max_attempts=1)
def back_up() -> str:
    """Make the backup of the day when its hour has come."""
    at = timezone.now()
    if not settings.OPENPSM_BACKUP_DIR or timezone.localtime(at).hour != parameters.value(HOUR):
        return ""
    return str(make_daily(at).name)


def make_daily(at: datetime) -> Path:
    """Make a backup in the folder and remove the old ones; whoever looks after jobs hears of a failure."""
    folder = Path(settings.OPENPSM_BACKUP_DIR)
    path = folder / timezone.localtime(at).strftime(NAME)
    try:
        made = backup.make_backup_and_log(path=path, at=at)
    except Exception as error:
        _warn(str(error) if isinstance(error, DomainError) else type(error).__name__, at)
        raise
    if made.faults:
        _warn(_("%(number)s files are missing from the store.") % {"number": len(made.faults)}, at)
    for old in sorted(folder.glob(PATTERN))[: -parameters.value(KEEP)]:
        old.unlink()
        log.info("backup_removed", name=old.name)
    return path


def _warn(reason: str, at: datetime) -> None:
    """Put a line into the bells of all who look after jobs (4 queries)."""
    roles = [role.pk for role in Role.objects.all() if Permission.JOB_VIEW in role.permissions]
    users = User.objects.active().filter(grants__role__in=roles).distinct()
    notify(rows=[Note(user.pk, "backup.failed", user, {"reason": reason[:300]}) for user in users], at=at)


@inspection("backup")
def inspect_backups(at: datetime) -> Iterator[Finding]:
    """Say how old the newest backup is, and whether the last try failed."""
    last, good = record.last(), record.last_good()
    if last is not None and last.error:
        values = {"at": last.moment.astimezone(at.tzinfo).isoformat(timespec="minutes"), "reason": last.error}
        yield Finding(WARNING, _("The last backup (%(at)s) failed: %(reason)s") % values)
    if good is None:
        yield Finding(WARNING, _("There is no backup yet: set OPENPSM_BACKUP_DIR, or run “openpsm backup FILE” daily."))
        return
    if good.faults:
        text = _("Files were missing from the last backup, %(file)s among them: look for them in older backups.")
        yield Finding(WARNING, text % {"file": good.faults[0]})
    yield from _age(good, at)


def _age(good: record.Entry, at: datetime) -> Iterator[Finding]:
    age = at - good.moment
    values = {"path": good.path, "hours": round(age.total_seconds() / 3600)}
    if age > (DAILY if settings.OPENPSM_BACKUP_DIR else BY_HAND):
        text = _("The last backup is %(hours)s hours old (%(path)s): make one now, and see why none was made.")
        yield Finding(WARNING, text % values)
    elif not Path(good.path).exists():
        yield Finding(OK, _("The last backup is %(hours)s hours old; it was moved away from %(path)s.") % values)
    else:
        yield Finding(OK, _("The last backup is %(hours)s hours old: %(path)s.") % values)
