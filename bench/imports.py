"""Measure imports against their goals: 200,000 companies while others work, 100,000 projects, and tables with faults.

    python -m bench.imports --data ../shared/data [--only companies] [--rows N]

Works in an installation of its own that is thrown away; with OPENPSM_DATABASE_URL in that (empty) database. Whole runs
of companies and projects are written into docs/real-data.md.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.sections import put

COMMAND = [sys.executable, "-m", "openpsm.cli"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=["companies", "projects", "faults"])
    parser.add_argument("--rows", type=int, default=0, help="so many rows instead of all")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openpsm-imports-") as folder:
        os.environ |= {
            "OPENPSM_DATA_DIR": folder,
            "OPENPSM_ADMIN_PASSWORD": "for-the-bench-only",
            "OPENPSM_LANGUAGE": "en",
        }
        run(["init", "--username", "admin", "--name", "Admin", "--no-input"])
        work = Path(folder)
        for name, part in (("companies", companies), ("projects", projects), ("faults", faults)):
            if given.only in (None, name):
                part(given.data, work, given.rows)
    return 0


def run(arguments: list[str], *, shown: int = 40) -> str:
    """Run a command of the program; print what it says, and return its seconds and its largest memory in words."""
    began = time.monotonic()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # awaited by `wait4`, which alone tells the memory of one child
    assert process.stdout is not None
    said = process.stdout.read().splitlines()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, work = time.monotonic() - began, used.ru_utime + used.ru_stime
    figures = f"{seconds:.1f} s, {work:.1f} s of one processor, peak {used.ru_maxrss // 1024} MiB"
    print("\n".join([f"$ openpsm {' '.join(arguments)}", *said[:shown]]))
    print(f"  status {process.returncode}, {figures}", flush=True)
    return figures


def database() -> str:
    return "PostgreSQL" if os.environ.get("OPENPSM_DATABASE_URL", "").startswith("postgres") else "SQLite"


def companies(data: Path, work: Path, rows: int) -> None:
    """Bring real companies as accounts while another process reads and writes."""
    source = data / "cn_companies_dev.csv.gz"
    if rows:
        with (
            gzip.open(source, "rt", encoding="utf-8") as lines,
            gzip.open(work / "some.csv.gz", "wt", encoding="utf-8") as some,
        ):
            some.writelines(line for line, _number in zip(lines, range(rows + 1), strict=False))
        source = work / "some.csv.gz"
    stop = work / "stop"
    with subprocess.Popen(
        [sys.executable, "-m", "bench.colleague", str(stop)], stdout=subprocess.PIPE, text=True
    ) as colleague:
        figures = run(["import", "accounts", str(source), "--partial", "--errors", str(work / "errors.csv")])
        stop.touch()
        met = colleague.communicate(timeout=60)[0].rstrip()
    print(met, flush=True)
    if not rows:
        put(
            f"Companies on {database()}",
            [f"200,000 companies as accounts: {figures}. Meanwhile", "", "```", met, "```"],
        )


def projects(_data: Path, work: Path, rows: int) -> None:
    """Bring generated projects, open and closed, at five hundred customers."""
    table(work / "departments.csv", ["部门"], [["销售部"]])
    table(
        work / "users.csv",
        ["姓名", "用户名", "部门", "角色"],
        [[f"销售{n}", f"seller{n}", "销售部", "销售"] for n in range(20)],
    )
    table(work / "accounts.csv", ["客户名称"], [[f"{name}第{n}机械有限公司"] for n, name in enumerate(made(500))])
    table(work / "projects.csv", PROJECT_HEADINGS, list(project_rows(rows or 100_000)))
    for kind in ("departments", "users", "accounts", "projects"):
        figures = run(["import", kind, str(work / f"{kind}.csv")])
    if not rows:
        put(f"Projects on {database()}", [f"100,000 projects, checked and taken over: {figures}."])


PROJECT_HEADINGS = [
    "项目名称",
    "客户名称",
    "负责人",
    "阶段",
    "进入阶段日期",
    "金额(万元)",
    "预计签单日期",
    "可能性",
    "结果",
    "结束原因",
]


def made(count: int) -> list[str]:
    """Return names that look alike in nothing but their signs."""
    signs, rng = "华东海盛宏远卓越嘉恒泰和正源联创新锐天成", random.Random(7)
    return ["".join(rng.sample(signs, 4)) for _number in range(count)]


def project_rows(count: int) -> list[list[str]]:
    rng, names = random.Random(11), made(500)
    what = ("液压站", "轧机", "空压机", "齿轮箱", "焦炉", "变压器", "涡轮机", "输送线")
    rows = []
    for number in range(count):
        customer = rng.randrange(500)
        is_lost = rng.random() < 0.3
        rows.append(
            [
                f"{rng.choice(what)}润滑改造{number}号",
                f"{names[customer]}第{customer}机械有限公司",
                f"seller{rng.randrange(20)}",
                "",
                f"202{rng.randrange(4, 6)}年{rng.randrange(1, 13)}月{rng.randrange(1, 28)}日",
                str(rng.randrange(5, 900)),
                f"2027-0{rng.randrange(1, 9)}-11",
                str(rng.randrange(0, 101, 5)),
                "lost" if is_lost else "",
                "price" if is_lost else "",
            ]
        )
    return rows


def table(path: Path, headings: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([headings, *rows])


def faults(data: Path, work: Path, _rows: int) -> None:
    """Bring tables with faults: nothing is written until only the good rows are asked for."""
    teams = work / "teams.yaml"
    teams.write_text("columns:\n  sales_agent: name\n  regional_office: department\n")
    stages = work / "pipeline.yaml"
    stages.write_text("values:\n  outcome:\n    Engaging: open\n    Prospecting: open\n")
    offices = sorted({row["regional_office"] for row in read(data / "maven_sales_teams.csv.gz")})
    table(work / "offices.csv", ["部门"], [[office] for office in offices])
    no_kind = work / "no-kind.yaml"
    no_kind.write_text("columns:\n  kind:\n")
    errors = ["--errors", str(work / "errors.csv")]
    for kind, name, more in (
        ("departments", work / "offices.csv", []),
        ("users", data / "maven_sales_teams.csv.gz", ["--map", str(teams)]),
        ("products", data / "maven_products.csv.gz", []),
        ("accounts", data / "maven_accounts.csv.gz", []),
        ("accounts", data / "maven_accounts.csv.gz", ["--partial"]),
        ("projects", data / "maven_sales_pipeline_dev.csv.gz", ["--map", str(stages)]),
        ("projects", data / "maven_sales_pipeline_dev.csv.gz", ["--map", str(stages), "--partial"]),
        ("projects", data / "cn_procurement_intentions_dev.csv.gz", []),
        ("accounts", data / "cn_irregular_codes_dev.csv.gz", ["--dry-run", "--map", str(no_kind)]),
        ("accounts", data / "cn_company_details_dev.csv.gz", ["--dry-run", "--map", str(no_kind)]),
    ):
        run(["import", kind, str(name), *more, *errors], shown=14)


def read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
