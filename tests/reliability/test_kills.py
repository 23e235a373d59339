"""G2: kill -9 of web server, web worker and job worker during keyed writes: nothing acknowledged is lost or doubled.

CI size: 30 kills during 1,000 writes, on the database of this run. A client repeats its key until it is acknowledged.
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from openpsm.cli.processes import web_command, worker_command
from tests.races.arena import ROOT, environment, new_database

KILLS = int(os.environ.get("OPENPSM_KILLS", "30"))
WRITES = int(os.environ.get("OPENPSM_KILL_WRITES", "1000"))
CLIENTS = 4
PATIENCE = 300
BACK_WITHIN = 10.0
pytestmark = pytest.mark.slow


class Server:
    """Web server and job worker that are started again whenever they die; `slowest` is the longest way back."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.env, self.log, self.port = env, log.open("ab"), _free_port()
        self.web = self._start(web_command("127.0.0.1", self.port, workers=1, threads=4))
        self.worker = self._start(worker_command())
        self.slowest = 0.0
        self.wait()

    def _start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def wait(self) -> float:
        """Wait for the first 200; returns the seconds it took."""
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE:
            if _ask(self.port, "GET", "/healthz")[0] == 200:
                return time.monotonic() - begun
            time.sleep(0.05)
        pytest.fail("the server does not answer")

    def kill(self, victim: str) -> None:
        """SIGKILL, with no chance to say goodbye, and a new start."""
        if victim == "worker":
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()
            self.worker = self._start(worker_command())
            return
        if victim == "web-worker":
            for pid in _children(self.web.pid):
                os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(self.web.pid, signal.SIGKILL)
            self.web.wait()
            self.web = self._start(web_command("127.0.0.1", self.port, workers=1, threads=4))
        self.slowest = max(self.slowest, self.wait())

    def stop(self) -> None:
        for process in (self.web, self.worker):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _ask(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """One request on a connection of its own; 0 stands for no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


class Writers:
    """Clients that write entries under keys until each is acknowledged; other answers than 201 and 503 are kept."""

    def __init__(self, server: Server, world: dict[str, Any]) -> None:
        self.server, self.world = server, world
        self.numbers = iter(range(WRITES))
        self.lock = threading.Lock()
        self.acknowledged: set[str] = set()
        self.strange: list[tuple[int, bytes]] = []
        self.threads = [threading.Thread(target=self._work) for _number in range(CLIENTS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def _work(self) -> None:
        while True:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                return
            self._write(f"entry {number:05d} of the kill test")

    def _write(self, text: str) -> None:
        today = date.today()
        body = {"kind": "call", "done_on": str(today), "result": text, "next_step": "Call again next week"}
        body |= {"next_on": str(today + timedelta(days=7)), "project_id": self.world["project"]}
        headers = {"Authorization": f"Bearer {self.world['token']}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = text.replace(" ", "-")
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            status, answer = _ask(self.server.port, "POST", "/api/v1/activities", body, headers)
            if status == 201:
                with self.lock:
                    self.acknowledged.add(text)
                return
            if status not in (0, 503):
                with self.lock:
                    self.strange.append((status, answer[:300]))
            time.sleep(0.05)


@contextmanager
def running(folder: Path) -> Iterator[tuple[Server, dict[str, Any], dict[str, str]]]:
    with new_database(folder) as url:
        env = environment(url, folder)
        world = json.loads(_python(env, "tests.reliability.world"))
        server = Server(env, folder / "server.log")
        try:
            yield server, world, env
        finally:
            server.stop()


def _python(env: dict[str, str], module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_kills_lose_nothing_acknowledged_and_double_nothing(tmp_path):
    chance = random.Random(20261122)
    with running(tmp_path) as (server, world, env):
        writers = Writers(server, world)
        writers.start()
        for number in range(KILLS):
            target = WRITES * (number + 1) // (KILLS + 1)
            while len(writers.acknowledged) < target and any(thread.is_alive() for thread in writers.threads):
                time.sleep(0.01)
            time.sleep(chance.random() * 0.1)
            server.kill(("web", "worker", "web-worker")[number % 3])
        for thread in writers.threads:
            thread.join(PATIENCE)
        left = json.loads(_python(env, "tests.reliability.count", "entry"))
    print(f"{KILLS} kills, {len(writers.acknowledged)} acknowledged writes, slowest way back {server.slowest:.1f} s")
    assert writers.strange == []
    assert len(writers.acknowledged) == WRITES
    assert sorted(left["results"]) == sorted(writers.acknowledged)
    assert (left["logged"], left["problems"]) == (WRITES, [])
    assert server.slowest <= BACK_WITHIN
