"""The program's own commands and their options."""

import argparse
import dataclasses
import getpass
import os
import sys

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.cli import backups, checking, demo, exchanging, installation, matching, processes
from openpsm.cli.main import PROGRAM, Refused
from openpsm.core import health, inspections
from openpsm.core.jobs import worker
from openpsm.exchange.seedload import loader, seed_load
from openpsm.exchange.seedparts import Sizes
from openpsm.org import operations, queries, rules
from openpsm.org.models import User
from openpsm.projects import operations as projects

NAMES = (
    *("demo", "init", "serve", "worker", "check", "backup", "restore", "password", "token", "seed-load"),
    *("import", "export", "match", "rebuild-totals"),
)


def parser() -> argparse.ArgumentParser:
    """Describe all commands, in the language that is active."""
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description=_("Project sales management."),
        epilog=_("Every management command of Django works too: openpsm help lists them."),
    )
    commands = top.add_subparsers(dest="command", required=True, metavar=_("COMMAND"))
    _add_demo(commands)
    _add_init(commands)
    _add_serve(commands)
    one = commands.add_parser("worker", help=_("run the background worker with the schedule"))
    one.add_argument("--threads", type=_positive, default=2, help=_("jobs at the same time"))
    one.set_defaults(run=run_worker)
    one = commands.add_parser("check", help=_("say what is wrong with this installation"))
    one.add_argument("--audit", action="store_true", help=_("check the whole event log"))
    one.set_defaults(run=check)
    backups.add_commands(commands)
    one = commands.add_parser("password", help=_("give a user a new password and print it once"))
    one.add_argument("user", metavar="USER", help=_("user name"))
    one.set_defaults(run=reset_password)
    one = commands.add_parser("token", help=_("make a personal access token and print it once"))
    one.add_argument("user", metavar="USER", help=_("user name"))
    one.add_argument("--read-only", action="store_true", help=_("a token that changes nothing"))
    one.add_argument("--days", type=_positive, default=90, help=_("how long it lives"))
    one.set_defaults(run=make_token)
    one = commands.add_parser("rebuild-totals", help=_("make the kept totals of projects true again"))
    one.set_defaults(run=rebuild_totals)
    _add_seed_load(commands)
    exchanging.add_commands(commands)
    matching.add_commands(commands)
    return top


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("demo", help=_("start OpenPSM with a demo company on this machine"))
    one.add_argument("--port", type=_port, default=8000, help=_("port of the web server"))
    one.add_argument("--fresh", action="store_true", help=_("throw the demo's data away and begin anew"))
    one.add_argument("--empty", action="store_true", help=_("without the demo company"))
    one.set_defaults(run=run_demo)


def _add_init(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("init", help=_("prepare the database and create the first administrator"))
    one.add_argument("--username", help=_("user name of the first administrator"))
    one.add_argument("--name", help=_("the administrator's name"))
    one.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES])
    one.add_argument("--administrator-only", action="store_true", help=_("without the rights of an executive"))
    one.add_argument("--with-demo", action="store_true", help=_("let the worker load the demo company"))
    one.add_argument(
        "--no-input", action="store_true", help=_("ask nothing; the password stands in OPENPSM_ADMIN_PASSWORD")
    )
    one.set_defaults(run=init)


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("serve", help=_("run the web server"))
    one.add_argument("--host", default="127.0.0.1", help=_("address to listen on"))
    one.add_argument("--port", type=_port, default=8000, help=_("port to listen on"))
    one.add_argument("--workers", type=_positive, default=1, help=_("processes; more than one needs PostgreSQL"))
    one.add_argument("--threads", type=_positive, default=4, help=_("threads of each process"))
    one.set_defaults(run=serve)


def _add_seed_load(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("seed-load", help=_("fill an empty installation with a made-up large company"))
    for each in dataclasses.fields(Sizes):
        one.add_argument(f"--{each.name}", type=_positive, default=each.default, metavar="N")
    one.add_argument("--seed", type=int, default=1, help=_("the same number makes the same company"))
    one.set_defaults(run=seed)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(_("must be at least 1"))
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(_("must be a port from 1 to 65535"))
    return number


def database_message(error: DatabaseError) -> str:
    """Say in one line what the database said, and what usually helps."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return _("The database refused: %(said)s. Has “openpsm init” been run?") % {"said": said}


def run_demo(given: argparse.Namespace) -> int:
    """Run `openpsm demo`."""
    return demo.run(port=given.port, is_fresh=given.fresh, is_empty=given.empty)


def init(given: argparse.Namespace) -> int:
    """Run `openpsm init`: a second run only brings tables and shipped data up to date."""
    at = timezone.now()
    installation.prepare(at)
    print(_("The database is up to date."))
    if not queries.needs_setup():
        print(_("There are users already: nobody was created."))
        return 0
    user = operations.first_setup(
        name=_answer(given.name, _("Name of the first administrator"), given),
        username=_answer(given.username, _("User name"), given),
        password=_password(given),
        language=given.language or settings.LANGUAGE_CODE,
        with_demo=given.with_demo,
        is_business=not given.administrator_only,
        at=at,
    )
    print(_("%(username)s can sign in at %(url)s") % {"username": user.username, "url": settings.OPENPSM_BASE_URL})
    return 0


def _answer(given: str | None, question: str, chosen: argparse.Namespace) -> str:
    if given is None and (chosen.no_input or not sys.stdin.isatty()):
        raise Refused(_("Give --name and --username, or run this in a terminal."))
    return given if given is not None else input(f"{question}: ")


def _password(chosen: argparse.Namespace) -> str:
    """Take the password from the environment or ask for it twice; never from the command line, which others can see."""
    given = os.environ.get("OPENPSM_ADMIN_PASSWORD")
    if given is None and (chosen.no_input or not sys.stdin.isatty()):
        raise Refused(_("Put the password into OPENPSM_ADMIN_PASSWORD, or run this in a terminal."))
    if given is not None:
        return given
    first = getpass.getpass(_("Password") + ": ")
    if getpass.getpass(_("Password again") + ": ") != first:
        raise Refused(_("The two passwords differ."))
    return first


def serve(given: argparse.Namespace) -> int:
    """Run `openpsm serve`: this process becomes the web server."""
    _require_tables()
    processes.require_free_port(given.host, given.port)
    installation.collect_static()
    command = processes.web_command(given.host, given.port, workers=given.workers, threads=given.threads)
    os.execv(command[0], command)  # noqa: S606 - a fixed program with checked numbers


def run_worker(given: argparse.Namespace) -> int:
    """Run `openpsm worker` until it is told to stop."""
    _require_tables()
    worker.run(threads=given.threads)
    return 0


def _require_tables() -> None:
    checks = health.readiness(timezone.now())["checks"]
    if not checks["database"]:
        raise Refused(_("The database does not answer: is OPENPSM_DATABASE_URL right?"))
    if not checks["migrations"]:
        raise Refused(_("The tables are not up to date: run “openpsm init” first."))


def rebuild_totals(_given: argparse.Namespace) -> int:
    """Run `openpsm rebuild-totals`."""
    wrong = projects.rebuild_totals()
    print(_("%(n)s kept totals were wrong and are right now.") % {"n": wrong})
    return 0


def check(given: argparse.Namespace) -> int:
    """Run `openpsm check`: errors fail, warnings do not."""
    findings = list(checking.findings(timezone.now(), whole_log=given.audit))
    for finding in findings:
        print(finding.line())
    return 1 if any(finding.level == inspections.ERROR for finding in findings) else 0


def reset_password(given: argparse.Namespace) -> int:
    """Run `openpsm password`: the password alone goes to the standard output; it has to be changed at once."""
    password = operations.reset_at_the_server(username=given.user, at=timezone.now())
    text = _("A password for %(name)s, to be changed at the first sign-in; it is not shown again:")
    print(text % {"name": given.user}, file=sys.stderr)
    print(password)
    return 0


def make_token(given: argparse.Namespace) -> int:
    """Run `openpsm token`: the token alone goes to the standard output."""
    user = User.objects.active().filter(username=rules.normal_username(given.user)).first()
    if user is None:
        raise Refused(_("There is no active user %(name)s.") % {"name": given.user})
    token, raw = operations.make_token(
        name="openpsm token", by=user, at=timezone.now(), is_read_only=given.read_only, days=given.days
    )
    until = timezone.localtime(token.expires_at).strftime("%Y-%m-%d %H:%M")
    print(
        _("A token of %(name)s until %(until)s; it is not shown again:") % {"name": user, "until": until},
        file=sys.stderr,
    )
    print(raw)
    return 0


def seed(given: argparse.Namespace) -> int:
    """Run `openpsm seed-load`: the company belongs to the first administrator of users."""
    _require_tables()
    by = loader(User.objects.active().order_by("pk"))
    if by is None:
        raise Refused(_("There is no administrator yet: run “openpsm init” first."))
    sizes = Sizes(**{each.name: getattr(given, each.name) for each in dataclasses.fields(Sizes)})
    seed_load(sizes=sizes, seed=given.seed, by=by, at=timezone.now(), tell=lambda line: print(line, flush=True))
    return 0
