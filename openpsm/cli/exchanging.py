"""`openpsm import` and `openpsm export`: tables in and out, by the steps that the screen takes."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openpsm.cli.main import Refused
from openpsm.exchange import exports
from openpsm.exchange.imports import mapping, operations, reports
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.models import ImportBatch
from openpsm.exchange.sheets import writing
from openpsm.exchange.sheets.refusal import placed
from openpsm.org import rules
from openpsm.org.access import reach
from openpsm.org.models import User
from openpsm.org.permissions import Permission

CHUNK = 1024 * 1024
SHOWN = 20
Commands = Any  # argparse gives the type of its subparsers no public name


def add_commands(commands: Commands) -> None:
    """Describe both commands."""
    one = commands.add_parser("import", help=_("bring records from an Excel or CSV file"))
    one.add_argument("kind", choices=[*KINDS], metavar="KIND", help=", ".join(KINDS))
    one.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("XLSX, XLS or CSV, also gzipped"))
    one.add_argument("--dry-run", action="store_true", help=_("only say what would happen"))
    one.add_argument("--map", type=Path, metavar="MAP.yaml", help=_("which heading means which field"))
    one.add_argument("--sheet", default="", help=_("the sheet to read, the first one by default"))
    one.add_argument("--update-by", default="", metavar="FIELD", help=_("change records found by this field"))
    one.add_argument("--partial", action="store_true", help=_("take the good rows and say which were not"))
    one.add_argument("--undo", type=int, metavar="BATCH", help=_("take an earlier import back"))
    one.add_argument("--errors", type=Path, metavar="FILE", help=_("where the marked copy of the file goes"))
    one.add_argument("--template", action="store_true", help=_("write an empty table with all headings to FILE"))
    one.add_argument("--user", default="", help=_("in whose name; the first who may by default"))
    one.set_defaults(run=run_import)
    one = commands.add_parser("export", help=_("write records into an Excel, CSV or JSON file"))
    one.add_argument("kind", choices=[*KINDS], metavar="KIND", help=", ".join(KINDS))
    one.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("the standard output by default"))
    one.add_argument("--format", choices=writing.FORMATS, help=_("by the ending of FILE, else CSV"))
    one.add_argument("--user", default="", help=_("what this person sees; the first who may by default"))
    one.set_defaults(run=run_export)


def actor(name: str, wanted: tuple[Permission, ...]) -> User:
    """Return the named user, or the first active one who holds all these rights."""
    active: list[User] = list(User.objects.active().select_related("department").order_by("pk"))
    if name:
        found = next((one for one in active if one.username == rules.normal_username(name)), None)
        if found is None:
            raise Refused(_("There is no active user %(name)s.") % {"name": name})
        return found
    able = (one for one in active if all(map(reach(one).holds_anywhere, wanted)))
    actor = next(able, None)
    if actor is None:
        raise Refused(_("Nobody here may do this. Give the right to somebody, or name them with --user."))
    return actor


def run_import(given: argparse.Namespace) -> int:
    """Run `openpsm import`: 0 all taken, 1 refused or some rows not taken."""
    by = actor(given.user, (Permission.IMPORT, *KINDS[given.kind].permissions))
    if given.undo is not None:
        return _undo(given, by)
    if given.file is None:
        raise Refused(_("Name the file."))
    if given.template:
        with given.file.open("wb") as target:
            exports.write_template(target, KINDS[given.kind])
        return 0
    return _bring(given, by)


def _bring(given: argparse.Namespace, by: User) -> int:
    batch = _checked(given, by)
    if batch.state == ImportBatch.State.REFUSED:
        raise Refused(batch.message)
    _report(given, batch)
    is_stopped = given.dry_run or (batch.bad and not given.partial) or batch.bad == batch.total
    if is_stopped:
        status = 1 if batch.bad else 0
        print(_("Nothing was written."))
        operations.discard(batch_id=batch.pk, by=by)
        return status
    known = batch.bad
    operations.begin_publish(batch_id=batch.pk, by=by, is_partial=given.partial)
    with _bar(_("Taking over")) as tell:
        batch = operations.publish(batch_id=batch.pk, by=by, at=timezone.now(), tell=tell)
    if batch.state != ImportBatch.State.PUBLISHED:
        raise Refused(_("Stopped, and taken back: %(why)s") % {"why": batch.message})
    counts = {"new": batch.created, "changed": batch.updated, "same": batch.unchanged, "bad": batch.bad}
    print(_("Taken over: %(new)s new, %(changed)s changed, %(same)s unchanged, %(bad)s not taken.") % counts)
    if batch.bad > known:  # refused while taking over
        _report(given, batch)
    print(
        _("Batch %(number)s. To take it back: openpsm import %(kind)s --undo %(number)s")
        % {"number": batch.pk, "kind": batch.kind}
    )
    return 1 if batch.bad else 0


def _checked(given: argparse.Namespace, by: User) -> ImportBatch:
    """Take the file in and check all of its rows."""
    kind, at = KINDS[given.kind], timezone.now()
    try:
        with given.file.open("rb") as file:
            batch = operations.upload(
                kind=kind.key,
                file_name=given.file.name,
                chunks=iter(lambda: file.read(CHUNK), b""),
                by=by,
                at=at,
                sheet=given.sheet,
            )
    except OSError as error:
        raise Refused(_("The file cannot be read: %(why)s") % {"why": error.strerror or error}) from error
    try:
        chosen = mapping.from_yaml(given.map, kind, batch.headings) if given.map else batch.mapping
        batch = operations.settle(
            batch_id=batch.pk, chosen=chosen, update_by=given.update_by, is_partial=given.partial, by=by, at=at
        )
    except BaseException:
        operations.discard(batch_id=batch.pk, by=by)
        raise
    with _bar(_("Checking")) as tell:
        return operations.check(batch_id=batch.pk, by=by, at=at, tell=tell)


def _report(given: argparse.Namespace, batch: ImportBatch) -> None:
    """Name the first faults by row and column, and write the marked copy where there are any."""
    counts = {"total": batch.total, "bad": batch.bad, "warned": batch.warned}
    told = _("%(total)s rows: %(bad)s with errors, %(warned)s with remarks.") % counts
    print(placed(batch.file_name, told, sheet=batch.sheet))
    names = reports.titles(batch)
    for row in reports.faulty(batch)[:SHOWN]:
        for heading, text, _is_bad in reports.reasons(row, names):
            place = (
                _("Row %(row)s, %(column)s") % {"row": row.number, "column": heading}
                if heading
                else _("Row %(row)s") % {"row": row.number}
            )
            print(f"  {place}: {text}")
    if batch.bad > SHOWN:
        print(
            "  "
            + ngettext("… and %(n)s row more", "… and %(n)s rows more", batch.bad - SHOWN) % {"n": batch.bad - SHOWN}
        )
    if given.errors is not None or batch.bad:
        print(_("The rows with the reasons: %(file)s") % {"file": _write_errors(given, batch)})


def _write_errors(given: argparse.Namespace, batch: ImportBatch) -> Path:
    is_small = reports.is_small(batch)
    stem = "-".join((given.file.name.split(".")[0], _("errors")))
    target: Path = given.errors or Path(f"{stem}.{'xlsx' if is_small else 'csv'}")
    if target.suffix.lower() == ".csv" or not is_small:
        with target.open("w", encoding="utf-8", newline="") as text:
            reports.write_csv(text, batch)
    else:
        with target.open("wb") as file:
            reports.write_workbook(file, batch)
    return target


def _undo(given: argparse.Namespace, by: User) -> int:
    batch = operations.begin_undo(batch_id=_batch_id(given, by), by=by)
    with _bar(_("Taking back")) as tell:
        batch = operations.undo(batch_id=batch.pk, by=by, at=timezone.now(), tell=tell)
    kept = batch.rows.filter(state="kept").order_by("number")
    numbers = list(kept.values_list("number", flat=True)[:SHOWN])
    print(_("Taken back: %(n)s.") % {"n": batch.undone})
    if numbers:
        told = ", ".join(map(str, numbers))
        print(_("Changed or used since, and kept: %(n)s (rows %(rows)s …)") % {"n": kept.count(), "rows": told})
    return 1 if numbers else 0


def _batch_id(given: argparse.Namespace, by: User) -> int:
    if not ImportBatch.objects.visible_to(by).filter(pk=given.undo, kind=given.kind).exists():
        raise Refused(_("%(name)s has no import %(number)s of this kind.") % {"name": by, "number": given.undo})
    return int(given.undo)


@contextlib.contextmanager
def _bar(label: str) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere."""
    began, last = time.monotonic(), [0.0]

    def tell(done: int, total: int) -> None:
        if not sys.stderr.isatty() or time.monotonic() - last[0] < 0.2:
            return
        last[0] = time.monotonic()
        share = f"{'█' * (30 * done // total):<30} {100 * done // total:>3} %" if total else ""
        print(f"\r{label} {share} {done:,}  {last[0] - began:.0f} s ", end="", file=sys.stderr, flush=True)

    yield tell
    if last[0]:
        print(file=sys.stderr)


def run_export(given: argparse.Namespace) -> int:
    """Run `openpsm export`."""
    by = actor(given.user, (Permission.EXPORT,))
    ending = given.file.suffix[1:].lower() if given.file else ""
    form = given.format or (ending if ending in writing.FORMATS else "csv")
    with _target(given.file) as file:
        count = exports.export(kind=KINDS[given.kind], form=form, file=file, by=by, at=timezone.now())
    print(ngettext("%(n)s row", "%(n)s rows", count) % {"n": count}, file=sys.stderr)
    return 0


@contextlib.contextmanager
def _target(path: Path | None) -> Iterator[IO[bytes]]:
    """The file, complete or not there at all; or the standard output."""
    if path is None:
        yield sys.stdout.buffer
        return
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
