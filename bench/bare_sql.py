"""The floor: the same questions by pgbench, prepared statements, no Python at all."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def measure(
    url: str, bin_dir: Path, statements: Sequence[str], variables: Mapping[str, Any], *, clients: int, seconds: int = 3
) -> dict[str, float]:
    """Run the statements as one transaction; `variables` are pgbench expressions (`random(1, 6)`) or texts."""
    numbers = {name: value for name, value in variables.items() if str(value).startswith("random(")}
    lines = [f"\\set {name} {value}" for name, value in numbers.items()]
    named = {name: f":{name}" for name in (*variables, "id")}
    asked = [statement.format_map(named) for statement in statements]
    if len(asked) > 1:
        first = f"{asked[0]} \\gset" if asked[0].endswith("returning id") else f"{asked[0]};"
        asked = ["begin;", first, *(f"{one};" for one in asked[1:]), "commit;"]
    else:
        asked = [f"{asked[0]};"]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.sql")
        script.write_text("\n".join([*lines, *asked]) + "\n", encoding="utf-8")
        texts = [part for name, value in variables.items() if name not in numbers for part in ("-D", f"{name}={value}")]
        address = urllib.parse.urlsplit(url)
        where = ["-h", urllib.parse.unquote(address.netloc.rpartition("@")[2]), "-U", address.username or "", "openpsm"]
        options = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)), "-T", str(seconds)]
        log = ["-l", f"--log-prefix={folder}/log"]
        command = [str(bin_dir / "pgbench"), *options, *log, "-f", str(script), *texts, *where]
        done = subprocess.run(
            command,
            env={"PGOPTIONS": "-c search_path=bare,public", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        lines = [line for file in Path(folder).glob("log*") for line in file.read_text().splitlines()]
    took = sorted(int(line.split()[2]) / 1000 for line in lines)
    return {"p50": statistics.median(took), "p95": took[int(len(took) * 0.95)], "rps": len(took) / seconds}
