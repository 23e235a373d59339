"""What the web server holds: 10,000 requests over the pages people open, memory looked at on the way.

    OPENPSM_DATABASE_URL=... python -m bench.memory [--requests 10000]

The database is one that `openpsm seed-load` filled. Resident memory (RSS) counts pages that the processes share once
for each of them; the proportional one (PSS) once in all, and is what the machine gives.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.__main__ import PORTS, environment, server

PAGES = (
    *("/projects?sort=-amount", "/projects/board", "/projects/calendar", "/team", "/accounts?q=%E6%9C%BA%E6%A2%B0"),
    *(
        "/accounts",
        "/contacts",
        "/activities",
        "/projects/{project}",
        "/accounts/{account}",
        "/search?q=%E9%87%8D%E5%9E%8B",
    ),
    *("/projects?group=stage", "/registrations", "/today", "/tasks"),
)
LOOKS = (0, 1 / 20, 1 / 5, 1 / 2, 1)


def family(pid: int) -> list[int]:
    """Return the process and all below it."""
    found, parents = [pid], dict[int, int]()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    for one in found:  # grows while it is walked
        found += [child for child, parent in parents.items() if parent == one]
    return found


def held(pid: int) -> dict[str, float]:
    """Return RSS and PSS of a server in MB, summed over its processes."""
    total = {"Rss": 0.0, "Pss": 0.0}
    for one in family(pid):
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        for name in total:
            found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
            total[name] += int(found[1]) / 1000 * 1.024 if found else 0
    return total


def walk(
    port: int, cookies: Sequence[str], paths: Sequence[str], requests: int, clients: int = 4
) -> dict[str, set[int]]:
    """Ask for the pages in turn, as several people at once; return the statuses seen by path."""
    seen: dict[str, set[int]] = {path: set() for path in paths}

    def run(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for number in range(first, requests, clients):
            path = paths[number // clients % len(paths)]
            connection.request("GET", path, headers={"Cookie": cookies[number % len(cookies)]})
            answer = connection.getresponse()
            answer.read()
            seen[path].add(answer.status)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(run, range(clients)))
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openpsm-memory-") as folder:
        environ = environment(os.environ.get("OPENPSM_BENCH_DATA_DIR", folder))
        os.environ.update(environ)
        cookies, paths = prepared()
        with server(environ, "openpsm.wsgi:application", PORTS["openpsm"]) as pid:
            done = 0
            for share in LOOKS:
                wanted = int(given.requests * share)
                seen = walk(PORTS["openpsm"], cookies, paths, wanted - done)
                done = wanted
                now = held(pid)
                print(f"after {done:>6} requests: RSS {now['Rss']:.0f} MB, PSS {now['Pss']:.0f} MB", flush=True)
            print(
                {path: sorted(statuses) for path, statuses in seen.items() if statuses != {200}} or "all answered 200"
            )
    return 0


def prepared() -> tuple[list[str], list[str]]:
    """Sign in an executive, a manager and two sellers; return their cookies and the pages with real records."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpsm.settings")
    django.setup()
    from django.utils import timezone

    from bench.cases import access_of, lift_limits
    from openpsm.cli.installation import collect_static
    from openpsm.org.models import User
    from openpsm.projects.models import Project

    collect_static()
    at = timezone.now()
    executive = User.objects.get(username="u001")
    lift_limits(executive, at)
    one = Project.objects.live().filter(outcome="open").order_by("pk")[0]
    users = [executive, User.objects.get(username="u002"), one.owner]
    cookies = [f"openpsm={access_of(user, at)['session']}" for user in users]
    return cookies, [path.format(project=one.pk, account=one.account_id) for path in PAGES]


if __name__ == "__main__":
    sys.exit(main())
