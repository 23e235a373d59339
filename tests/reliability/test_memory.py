"""The web server's memory does not grow with the requests it has answered; `python -m bench.memory` walks 10,000."""

import re
from pathlib import Path

import pytest

from tests.reliability.test_kills import _ask, _children, running

#: Until caches and arenas are filled, and as many again three times over, in which next to nothing may be added.
WARM, MORE = 300, 900
GROWTH_MB = 6.0
PATHS = (
    *("/api/v1/projects?sort=-amount", "/api/v1/accounts?q=%E6%9C%BA", "/api/v1/activities"),
    *("/api/v1/projects/{project}", "/api/v1/funnel", "/api/v1/tasks", "/api/v1/nothing-here", "/healthz"),
)
pytestmark = pytest.mark.slow


def held(pid: int) -> float:
    """MB of a server and its workers that nobody else holds (proportional for what they share)."""
    texts = (Path(f"/proc/{one}/smaps_rollup").read_text() for one in (pid, *_children(pid)))
    return sum(int(found[1]) for text in texts if (found := re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE))) / 1024


def test_memory_does_not_grow_with_the_requests(tmp_path):
    with running(tmp_path) as (server, world, _env):
        headers = {"Authorization": f"Bearer {world['token']}"}
        paths = [path.format(project=world["project"]) for path in PATHS]

        def walk(requests: int) -> set[tuple[str, int]]:
            asked = (paths[number % len(paths)] for number in range(requests))
            return {(path, _ask(server.port, "GET", path, headers=headers)[0]) for path in asked}

        statuses = walk(WARM)
        before = held(server.web.pid)
        walk(MORE)
        after = held(server.web.pid)
    wrong = {pair for pair in statuses if pair[1] != (404 if "nothing" in pair[0] else 200)}
    assert (wrong, after - before < GROWTH_MB) == (set(), True), (before, after)
