"""Measure the comparison of names on real ones: `make real DATA=folder`. Writes docs/matching.md.

The rules were made by looking at one half of each file (every other row, from the first); the other half is counted.
`python -m bench.matching --data FOLDER [--only pairs|short|former|registry] [--sample N]`
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import django

from bench.sections import MATCHING, put

#: What each section says below its table: the goal, what was measured before, and which kinds of names are missed.
PAIRS_LEFT = """Goal: *same* at a precision of 0.99 and a recall of 0.90; all branches related, none the same (stripping
forms and places: 0.996 at 0.697). Left: a word more within the brand, a bank's branch in a town under the name of its
county, a bank that changed its kind, a partnership with a brand of two signs that moved, a brand of two signs with a
word of the trade more or less (of those as many are two companies as are one)."""
SHORT_LEFT = """Goal: 0.94 and 0.985 (overlap of signs: 0.892 and 0.972). Left: short names in Latin letters of firms
known by a Chinese name alone, short names that were taken from an earlier name, signs picked from words far apart,
and two firms of one group that both fit."""
FORMER_LEFT = (
    "Goal: 0.95. Left: former names of three or four signs, one of them wrong, that are then nearer to another firm's."
)
CLASSES = ("same", "possible", "related", "nothing")
HALVES = ("looked at", "only counted")
BASE = 100_000
Row = dict[str, str]


def rows(path: Path) -> Iterator[Row]:
    """Read a gzipped CSV with a header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def pairs(data: Path, _sample: int) -> None:
    """Chinese pairs by label and by what the comparison says."""
    lines = _pairs(data / "cn_company_pairs_dev.csv.gz")
    put("Chinese companies: pairs", [*lines, "", *PAIRS_LEFT.splitlines()], MATCHING)


def _pairs(path: Path) -> list[str]:
    from openpsm.registrations.rules import compare_companies

    found = [Counter[tuple[str, str]](), Counter[tuple[str, str]]()]
    for number, row in enumerate(rows(path)):
        likeness = compare_companies(row["name1"], row["name2"])
        found[number % 2][row["label"], likeness.cls.value if likeness else "nothing"] += 1
    lines = ["| half | label | " + " | ".join(CLASSES) + " |", "|---|---|" + "---|" * len(CLASSES)]
    for half, counts in zip(HALVES, found, strict=True):
        labels = sorted({label for label, _cls in counts})
        lines += [f"| {half} | {one} | {' | '.join(str(counts[one, cls]) for cls in CLASSES)} |" for one in labels]
    lines += ["", "| half | counted as found | precision | recall | F1 |", "|---|---|---|---|---|"]
    for half, counts in zip((*HALVES, "both"), (*found, found[0] + found[1]), strict=True):
        for said, classes in (("same", CLASSES[:1]), ("same or possible", CLASSES[:2])):
            lines.append(f"| {half} | {said} | {_quality(counts, classes)} |")
    return lines


def _quality(counts: Counter[tuple[str, str]], classes: Sequence[str]) -> str:
    hits, wrong = (sum(counts[label, cls] for cls in classes) for label in ("same", "different"))
    wrong += sum(counts["branch", cls] for cls in classes)
    total = sum(number for (label, _cls), number in counts.items() if label == "same")
    precision, recall = hits / max(1, hits + wrong), hits / max(1, total)
    return f"{precision:.3f} | {recall:.3f} | {2 * precision * recall / max(0.001, precision + recall):.3f}"


def short(data: Path, sample: int) -> None:
    """Short names among 100,000 firms."""
    aliases = list(rows(data / "cn_company_aliases_dev.csv.gz"))
    known = _list(_base(data, aliases))
    asked = [row for row in aliases if row["kind"] != "former"]
    lines = _found(asked, known, lambda row, _rng: row["alias"], sample)
    put("Short names among 100,000", [*lines, "", *SHORT_LEFT.splitlines()], MATCHING)


def former(data: Path, sample: int) -> None:
    """Former names out of the alias table, typed with an error or with a legal form more."""
    aliases = list(rows(data / "cn_company_aliases_dev.csv.gz"))
    old = [row for row in aliases if row["kind"] == "former"]
    called: dict[str, list[str]] = {}
    for row in old:
        called.setdefault(row["full_name"], []).append(row["alias"])
    known = _list(_base(data, aliases), called)
    asked = [row for row in old if len(row["alias"]) >= 3]
    lines = _found(asked, known, _mistyped, sample)
    put("Former names, typed with an error or a legal form more", [*lines, "", FORMER_LEFT], MATCHING)


def _mistyped(row: Row, rng: random.Random) -> str:
    """Swap two signs, leave one out, double one, take a wrong one, or write a legal form behind."""
    name = row["alias"]
    place = rng.randrange(len(name) - 1)
    ways: Sequence[Callable[[], str]] = (
        lambda: f"{name}有限公司",
        lambda: f"{name}股份有限公司",
        lambda: name[:place] + name[place + 1] + name[place] + name[place + 2 :],
        lambda: name[:place] + name[place] + name[place:],
        lambda: name[:place] + rng.choice("的一是了我") + name[place + 1 :],
    )
    return rng.choice(ways)()


def _base(data: Path, aliases: Sequence[Row]) -> list[str]:
    names = dict.fromkeys(row["full_name"] for row in aliases)
    for row in rows(data / "cn_companies_dev.csv.gz"):
        if len(names) >= BASE:
            break
        names.setdefault(row["name"])
    return list(names)


def _list(names: Sequence[str], other: dict[str, list[str]] | None = None) -> Any:
    from openpsm.registrations.matching import Claim
    from openpsm.registrations.matching.lists import CompanyList

    known = CompanyList()
    for name in names:
        known.add(Claim(name, other_names=tuple((other or {}).get(name, ()))))
    return known


def _found(asked: Sequence[Row], known: Any, ask: Callable[[Row, random.Random], str], sample: int) -> list[str]:
    from openpsm.registrations.matching import Claim

    lines = ["| half | asked | first | among ten | ms a name |", "|---|---|---|---|---|"]
    for number, half in enumerate(HALVES):
        rng = random.Random(11)
        some = asked[number::2]
        some = rng.sample(some, min(sample, len(some))) if sample else some
        begun, first, ten = time.perf_counter(), 0, 0
        for row in some:
            names = [one.name for one in known.matches(Claim(ask(row, rng)), 10)]
            first += names[:1] == [row["full_name"]]
            ten += row["full_name"] in names
        spent = (time.perf_counter() - begun) * 1000 / len(some)
        lines.append(f"| {half} | {len(some):,} | {first / len(some):.3f} | {ten / len(some):.3f} | {spent:.1f} |")
    return lines


def registry(data: Path, sample: int) -> None:
    """Every registered company asked for among all the others: each is another legal entity."""
    from openpsm.registrations.matching import Claim
    from openpsm.registrations.matching.lists import CompanyList

    claims = [Claim(row["name"], uscc=row["uscc"]) for row in rows(data / "cn_companies_dev.csv.gz")]
    known = CompanyList()
    for claim in claims:
        known.add(claim)
    rng = random.Random(3)
    asked = rng.sample(range(len(claims)), min(sample or 20_000, len(claims)))
    said = Counter[str]()
    for number in asked:
        others = [one.likeness.cls.value for one in known.matches(claims[number], 20) if one.row != number]
        said.update(cls for cls in CLASSES[:3] if cls in others)
        said["warned"] += bool({"same", "possible"} & set(others))
    lines = [f"{len(asked):,} of {len(claims):,} registered companies, each asked for among all others with its code."]
    lines += ["", *(f"- rows with a hit that is {cls}: {said[cls]:,}" for cls in CLASSES[:3])]
    lines.append(f"- rows with a warning (same or possible): {said['warned'] / len(asked):.3f} (goal: at most 0.05)")
    lines.append("- merged: none; an import merges nothing, which tests/exchange and bench/imports.py count.")
    put("The registry against itself", lines, MATCHING)


PARTS = {"pairs": pairs, "short": short, "former": former, "registry": registry}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=[*PARTS])
    parser.add_argument("--sample", type=int, default=0, help="so many names of a part instead of all")
    given = parser.parse_args()
    for name, part in PARTS.items():
        if given.only in (None, name):
            part(given.data, given.sample)
    print(MATCHING.read_text(encoding="utf-8"))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpsm.settings")
    django.setup()
    main()
