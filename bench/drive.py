"""A closed-loop load driver over HTTP/1.1, loopback only: latency, throughput, CPU per request, memory.

A client sends its next request when it has read the answer to the last one whole. An endpoint is

    {"name", "path", "method": "GET", "json": {...}, "headers": {...}, "expect": [200], "contains": "text",
     "params": {...}}

`{name}` is replaced in path, headers and JSON (a JSON string that is only `{name}` keeps the value's type). Kinds of
params: {"range": [a, b]}, {"choice": [...]} and {"take": [...]}, of which each value is used once; a value that is a
dict fills in all its names. `{n}` is a running number, `{client}` the number of the client's session.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
LOST = (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError)
Json = dict[str, Any]


@dataclass
class Target:
    """What is driven: its address, one set of headers for each session, and whose CPU counts under which label."""

    base_url: str
    sessions: Sequence[Json]
    pids: dict[str, int]


@dataclass
class Client:
    """One keep-alive connection."""

    base_url: str
    headers: Json
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    def close(self) -> None:
        if self.writer:
            self.writer.close()
            self.reader = self.writer = None

    async def request(self, method: str, path: str, body: bytes | None, headers: Json) -> tuple[int, bytes]:
        for attempt in (0, 1):
            fresh = self.writer is None
            try:
                return await asyncio.wait_for(self._once(method, path, body, headers), 120)
            except LOST:
                self.close()  # a kept-alive connection may have been closed by the server: once more on a new one
                if fresh or attempt:
                    raise
        raise AssertionError

    async def _once(self, method: str, path: str, body: bytes | None, headers: Json) -> tuple[int, bytes]:
        url = urllib.parse.urlsplit(self.base_url)
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(url.hostname, url.port)
        sent = {"Host": url.netloc, "Accept": "*/*", "User-Agent": "drive/2", **self.headers, **headers}
        if body is not None:
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b""))
        return await self._answer()

    async def _answer(self) -> tuple[int, bytes]:
        assert self.reader
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        status = int(head[0].split()[1])
        got = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        if "chunked" in got.get("transfer-encoding", ""):
            data = await self._chunks()
        elif status in (204, 304):
            data = b""
        else:
            data = await self.reader.readexactly(int(got["content-length"]))
        if got.get("connection") == "close":
            self.close()
        return status, data

    async def _chunks(self) -> bytes:
        assert self.reader
        parts = []
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            parts.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        await self.reader.readline()
        return b"".join(parts)


def fill(value: Any, env: Json) -> Any:
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        if whole and whole[1] in env:
            return env[whole[1]]
        return re.sub(r"\{(\w+)\}", lambda found: str(env.get(found[1], found[0])), value)
    if isinstance(value, dict):
        return {name: fill(part, env) for name, part in value.items()}
    return [fill(part, env) for part in value] if isinstance(value, list) else value


def draw(params: Json, rng: random.Random, n: int, session: int) -> Json:
    env: Json = {"n": n, "client": session}
    for name, kind in params.items():
        if "range" in kind:
            env[name] = rng.randint(*kind["range"])
            continue
        value = rng.choice(kind["choice"]) if "choice" in kind else kind["take"].pop()
        env |= value if isinstance(value, dict) else {name: value}
    return env


async def play(client: Client, step: Json, env: Json) -> tuple[bool, int, bytes]:
    quoted = {name: urllib.parse.quote(str(value), safe="") for name, value in env.items()}
    body = json.dumps(fill(step["json"], env)).encode() if "json" in step else None
    headers = fill(step.get("headers", {}), env)
    status, data = await client.request(step.get("method", "GET"), fill(step["path"], quoted), body, headers)
    is_good = status in step.get("expect", [200]) and step.get("contains", "").encode() in data
    return is_good, status, data


def usage(root: int) -> tuple[float, float]:
    """CPU seconds (ended children included) and resident bytes of a process with all its children."""
    found: dict[int, tuple[int, float, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parts = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            found[int(folder.name)] = (int(parts[1]), sum(map(int, parts[11:15])) / CLK, int(parts[21]) * PAGE)
    chosen, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, _cpu, _rss) in found.items() if parent in chosen} - chosen
        chosen, grown = chosen | more, bool(more)
    known = [found[pid] for pid in chosen if pid in found]
    return sum(cpu for _parent, cpu, _rss in known), float(sum(rss for _parent, _cpu, rss in known))


def host() -> tuple[int, int, int]:
    """Busy, stolen and all jiffies of the machine: shows when neighbours disturb a run."""
    v = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    return sum(v) - v[3] - v[4] - v[7], v[7], sum(v)


@dataclass
class Run:
    """One measured run of an endpoint."""

    target: Target
    endpoint: Json
    clients: int
    seconds: float
    warmup: float
    number: int
    samples: list[tuple[float, float, int]] = field(default_factory=list)
    first_error: str = ""
    errors: int = 0
    n: int = 0

    async def measure(self) -> Json:
        start = time.perf_counter()
        begin, end = start + self.warmup, start + self.warmup + self.seconds
        marks: list[Any] = []
        self.n = (self.clients * 100 + self.number) * 100_000

        async def mark() -> None:
            for at in (begin, end):
                await asyncio.sleep(max(0, at - time.perf_counter()))
                marks.append((time.perf_counter(), {k: usage(p) for k, p in self.target.pids.items()}, host()))

        await asyncio.gather(mark(), *(self._client(number, end) for number in range(self.clients)))
        return self._result(marks)

    async def _client(self, number: int, end: float) -> None:
        session = number % len(self.target.sessions)
        client = Client(self.target.base_url, self.target.sessions[session])
        rng = random.Random(f"{self.endpoint['name']}-{self.number}-{number}-{self.clients}")
        while time.perf_counter() < end:
            self.n += 1
            env = draw(self.endpoint.get("params", {}), rng, self.n, session)
            start = time.perf_counter()
            try:
                good, status, data = await play(client, self.endpoint, env)
            except LOST as error:
                good, status, data = False, 0, repr(error).encode()
            now = time.perf_counter()
            self.samples.append((now, now - start, len(data)))
            if not good:
                self.errors += 1
                self.first_error = self.first_error or f"{status} {data[:300].decode(errors='replace')}"
        client.close()

    def _result(self, marks: list[Any]) -> Json:
        (a, cpu_a, host_a), (b, cpu_b, host_b) = marks
        inside = [(took * 1000, size) for ended, took, size in self.samples if a < ended <= b]
        if not inside:
            raise RuntimeError(f"{self.endpoint['name']}: no answer within {self.seconds} s")
        took = sorted(ms for ms, _size in inside)
        total = max(1, host_b[2] - host_a[2])
        found = {"requests": len(took), "errors": self.errors, "rps": len(took) / (b - a)}
        found |= {"p50": took[len(took) // 2], "p95": took[min(len(took) - 1, int(len(took) * 0.95))]}
        found |= {"bytes": statistics.median(size for _ms, size in inside)}
        own = sum(cpu_b[k][0] - cpu_a[k][0] for k in cpu_a)
        busy = (host_b[0] - host_a[0]) / total
        found |= {"host_busy": busy, "host_steal": (host_b[1] - host_a[1]) / total}
        found |= {"others_busy": max(0.0, busy - own / ((b - a) * (os.cpu_count() or 1)))}
        for label, (cpu, rss) in cpu_b.items():
            found |= {f"cpu_{label}": (cpu - cpu_a[label][0]) * 1000 / len(took), f"rss_{label}": rss / 1e6}
        return found


def median(runs: Sequence[Json]) -> Json:
    names = {name for run in runs for name in run}
    return {name: statistics.median(run[name] for run in runs if name in run) for name in sorted(names)}


def measure(
    target: Target, endpoint: Json, *, clients: int, seconds: float = 4, warmup: float = 1, repeat: int = 3
) -> Json:
    """Return the medians of the repeats; raises RuntimeError on the first answer that is not what was expected."""
    runs = []
    for number in range(repeat):
        run = Run(target, endpoint, clients, seconds, warmup, number)
        runs.append(asyncio.run(run.measure()))
        if run.errors:
            raise RuntimeError(f"{endpoint['name']}: {run.errors} wrong answers, the first: {run.first_error}")
    return median(runs)
