"""Web server and worker as child processes, ended together."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from django.utils.translation import gettext as _

from openpsm.cli.main import Refused

GRACE_SECONDS = 40
START_SECONDS = 60


class Stop(Exception):
    """Somebody asks to stop."""


def require_free_port(host: str, port: int) -> None:
    """Raise Refused if somebody listens there: the web server itself would share the port without a word."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            values = {"host": host, "port": port, "reason": error.strerror}
            message = _("Port %(port)s of %(host)s cannot be used (%(reason)s): choose another one with --port.")
            raise Refused(message % values) from error


def web_command(host: str, port: int, *, workers: int, threads: int) -> list[str]:
    """Return the command that runs the web server."""
    options = ["--interface", "wsgi", "--no-ws", "--host", host, "--port", str(port), "--respawn-failed-workers"]
    numbers = ["--workers", str(workers), "--blocking-threads", str(threads), "--workers-kill-timeout", "30"]
    return [sys.executable, "-m", "openpsm.cli.web", *options, *numbers, "openpsm.wsgi:application"]


def worker_command() -> list[str]:
    """Return the command that runs the worker."""
    return [sys.executable, "-m", "openpsm.cli", "worker"]


@contextmanager
def together(commands: Sequence[Sequence[str]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run the commands; whatever ends the block, all of them are asked to stop and awaited."""
    running: list[subprocess.Popen[bytes]] = []
    with _signals_stop():
        try:
            running += [_start(command) for command in commands]
            yield running
        finally:
            _ignore_signals()
            _end(running)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: a Ctrl-C in the terminal reaches this program only, which ends it in order."""
    return subprocess.Popen(list(command), start_new_session=True, preexec_fn=_die_with_parent)  # noqa: S603 - ours


def _die_with_parent() -> None:
    """Ask Linux to end the child when this program is killed outright (macOS has no such thing)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    give_up = time.monotonic() + GRACE_SECONDS
    for process in running:
        try:
            process.wait(timeout=max(0.1, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _signals_stop() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stop

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _ignore_signals() -> None:
    """A second Ctrl-C does not interrupt the orderly end, which has a limit of its own."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def wait_until_open(host: str, port: int, running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait until the web server accepts connections; raises Refused if a process ends before."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and all(process.poll() is None for process in running):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.1)
    raise Refused(_("The web server did not start; see the messages above."))


def wait_for_end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Return when one of the processes has ended by itself."""
    while all(process.poll() is None for process in running):
        time.sleep(0.3)
