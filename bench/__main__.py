"""`make bench`: seed a throw-away database, drive OpenPSM, bare Django and bare SQL, write docs/performance.md.

OPENPSM_DATABASE_URL names an empty PostgreSQL database (scripts/with-postgres makes one); without it the run is on
SQLite, of OpenPSM alone and with one client. Options make a smaller or shorter run; only whole runs write the document:
100,000 projects the main table, 1,000,000 what grows with the data, SQLite its own.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import drive, report

ROOT = Path(__file__).resolve().parent.parent
PORTS = {"openpsm": 8290, "bare": 8291}
WORKERS, THREADS = 2, 4
BARE_USERS = 16


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--size", type=int, default=100_000, help="projects; accounts, contacts, activities with them")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--clients", default="1,16")
    parser.add_argument("--only", default="", help="names of cases, with commas")
    parser.add_argument("--seeded", action="store_true", help="the database is seeded already")
    parser.add_argument("--own", action="store_true", help="OpenPSM alone, with one client: what a comparison needs")
    return parser.parse_args()


def environment(folder: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENPSM_")}
    url = os.environ.get("OPENPSM_DATABASE_URL", "")
    named = {"OPENPSM_DATABASE_URL": url, "BARE_DATABASE_URL": url} if url else {}
    own = {"OPENPSM_DATA_DIR": folder, "OPENPSM_LOG_LEVEL": "WARNING"}
    return {**kept, **own, **named, "OPENPSM_ADMIN_PASSWORD": "never-used-here-1"}


def run(environ: Mapping[str, str], *command: str) -> float:
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", *command], env=dict(environ), cwd=ROOT, check=True)
    return time.monotonic() - start


@contextlib.contextmanager
def server(environ: Mapping[str, str], application: str, port: int) -> Iterator[int]:
    """Run an application under granian as `openpsm serve` does; yield the process to account for."""
    numbers = ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--port", str(port)]
    options = ["--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--log-level", "warning", *numbers]
    program = "openpsm.cli.web" if application.startswith("openpsm") else "granian"
    process = subprocess.Popen([sys.executable, "-m", program, *options, application], env=dict(environ), cwd=ROOT)
    try:
        _wait(process, port)
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _try in range(300):
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit("the server did not start")


def bare_sessions() -> list[dict[str, str]]:
    found = []
    for number in range(1, BARE_USERS + 1):
        connection = http.client.HTTPConnection("127.0.0.1", PORTS["bare"])
        connection.request("GET", f"/in?u=u{number:03d}")
        cookie = str(connection.getresponse().getheader("Set-Cookie")).split(";")[0]
        found.append({"Cookie": cookie})
    return found


def postmaster() -> int:
    """The process of the database server: the parent of the one that serves our connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def statements(step: drive.Json) -> int:
    """Count the statements of one request, in this process."""
    import random
    import urllib.parse

    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    def ask(number: int) -> int:
        params = {name: kind for name, kind in step.get("params", {}).items() if "take" not in kind}
        taken = {
            name: {"choice": [kind["take"].pop()]} for name, kind in step.get("params", {}).items() if "take" in kind
        }
        env = drive.draw({**params, **taken}, random.Random(number), number, 0)
        quoted = {name: urllib.parse.quote(str(value), safe="") for name, value in env.items()}
        headers = drive.fill(step.get("headers", {}), env)
        extra = {"HTTP_COOKIE": headers.pop("Cookie")} if "Cookie" in headers else {}
        body = json.dumps(drive.fill(step["json"], env)).encode() if "json" in step else b""
        kind = "application/json" if body else ""
        method, path = step.get("method", "GET"), drive.fill(step["path"], quoted)
        with CaptureQueriesContext(connection) as found:
            response = Client().generic(method, path, body, content_type=kind, headers=headers, **extra)
        assert response.status_code in step.get("expect", [200]), response.content
        marks = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        return sum(not one["sql"].startswith(marks) for one in found.captured_queries)

    return min(ask(10**9 + number) for number in range(3))  # the first one also notes the use of token or session


def measured(case: Any, targets: Mapping[str, drive.Target], given: argparse.Namespace) -> drive.Json:
    """Drive one case, OpenPSM and bare Django in turn, so that a busy neighbour disturbs both."""
    found: drive.Json = {"title": case.title, "same": case.same, "goal": case.goal}
    found["statements"] = statements(case.openpsm)
    for clients in map(int, given.clients.split(",")):
        for label, step in (("openpsm", case.openpsm), ("bare", case.bare)):
            if step is not None and label in targets:
                named = {"name": case.name, **step}
                options = {"clients": clients, "seconds": given.seconds, "repeat": given.repeat}
                found[f"{label}_{clients}"] = drive.measure(targets[label], named, **options)
    return found


def floor(case: Any, bin_dir: Path, given: argparse.Namespace) -> drive.Json:
    from bench import bare_sql

    url = os.environ["OPENPSM_DATABASE_URL"]
    sizes = [int(one) for one in given.clients.split(",")]
    return {
        f"sql_{clients}": bare_sql.measure(url, bin_dir, case.sql, case.variables, clients=clients)
        for clients in sizes
        if case.sql
    }


def main() -> int:
    given = arguments()
    database = "postgresql" if os.environ.get("OPENPSM_DATABASE_URL", "").startswith("postgres") else "sqlite"
    if database == "sqlite" or given.own:
        given.own, given.clients = True, "1"
    with tempfile.TemporaryDirectory(prefix="openpsm-bench-") as folder:
        environ = environment(os.environ.get("OPENPSM_BENCH_DATA_DIR", folder))
        os.environ.update(environ)
        share = given.size // 100
        sizes = {"accounts": 20 * share, "contacts": 40 * share, "projects": 100 * share, "activities": 200 * share}
        seconds = 0.0 if given.seeded else seed(environ, sizes)
        results = all_cases(environ, given)
        results |= {"sizes": sizes, "seed_seconds": round(seconds), "database": database}
    keep(results, given)
    return 0


def keep(results: drive.Json, given: argparse.Namespace) -> None:
    """Keep the figures of the run; a whole one is written into the document."""
    size, kind = given.size, f"{results['database']}-own" if given.own else results["database"]
    folder = ROOT / "test-results"
    folder.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (folder / f"bench-{kind}-{size}.json").write_text(text, encoding="utf-8")
    document = ROOT / "docs" / "performance.md"
    if given.only:
        print(report.table(results))
    elif kind == "postgresql" and size == 100_000:
        report.write(document, report.FIGURES, report.table(results))
    else:
        small = _kept(folder, "postgresql-own", 100_000) or _kept(folder, "postgresql", 100_000)
        if small and (kind, size) == ("postgresql-own", 1_000_000):
            report.write(document, report.GROWTH, report.growth(small, results))
        if small and (kind, size) == ("sqlite-own", 100_000):
            report.write(document, report.SQLITE, report.growth(small, results))


def _kept(folder: Path, kind: str, size: int) -> drive.Json | None:
    path = folder / f"bench-{kind}-{size}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def seed(environ: Mapping[str, str], sizes: Mapping[str, int]) -> float:
    run(environ, "openpsm.cli", "init", "--no-input", "--username", "admin", "--name", "管理员")
    return run(
        environ, "openpsm.cli", "seed-load", *(part for name, n in sizes.items() for part in (f"--{name}", str(n)))
    )


def all_cases(environ: Mapping[str, str], given: argparse.Namespace) -> drive.Json:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpsm.settings")
    os.environ["OPENPSM_ALLOWED_HOSTS"] = "127.0.0.1,testserver"
    django.setup()
    from django.utils import timezone

    from bench.cases import cases
    from openpsm.cli.installation import collect_static

    collect_static()
    chosen = [case for case in cases(timezone.now()) if not given.only or case.name in given.only.split(",")]
    found: drive.Json = {"cases": {}}
    with contextlib.ExitStack() as servers:
        targets = started(servers, environ, given)
        for case in chosen:
            found["cases"][case.name] = measured(case, targets, given)
            print(report.line(found["cases"][case.name]), flush=True)
    if not given.own:
        bin_dir = Path(_pg_bin())
        for case in chosen:
            found["cases"][case.name] |= floor(case, bin_dir, given)
    return found


def started(
    servers: contextlib.ExitStack, environ: Mapping[str, str], given: argparse.Namespace
) -> dict[str, drive.Target]:
    """Start what is driven: OpenPSM, and bare Django beside it unless it is wanted alone."""
    database = {"db": postmaster()} if environ.get("OPENPSM_DATABASE_URL", "").startswith("postgres") else {}
    own = servers.enter_context(server(environ, "openpsm.wsgi:application", PORTS["openpsm"]))
    targets = {"openpsm": drive.Target(f"http://127.0.0.1:{PORTS['openpsm']}", [{}], {"app": own, **database})}
    if not given.own:
        run(environ, "bench.bare_django")
        bare = servers.enter_context(server(environ, "bench.bare_django:application", PORTS["bare"]))
        address = f"http://127.0.0.1:{PORTS['bare']}"
        targets["bare"] = drive.Target(address, bare_sessions(), {"app": bare, **database})
    return targets


def _pg_bin() -> str:
    command: Sequence[str] = [str(ROOT / "scripts" / "with-postgres"), "--find"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
