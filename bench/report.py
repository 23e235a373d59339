"""The figures as tables of docs/performance.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Json = dict[str, Any]
#: p50 in milliseconds of bare Django on the machine and in the sitting of which the goals were taken.
BARE_THERE = {
    "list_html": 20,
    "list_api": 10,
    "deep_api": 10,
    "department_html": 23,
    "page_html": 6,
    "detail_api": 6,
    "create_api": 7,
    "advance_api": 6,
    "search_html": 6,
    "search_api": 6,
}
#: The marks of the document before what a run writes; each part ends with END.
FIGURES, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
GROWTH, SQLITE = "<!-- ten times the data: written by make bench -->", "<!-- SQLite: written by make bench -->"


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def line(case: Json) -> str:
    """One case in one line, for the terminal."""
    own, bare = case["openpsm_1"], case.get("bare_1", {})
    ratio = own["cpu_app"] / bare["cpu_app"] if bare else None
    return (
        f"{case['title']:<42} {case['statements']:>3} statements; p50 {own['p50']:.1f} ms, CPU {own['cpu_app']:.1f} + "
        f"{own.get('cpu_db', 0):.1f} ms; bare CPU {number(bare.get('cpu_app'), 1)}; ratio {number(ratio, 2)}; "
        f"others used {own['others_busy']:.0%} of the machine"
    )


def table(results: Json) -> str:
    """The whole report."""
    cases = results["cases"]
    rows = [_row(case) for case in cases.values()]
    goals = [_goal(name, case) for name, case in cases.items() if name in BARE_THERE and case["goal"]]
    runs = [run for case in cases.values() for name, run in case.items() if name.startswith(("openpsm_", "bare_"))]
    busy = [run["others_busy"] for run in runs]
    return "\n".join(
        [
            f"{_data(results)} Other programs used {min(busy):.0%} to {max(busy):.0%} of the machine during the runs.",
            "",
            (
                "| work | statements | p50 / p95 ms, 1 client | req/s, 16 clients (p50 ms) | CPU ms app + db | "
                "bare Django: p50; req/s; CPU app | CPU ratio | bare SQL p50 ms; tps at 16 |"
            ),
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "Goals of p50, scaled by bare Django (here / there):",
            "",
            "| work | goal there | bare Django here / there | goal here | p50 here | reached |",
            "| --- | --- | --- | --- | --- | --- |",
            *goals,
            "",
            (
                f"Resident memory of the web server with 2 workers: {_memory(cases, 'openpsm_'):.0f} MB "
                f"(bare Django {_memory(cases, 'bare_'):.0f} MB)."
            ),
        ]
    )


def growth(small: Json, large: Json) -> str:
    """One run beside another, case by case: ten times the data, or the other database."""
    rows = [_grown(small["cases"][name], case) for name, case in large["cases"].items() if name in small["cases"]]
    first, second = (f"{one['sizes']['projects']:,} on {NAMES[one['database']]}" for one in (small, large))
    return "\n".join(
        [
            f"{_data(large)} Beside it: {_data(small)}",
            "",
            f"| work | statements | p50 / p95 ms, {first} | p50 / p95 ms, {second} | ratio of p50 | CPU ms app + db |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
        ]
    )


def _grown(small: Json, large: Json) -> str:
    before, after = small["openpsm_1"], large["openpsm_1"]
    times = [f"{one['p50']:.1f} / {one['p95']:.1f}" for one in (before, after)]
    ratio, work = f"{after['p50'] / before['p50']:.1f}", f"{_cpu(before)}; {_cpu(after)}"
    return "| " + " | ".join((large["title"], str(large["statements"]), *times, ratio, work)) + " |"


def _data(results: Json) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in results["sizes"].items())
    loaded = f"; loaded in {results['seed_seconds']} s" if results["seed_seconds"] else ""
    return f"Data: {sizes}, 100 users in 40 departments{loaded}."


def _memory(cases: Json, label: str) -> float:
    return max((run["rss_app"] for case in cases.values() for name, run in case.items() if label in name), default=0)


def _cpu(run: Json) -> str:
    return f"{run['cpu_app']:.1f}" + (f" + {run['cpu_db']:.1f}" if "cpu_db" in run else "")


def _row(case: Json) -> str:
    one, many, bare = case["openpsm_1"], case.get("openpsm_16", {}), case.get("bare_1", {})
    bare_many, sql, sql_many = case.get("bare_16", {}), case.get("sql_1", {}), case.get("sql_16", {})
    ratio = one["cpu_app"] / bare["cpu_app"] if bare else None
    cells = (
        case["title"],
        case["statements"],
        f"{one['p50']:.1f} / {one['p95']:.1f}",
        f"{number(many.get('rps'))} ({number(many.get('p50'))})",
        _cpu(one),
        f"{number(bare.get('p50'), 1)}; {number(bare_many.get('rps'))}; {number(bare.get('cpu_app'), 1)}"
        if bare
        else "–",
        number(ratio, 2) + ("" if case["same"] or ratio is None else " *"),
        f"{number(sql.get('p50'), 2)}; {number(sql_many.get('rps'))}" if sql else "–",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _goal(name: str, case: Json) -> str:
    scale = case["bare_1"]["p50"] / BARE_THERE[name]
    goal = float(case["goal"]) * scale
    reached = "yes" if case["openpsm_1"]["p50"] <= goal else "no"
    here = case["openpsm_1"]["p50"]
    cells = (case["title"], case["goal"], f"{scale:.2f}", f"{goal:.0f}", f"{here:.1f}", reached)
    return "| " + " | ".join(cells) + " |"


def write(path: Path, mark: str, text: str) -> None:
    """Put the figures where the document has this mark."""
    before, rest = path.read_text(encoding="utf-8").split(mark, 1)
    path.write_text(f"{before}{mark}\n\n{text}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")
