"""Projects from the rows of a table compared with those of another one, by the judgement of a registration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from openpsm.core.text import fold
from openpsm.projects.names import telling_pairs
from openpsm.registrations.matching.hits import rank
from openpsm.registrations.matching.projects import MOST_HITS
from openpsm.registrations.rules import Likeness, ProjectFacts, compare_facts

Row = Mapping[str, str]


def project_of(row: Row) -> ProjectFacts:
    """Return what a row with `name` and any of account, contractor, site, product_line, tender_number, date says."""
    names = ("account", "contractor", "end_user", "design_institute", "site", "product_line", "tender_number")
    told: dict[str, Any] = {name: (row.get(name) or "").strip() for name in names}
    return ProjectFacts(name=(row.get("name") or "").strip(), on=_day(row.get("date") or ""), **told)


def _day(text: str) -> date | None:
    """Return the day as 2026-11-23, None for anything else: a day that cannot be read says nothing."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def alike_in(rows: Iterable[Row], others: Sequence[Row]) -> Iterator[list[tuple[int, Likeness]]]:
    """Yield for each row the places of the alike ones among the others, best first."""
    known = [project_of(row) for row in others]
    index: dict[str, list[int]] = {}
    for place, one in enumerate(known):
        for mark in _marks(one):
            index.setdefault(mark, []).append(place)
    for row in rows:
        wanted = project_of(row)
        places = {place for mark in _marks(wanted) for place in index.get(mark, ())}
        compared = ((place, compare_facts(wanted, known[place])) for place in sorted(places))
        found = [(place, likeness) for place, likeness in compared if likeness]
        yield sorted(found, key=lambda one: rank(one[1]))[:MOST_HITS]


def _marks(facts: ProjectFacts) -> set[str]:
    """Return what alike projects have one of in common: name, tender number, a party, or a pair of signs."""
    marks = {f"name:{fold(facts.name)}", *(f"pair:{pair}" for pair in telling_pairs(facts.name))}
    marks |= {f"party:{fold(name)}" for name in facts.parties}
    return marks | ({f"tender:{fold(facts.tender_number)}"} if fold(facts.tender_number) else set())
