"""How long a registration check takes among ten thousand, a hundred thousand and 1.1 million customers.

    python -m bench.checks [--names 10000,100000,1100000] [--checks 2000]

Each size gets an installation of its own: a folder with SQLite, or, with OPENPSM_DATABASE_URL, a database beside the
one it names. The checks are asked alone, and again while another process registers customers. A whole run writes its
table into docs/matching.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench.sections import MATCHING, put

SIZES = (10_000, 100_000, 1_100_000)
COMMAND = [sys.executable, "-m", "openpsm.cli"]
GOAL_MS = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", default=",".join(map(str, SIZES)))
    parser.add_argument("--checks", type=int, default=2000)
    parser.add_argument("--measure", action="store_true", help="measure the installation that is there, as JSON")
    parser.add_argument("--register", type=Path, help="register customers until this file is there")
    given = parser.parse_args()
    if given.register:
        return register_on(given.register)
    if given.measure:
        print(json.dumps(measure(given.checks)))
        return 0
    sizes = [int(size) for size in given.names.split(",")]
    found = [(size, of_size(size, given.checks)) for size in sizes]
    lines = table(found)
    print("\n".join(lines))
    if tuple(sizes) == SIZES:
        put(f"How the check grows: {database()}", lines, MATCHING)
    return 0


def database() -> str:
    return "PostgreSQL" if os.environ.get("OPENPSM_DATABASE_URL", "").startswith("postgres") else "SQLite"


def of_size(size: int, checks: int) -> dict[str, Any]:
    """Fill an installation with so many customers and measure it; it is thrown away."""
    with tempfile.TemporaryDirectory(prefix="openpsm-checks-") as folder:
        environ = {**os.environ, "OPENPSM_DATA_DIR": folder, "OPENPSM_ADMIN_PASSWORD": "for-the-bench-only"}
        url = os.environ.get("OPENPSM_DATABASE_URL", "")
        if url:
            environ["OPENPSM_DATABASE_URL"] = beside(url, f"checks_{size}")
        begun = time.monotonic()
        run(environ, "init", "--username", "admin", "--name", "Admin", "--language", "en", "--no-input")
        few = ["--contacts", "1000", "--projects", "1000", "--activities", "1000", "--users", "20"]
        run(environ, "seed-load", "--accounts", str(size), "--departments", "5", *few)
        loaded = time.monotonic() - begun
        command = [sys.executable, "-m", "bench.checks", "--measure", "--checks", str(checks)]
        said = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout
        return {**json.loads(said.splitlines()[-1]), "loaded": loaded}


def beside(url: str, name: str) -> str:
    """Make another database on the same server and return its address."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def run(environ: dict[str, str], *arguments: str) -> None:
    subprocess.run([*COMMAND, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)


# -- inside the installation that is measured


def set_up() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
    django.setup()


def measure(checks: int) -> dict[str, Any]:
    """Ask as a seller would type: known names with a slip, another form or no place, short names, and unknown ones."""
    set_up()
    from openpsm.accounts.models import Account

    rng = random.Random(7)
    pks = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    some = Account.objects.in_bulk(rng.sample(pks, min(checks, len(pks))))
    asked = [typed(one.name, number, rng) for number, one in enumerate(some.values())]
    before = memory()
    alone = asking(asked)
    stop = Path(os.environ["OPENPSM_DATA_DIR"]) / "stop"
    stop.unlink(missing_ok=True)
    colleague = subprocess.Popen(
        [sys.executable, "-m", "bench.checks", "--register", str(stop)], stdout=subprocess.PIPE, text=True
    )
    assert colleague.stdout is not None
    colleague.stdout.readline()  # it has begun
    beside_writes = asking(asked)
    stop.touch()
    written = json.loads(colleague.communicate()[0].splitlines()[-1])
    return {"alone": alone, "beside": beside_writes, "written": written, "grown": memory() - before, "names": len(pks)}


def typed(name: str, number: int, rng: random.Random) -> str:
    """Return the name as somebody might type it; every sixth is of a company that is not there."""
    place = rng.randrange(2, max(3, len(name) - 4))
    ways: Sequence[Callable[[], str]] = (
        lambda: name,
        lambda: name.removesuffix("有限公司") + "股份有限公司",
        lambda: name[2:],
        lambda: name[:place] + name[place + 1] + name[place] + name[place + 2 :],
        lambda: name[2:6],
        lambda: (
            f"{rng.choice('昆绵遵咸')}{rng.choice('山阳义宁')}{rng.choice('澜屿岚珩')}{rng.choice('垚淼焱森')}{name[4:]}"
        ),
    )
    return ways[number % len(ways)]()


def asking(names: Sequence[str]) -> dict[str, float]:
    """Return the milliseconds of a check: the middle, one in twenty, the slowest."""
    from openpsm.org.models import User
    from openpsm.registrations import matching

    by = User.objects.filter(grants__role__key="seller").select_related("department").order_by("pk")[0]
    for name in names[:50]:
        matching.check(by=by, account=matching.Claim(name))
    spent = []
    for name in names:
        begun = time.perf_counter()
        matching.check(by=by, account=matching.Claim(name))
        spent.append((time.perf_counter() - begun) * 1000)
    return spread(spent)


def spread(spent: Sequence[float]) -> dict[str, float]:
    line = sorted(spent)
    return {"p50": line[len(line) // 2], "p95": line[len(line) * 95 // 100], "max": line[-1]}


def register_on(stop: Path) -> int:
    """Register new customers, ten in a second at most, until the file is there; print how long each took."""
    set_up()
    from django.utils import timezone

    from openpsm.accounts.operations import NewAccount
    from openpsm.core import parameters
    from openpsm.org.models import User
    from openpsm.registrations.operations import register

    executive = User.objects.filter(grants__role__key="executive").order_by("pk")[0]
    parameters.set_parameter(key="registration.checks_per_hour", value=100_000, by=executive, at=timezone.now())
    parameters.set_parameter(key="registration.foreign_per_day", value=100_000, by=executive, at=timezone.now())
    by = User.objects.filter(grants__role__key="seller").select_related("department").order_by("-pk")[0]
    print("begun", flush=True)
    spent: list[float] = []
    while not stop.exists():
        begun = time.perf_counter()
        register(account=NewAccount(name=new_name(len(spent))), by=by, at=timezone.now())
        spent.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.1)
    print(json.dumps({**spread(spent), "number": len(spent)}))
    return 0


def new_name(number: int) -> str:
    rng = random.Random(f"{os.getpid()} {number}")  # names that no earlier measuring has left behind
    signs = "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _sign in range(5))
    return f"{signs}仪表有限公司"


def memory() -> int:
    """Return the resident memory of this process, in KiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


# -- the report


def table(found: Sequence[tuple[int, dict[str, Any]]]) -> list[str]:
    head = "| customers | check p50 / p95 / slowest | the same while others register | registering p50 / p95 | memory |"
    lines = [head, "|---|---|---|---|---|"]
    for size, one in found:
        alone, beside_writes, written = (figures(one[key]) for key in ("alone", "beside", "written"))
        lines.append(f"| {size:,} | {alone} | {beside_writes} | {written} | {one['grown'] // 1024:+d} MiB |")
    worst = max(one[key]["p95"] for _size, one in found for key in ("alone", "beside"))
    said = "kept" if worst <= GOAL_MS else "short"
    notes = (
        f"Milliseconds. Goal: p95 at most {GOAL_MS} ms whatever the size, while writes go on: {said} ({worst:.0f} ms)."
    )
    return [*lines, "", f"{notes} `memory`: of the asking process, after the checks against before."]


def figures(one: dict[str, float]) -> str:
    return f"{one['p50']:.1f} / {one['p95']:.1f} / {one['max']:.0f}"


if __name__ == "__main__":
    sys.exit(main())
