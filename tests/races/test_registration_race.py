"""Several processes register the same customer at the same instant: exactly one wins, on either database.

OPENPSM_RACE_ROUNDS says how often (50). The control switches lock and unique key off and must see two winners.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

ROUNDS = int(os.environ.get("OPENPSM_RACE_ROUNDS", "50"))
ROOT = Path(__file__).parents[2]
BRANDS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳未申酉戌亥"
EQUAL = ("宁波{}机械有限公司", "宁波{}机械有限公司", "宁波（{}） 机械有限公司")
ALIKE = ("宁波{}机械有限公司", "宁波市{}机械股份有限公司", "宁波{}机械集团有限公司")
_numbers = count(1)
pytestmark = pytest.mark.slow


class Race:
    """A database of its own and three processes that claim names in it."""

    def __init__(self, env: dict[str, str], options: tuple[str, ...]) -> None:
        self.env, self.options = env, options
        self.users: list[int] = json.loads(self._run("prepare"))
        self.processes: list[subprocess.Popen[str]] = []

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tests.races.claimant", *arguments, *self.options]

    def _run(self, *arguments: str) -> str:
        command = self._command(*arguments)
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start(self, stack: ExitStack) -> None:
        for user in self.users:
            command = self._command("claim", str(user))
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.callback(_end, process)
            self.processes.append(process)
        assert [_line(process) for process in self.processes] == ["ready"] * len(self.users)

    def run(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Let each process claim one of the names at the same instant; returns their answers."""
        go = time.time() + 0.02
        for process, name in zip(self.processes, names, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps({"go": go, "name": name}) + "\n")
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
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@contextmanager
def new_race(folder: Path, *options: str) -> Iterator[Race]:
    with ExitStack() as stack:
        url = stack.enter_context(new_database(folder))
        env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENPSM_", "DJANGO_"))}
        env |= {"OPENPSM_DATABASE_URL": url, "OPENPSM_DATA_DIR": str(folder), "OPENPSM_LOG_LEVEL": "ERROR"}
        race = Race(env, options)
        race.start(stack)
        yield race


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(tmp_path_factory.mktemp("race")) as started:
        yield started


def fresh_names(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns filled with a brand that no other round uses, in turn with another first."""
    number, brand = next(_numbers), ""
    turn = number % len(patterns)
    while number:
        number, rest = divmod(number, len(BRANDS))
        brand += BRANDS[rest] * 2
    return tuple(pattern.format(brand) for pattern in (*patterns[turn:], *patterns[:turn]))


@pytest.mark.parametrize("patterns", [EQUAL, ALIKE], ids=["equal", "alike"])
def test_exactly_one_of_simultaneous_claims_wins(race, patterns):
    for _round in range(ROUNDS):
        answers = race.run(fresh_names(patterns))
        assert sum(answer["won"] for answer in answers) == 1
        assert {answer["code"] for answer in answers} <= {"", "collision", "confirm-different"}


def test_without_lock_and_unique_key_there_are_several_winners(tmp_path):
    with new_race(tmp_path, "--unguarded") as race:
        winners = [sum(answer["won"] for answer in race.run(fresh_names(EQUAL))) for _round in range(10)]
    assert max(winners) >= 2
