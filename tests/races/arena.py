"""What all races share: a database of its own, and processes that act in it at the same instant."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

ROUNDS = int(os.environ.get("OPENPSM_RACE_ROUNDS", "50"))
ROOT = Path(__file__).parents[2]


class Race:
    """A prepared database and one process for each racer; `module` is run as `python -m`."""

    def __init__(self, module: str, env: dict[str, str], options: tuple[str, ...]) -> None:
        self.module, self.env, self.options = module, env, options
        self.prepared: Any = json.loads(self._run("prepare"))
        self.processes: list[subprocess.Popen[str]] = []

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", self.module, *arguments, *self.options]

    def _run(self, *arguments: str) -> str:
        command = self._command(*arguments)
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start(self, stack: ExitStack, users: Sequence[int]) -> None:
        """Start one process for each user and wait until all are ready."""
        for user in users:
            process = subprocess.Popen(
                self._command("race", str(user)),
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(_end, process)
            self.processes.append(process)
        assert [_line(process) for process in self.processes] == ["ready"] * len(users)

    def run(self, orders: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Let each process carry out its order at the same instant; returns their answers."""
        go = time.time() + 0.02
        for process, order in zip(self.processes, orders, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps({"go": go, **order}) + "\n")
            process.stdin.flush()
        return [json.loads(_line(process)) for process in self.processes]


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """Make an empty database beside the one of the tests and return its address."""
    url = os.environ.get("OPENPSM_DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder / 'race.sqlite3'}"
        return
    name = f"race_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"{url.rpartition('/')[0]}/{name}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def environment(url: str, folder: Path) -> dict[str, str]:
    """The environment of a process that works on that database alone."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENPSM_", "DJANGO_"))}
    return env | {"OPENPSM_DATABASE_URL": url, "OPENPSM_DATA_DIR": str(folder), "OPENPSM_LOG_LEVEL": "ERROR"}


@contextmanager
def new_race(module: str, folder: Path, *options: str) -> Iterator[Race]:
    """Prepare a database and start the racers that its `prepare` names under "users"."""
    with ExitStack() as stack:
        url = stack.enter_context(new_database(folder))
        race = Race(module, environment(url, folder), options)
        race.start(stack, race.prepared["users"])
        yield race
