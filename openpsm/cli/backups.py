"""`openpsm backup` and `openpsm restore`."""

import argparse
import sys
import time
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.cli import installation
from openpsm.core import events
from openpsm.exchange import backup


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the two commands."""
    one = commands.add_parser("backup", help=_("write database and attachments into one file, while the server runs"))
    one.add_argument("file", metavar="FILE", type=Path, help=_("the new file; it is never overwritten"))
    one.add_argument("--without-key", action="store_true", help=_("leave the key of the event log out"))
    one.set_defaults(run=make)
    one = commands.add_parser("restore", help=_("put a backup into an empty installation"))
    one.add_argument("file", metavar="FILE", type=Path, help=_("a file that “openpsm backup” has made"))
    one.add_argument("--check-only", action="store_true", help=_("look at the backup and write nothing"))
    one.add_argument("--accept-broken-log", action="store_true", help=_("restore although its event log is broken"))
    one.set_defaults(run=restore)


def make(given: argparse.Namespace) -> int:
    """Run `openpsm backup`: 1 if files were missing, although everything else is in the backup."""
    started = time.monotonic()
    made = backup.make_backup_and_log(path=given.file, at=timezone.now(), with_key=not given.without_key)
    values = {"path": made.path, "size": _size(made.size), "rows": made.rows, "files": made.files}
    print(_("%(path)s: %(size)s, %(rows)s rows and %(files)s files") % values, end="")
    print(f", {time.monotonic() - started:.1f} s")
    for fault in made.faults:
        text = _("This file is missing from the store or was changed there: %(file)s")
        print(text % {"file": fault}, file=sys.stderr)
    return 1 if made.faults else 0


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"


def restore(given: argparse.Namespace) -> int:
    """Run `openpsm restore`: afterwards the tables are those of this program, and the end of the log is checked."""
    at = timezone.now()
    if given.check_only:
        return _look(given.file)
    done = backup.restore(path=given.file, at=at, accept_broken_log=given.accept_broken_log, tell=_progress)
    installation.prepare(at)
    values = {"made_at": done.made_at, "rows": done.rows, "files": done.files}
    print(_("Restored as of %(made_at)s: %(rows)s rows and %(files)s files. Everybody signs in anew.") % values)
    problems = [*done.problems, *(problem.message for problem in events.verify(full=False))]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _look(path: Path) -> int:
    found = backup.inspect(path=path, tell=_progress)
    values = {"made_at": found.manifest.made_at, "program": found.manifest.program, "files": len(found.files)}
    values["rows"] = sum(table.rows for table in found.manifest.tables)
    print(_("A whole backup of %(made_at)s by OpenPSM %(program)s: %(rows)s rows and %(files)s files.") % values)
    for problem in found.problems:
        print(problem, file=sys.stderr)
    return 1 if found.problems else 0


def _progress(label: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{label}", end="", file=sys.stderr, flush=True)
