"""Putting a backup into an empty installation: all of it, or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph
from django.utils.translation import gettext as _

from openpsm.core import health
from openpsm.core.attachments import storage
from openpsm.core.errors import DomainError
from openpsm.core.events import keys, protection
from openpsm.exchange.backup import manifest, reading, tables
from openpsm.exchange.backup.reading import Archive, Checked

#: What is put aside when a restore brings its own: it belongs to an installation that nobody has used.
ASIDE = ".before-restore"
Tell = reading.Tell
Known = dict[str, type[models.Model]]


class NotEmpty(DomainError):
    """There is something already where the backup would go."""

    code = "not-empty"


class BrokenLogInside(DomainError):
    """The backup is whole, the event log in it is not; `problems` says what is wrong."""

    code = "broken-log"

    def __init__(self, problems: list[str]) -> None:
        text = _("The event log in this backup was broken already when it was made: %(problem)s")
        super().__init__(text % {"problem": problems[0]}, problems=problems)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Restored:
    """What has been put back; `is_older` asks for the migrations that came since."""

    made_at: str
    rows: int
    files: int
    problems: list[str]
    is_older: bool


def restore(*, path: Path, at: datetime, accept_broken_log: bool = False, tell: Tell = lambda _line: None) -> Restored:
    """Check a backup and put it into this installation, which must be empty; when that fails it is empty again.

    Database rows, ids to go on from, attachments, anchors and the key of the event log are those of the backup. Tables
    stay as old as the backup: run the migrations behind it. Raises NotEmpty, BadArchive, BrokenLogInside.
    """
    require_empty(at)
    with reading.opened(path) as archive, ExitStack() as failed:
        checked = reading.check(archive, tell=tell)
        if checked.problems and not accept_broken_log:
            raise BrokenLogInside(checked.problems)
        nodes = [(app, name) for app, name in checked.manifest.migrations]
        _prepare_tables(nodes, failed)
        known = tables.models_of(tables.apps_at(nodes))
        with _staged_files(archive, checked) as staged, transaction.atomic():
            _lock_out_others(at)
            _write_rows(archive, checked, known, tell)
            _verify(checked, known)
            _move_in(archive, checked, staged, failed)
        failed.pop_all()
    keys.forget()
    _analyze()
    rows = sum(table.rows for table in checked.manifest.tables)
    is_older = bool(health.pending_migrations())
    return Restored(checked.manifest.made_at, rows, len(checked.files), checked.problems, is_older)


# --- an empty place


def require_empty(at: datetime) -> None:
    """Raise NotEmpty if there are users, foreign tables or attachments, or if a worker is alive."""
    found = set(connection.introspection.table_names())
    if found and "django_migrations" not in found:
        raise NotEmpty(_("The database holds tables of another program: give OpenPSM a database of its own."))
    if "org_user" in found and _has_rows("org_user"):
        raise NotEmpty(_("This installation has users. A backup is restored into an empty one only."))
    if any(path.is_file() for path in storage.folder().glob("*/*")):
        text = _("%(path)s holds files. A backup is restored into an empty installation only.")
        raise NotEmpty(text % {"path": storage.folder()})
    if "core_workerheartbeat" in found and health.worker_seen_at(at):
        raise NotEmpty(_("A worker is running: stop worker and web server, then restore."))


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')  # noqa: S608 - our name
        return bool(cursor.fetchone()[0])


def _prepare_tables(nodes: list[tables.Node], failed: ExitStack) -> None:
    """Make the tables as they were when the backup was made; on failure they go again."""
    if "django_migrations" not in connection.introspection.table_names():
        failed.callback(_drop_everything)
        executor, own = MigrationExecutor(connection), tables.own_labels()
        others = [node for node in executor.loader.graph.leaf_nodes() if node[0] not in own]
        executor.migrate([*_last_of(nodes, executor.loader.graph), *others])
    elif tables.applied_migrations() != sorted(nodes):
        text = _("The tables of this database are of another version than the backup: give it a database without any.")
        raise NotEmpty(text)


def _last_of(nodes: list[tables.Node], graph: MigrationGraph) -> list[tables.Node]:
    """The last migration of each application: those before it come with it."""
    earlier = {(parent.key, node[0]) for node in nodes for parent in graph.node_map[node].parents}
    return [node for node in nodes if (node, node[0]) not in earlier]


def _drop_everything() -> None:
    """Remove all tables of a database that had none before."""
    names = [connection.ops.quote_name(name) for name in connection.introspection.table_names()]
    with connection.cursor() as cursor, connection.constraint_checks_disabled():
        for name in names:
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE IF EXISTS {name}{cascade}")


def _lock_out_others(at: datetime) -> None:
    """Nobody registers the first user meanwhile; SQLite's transaction keeps all others out by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE org_user, core_event IN ACCESS EXCLUSIVE MODE")
    require_empty(at)


# --- rows


def _write_rows(archive: Archive, checked: Checked, known: Known, tell: Tell) -> None:
    with protection.lifted(connection), connection.cursor() as cursor:
        for model in known.values():  # what an unused installation holds: roles, processes, days off
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - our names
    for table in checked.manifest.tables:
        tell(table.label)
        model = known[table.label]
        tables.fill(model, reading.rows(archive, table, tables.Reader(model)))
        tables.go_on_from(model, table.next_id)
    connection.check_constraints()


def _verify(checked: Checked, known: Known) -> None:
    """Read every table back: the digests must be those of the backup."""
    for table in checked.manifest.tables:
        digest = hashlib.sha256()
        for line in tables.lines(known[table.label]):
            digest.update(line)
        if digest.hexdigest() != table.sha256 or tables.next_id(known[table.label]) != table.next_id:
            raise DomainError(_("After writing, %(part)s is not what was backed up.") % {"part": table.label})


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# --- files


@contextmanager
def _staged_files(archive: Archive, checked: Checked) -> Iterator[Path]:
    """Unpack the attachments beside their place; what a restore that was killed left there goes first."""
    staged = storage.folder().with_name("media.restoring")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    try:
        for name, part in checked.files.items():
            target = staged / storage.path_of(name).relative_to(storage.folder())
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for chunk in archive.stream(f"files/{name}", part):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        yield staged
    except OSError as error:
        text = _("The attachments could not be written: %(reason)s.")
        raise DomainError(text % {"reason": os.strerror(error.errno or 0)}, code="storage") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _move_in(archive: Archive, checked: Checked, staged: Path, failed: ExitStack) -> None:
    """Give attachments, key and anchors their names: the last thing before the commit."""
    folder, data = storage.folder(), Path(settings.OPENPSM_DATA_DIR)
    shutil.rmtree(folder, ignore_errors=True)  # empty folders, as `require_empty` has seen
    staged.rename(folder)
    failed.callback(shutil.rmtree, folder, ignore_errors=True)
    if checked.manifest.is_key_inside:
        path = keys.kept_path()
        if path is not None:
            _put(path, checked.key, failed)
    if checked.manifest.anchors is not None:
        content = b"".join(archive.stream(manifest.ANCHORS, checked.manifest.anchors))
        _put(data / manifest.ANCHORS, content, failed)


def _put(path: Path, content: bytes, failed: ExitStack) -> None:
    """Write a small file; one that was there is kept under another name, and gets its own back on failure."""
    aside = path.with_name(path.name + ASIDE)
    if path.exists():
        path.rename(aside)
        failed.callback(aside.rename, path)
    failed.callback(path.unlink, missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
