"""kill -9 of the worker in the middle of an import: nothing is there by halves, and the next worker finishes once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from openpsm.cli.processes import worker_command
from tests.races.arena import ROOT, environment, new_database

ROWS = 3000
PATIENCE = 120
pytestmark = pytest.mark.slow


class Import:
    """An import in a database of its own, with the worker that is busy with it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.env = url, environment(url, folder) | {"ROWS": str(ROWS)}
        self.log = (folder / "worker.log").open("ab")
        self.worker: subprocess.Popen[bytes] | None = None

    def do(self, step: str) -> str:
        command = [sys.executable, "-m", "tests.reliability.importing", step]
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def start(self) -> None:
        self.worker = subprocess.Popen(
            worker_command(), cwd=ROOT, env=self.env, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def kill(self) -> None:
        """Kill the worker at once, and wait until its time at the job is over."""
        assert self.worker is not None
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait(timeout=20)

    def ask(self, question: str) -> int:
        """Read one number past the program, as fast as can be."""
        if not self.url.startswith("sqlite"):
            with psycopg.connect(self.url) as connection:
                row = connection.execute(question.encode()).fetchone()
        else:
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=10)) as connection:
                row = connection.execute(question).fetchone()
        assert row is not None
        return int(row[0])

    def wait(self, question: str, least: int) -> int:
        """Wait until the answer is so large; returns it."""
        begun = time.monotonic()
        while (found := self.ask(question)) < least:
            assert time.monotonic() - begun < PATIENCE, (question, found)
            time.sleep(0.01)
        return found


STAGED = "SELECT count(*) FROM exchange_importrow"
CHECKED = "SELECT count(*) FROM exchange_importbatch WHERE state = 'checked'"
PUBLISHED = "SELECT count(*) FROM exchange_importrow WHERE state = 'published'"
FINISHED = "SELECT count(*) FROM exchange_importbatch WHERE state = 'published'"
ACCOUNTS = "SELECT count(*) FROM accounts_account"


@pytest.fixture
def running(tmp_path):
    with new_database(tmp_path) as url:
        one = Import(url, tmp_path)
        one.do("prepare")
        one.start()
        yield one
        if one.worker is not None and one.worker.poll() is None:
            one.kill()
        one.log.close()


def test_killed_import_leaves_nothing_half_done_and_is_finished_once(running):
    running.wait(STAGED, 1)
    running.kill()
    assert (running.ask(STAGED) < ROWS, running.ask(CHECKED), running.ask(ACCOUNTS)) == (True, 0, 0)
    running.do("later")
    running.start()
    running.wait(CHECKED, 1)
    assert (running.ask(STAGED), running.ask(ACCOUNTS)) == (ROWS, 0)

    running.do("publish")
    for least in (1, ROWS // 2):
        running.wait(PUBLISHED, least)
        running.kill()
        done = running.ask(PUBLISHED)
        assert (done < ROWS, running.ask(ACCOUNTS)) == (True, done)
        running.do("later")
        running.start()
    running.wait(FINISHED, 1)
    left = json.loads(running.do("count"))
    whole = ("accounts", "names", "found", "marked", "created", "rows", "told")
    assert left == {**dict.fromkeys(whole, ROWS), "published": 1, "problems": []}
