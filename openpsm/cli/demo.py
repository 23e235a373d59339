"""`openpsm demo`: everything on this machine with one command."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.cli import installation, processes
from openpsm.cli.main import Refused
from openpsm.core.models import Job
from openpsm.exchange.demo import PASSWORD, Login, growing, load_demo
from openpsm.exchange.demo.people import ADMINISTRATOR, STAFF
from openpsm.org import queries
from openpsm.org.models import User

HOST = "127.0.0.1"
MARK = "demo"


def run(*, port: int, is_fresh: bool, is_empty: bool) -> int:
    """Prepare the database, start web server and worker, and stop both at Ctrl-C."""
    processes.require_free_port(HOST, port)
    if is_fresh:
        _forget()
    logins = _prepare(is_empty)
    connection.close()
    web = processes.web_command(HOST, port, workers=1, threads=4)
    try:
        with processes.together([web, processes.worker_command()]) as running:
            processes.wait_until_open(HOST, port, running)
            print(_welcome(port, logins), flush=True)
            processes.wait_for_end(running)
    except processes.Stop:
        print("\n" + _("Stopped."))
        return 0
    raise Refused(_("The web server or the worker ended unexpectedly; see the messages above."))


def _prepare(is_empty: bool) -> Sequence[Login]:
    """Bring the database up and return the people of the demo company who are in it."""
    at = timezone.now()
    print(_("Preparing the database …"), flush=True)
    installation.prepare(at)
    installation.collect_static()
    if queries.needs_setup():
        _mark().touch()
        if not is_empty:
            print(_("Loading the demo company …"), flush=True)
            return load_demo(at)
    return _present() if _mark().exists() else []


def _present() -> list[Login]:
    known = [ADMINISTRATOR[0], *(row[0] for row in STAFF)]
    users = {user.username: user for user in User.objects.active().filter(username__in=known)}
    return [Login(name, users[name].name, users[name].title) for name in known if name in users]


def _is_growing() -> bool:
    return Job.objects.filter(task=growing.go_on.module_path, state__in=(Job.State.READY, Job.State.RUNNING)).exists()


def _mark() -> Path:
    """The file that says: this data folder was filled by the demo and may be thrown away."""
    return Path(settings.OPENPSM_DATA_DIR) / MARK


def _forget() -> None:
    """Empty the database and what belongs to it; refused where the demo did not make it."""
    if "core_event" not in connection.introspection.table_names():
        return
    installation.migrate()
    if not _mark().exists() and not queries.needs_setup():
        raise Refused(_("This database was not made by the demo: it is not thrown away."))
    call_command("flush", interactive=False, verbosity=0)
    for name in ("anchors.log", "queue.db", "queue.db-wal", "queue.db-shm"):
        (Path(settings.OPENPSM_DATA_DIR) / name).unlink(missing_ok=True)


def _welcome(port: int, logins: Sequence[Login]) -> str:
    lines = ["", _("OpenPSM runs at %(url)s") % {"url": f"http://{HOST}:{port}"}]
    if logins:
        lines += ["", _("Sign in with one of these, password %(password)s:") % {"password": PASSWORD}]
        lines += [f"  {login.username:<10} {login.name}  {login.title}" for login in logins]
        if _is_growing():
            lines += ["", _("More customers and projects come in over the next minutes; work on meanwhile.")]
    else:
        lines.append(_("Open it to create the first administrator, or sign in."))
    return "\n".join([*lines, "", _("Ctrl-C stops it.")])
