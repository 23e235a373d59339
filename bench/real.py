"""Measure the comparison of names on real ones: `make real DATA=folder`. Writes docs/real-data.md.

The pairs are labelled by people; every row of the registry is another legal entity.
"""

import argparse
import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django

OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "real-data.md"


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Read a gzipped CSV with a header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def measure_pairs(path: Path) -> Counter[tuple[str, str]]:
    """Count the pairs by label and by what the comparison says."""
    from openpsm.registrations.rules import compare_companies

    found: Counter[tuple[str, str]] = Counter()
    for row in rows(path):
        likeness = compare_companies(row["name1"], row["name2"])
        found[row["label"], likeness.cls.value if likeness else "nothing"] += 1
    return found


def measure_registry(path: Path) -> tuple[int, int]:
    """Return how many names there are and how many share their strict key with another one."""
    from openpsm.core.text import fold

    keys = Counter(fold(row["name"]) for row in rows(path))
    return sum(keys.values()), sum(number for number in keys.values() if number > 1)


def table(found: Counter[tuple[str, str]]) -> list[str]:
    classes = ("same", "possible", "related", "nothing")
    lines = [f"| label | {' | '.join(classes)} |", "|---|" + "---|" * len(classes)]
    labels = sorted({label for label, _cls in found})
    lines += [f"| {label} | {' | '.join(str(found[label, cls]) for cls in classes)} |" for label in labels]
    hits = sum(found["same", cls] for cls in ("same", "possible"))
    wrong = sum(found["different", cls] for cls in ("same", "possible"))
    total = sum(number for (label, _cls), number in found.items() if label == "same")
    precision = hits / (hits + wrong) if hits + wrong else 0
    return [
        *lines,
        "",
        f"Precision {precision:.1%}, recall {hits / total:.1%} (same or possible against the label “same”).",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    lines = ["# Names on real data", "", "Written by `make real`; the data is not part of the product.", ""]
    for title, name in (("Chinese pairs", "cn_company_pairs_dev"), ("English pairs", "en_company_pairs_dev")):
        lines += [f"## {title}", "", *table(measure_pairs(data / f"{name}.csv.gz")), ""]
    names, shared = measure_registry(data / "cn_companies_dev.csv.gz")
    lines += ["## Registry", "", f"{names:,} registered names, {shared} of which share their strict key with another."]
    _before, mark, imports = OUTPUT.read_text(encoding="utf-8").partition("\n## Imports")  # written by hand
    OUTPUT.write_text("\n".join(lines) + "\n" + mark + imports, encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpsm.settings")
    django.setup()
    main()
