"""Projects from the rows of a table compared with those of another one, by the judgement of a registration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from openpsm.core.text import fold
from openpsm.projects.names import telling_pairs
from openpsm.registrations.matching.hits import rank
from openpsm.registrations.matching.lists import Match
from openpsm.registrations.matching.projects import MOST_HITS
from openpsm.registrations.rules import ProjectFacts, compare_facts

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


@dataclass
class ProjectList:
    """Projects in memory, found by what the database finds them by: name, tender number, party, pair of signs."""

    projects: list[ProjectFacts] = field(default_factory=list)
    _by_mark: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, project: ProjectFacts) -> None:
        for mark in _marks(project):
            self._by_mark[mark].append(len(self.projects))
        self.projects.append(project)

    def matches(self, project: ProjectFacts, limit: int = MOST_HITS) -> list[Match]:
        """Return the rows that may mean the same project, best first."""
        rows = {row for mark in _marks(project) for row in self._by_mark.get(mark, ())}
        found = {row: alike for row in rows if (alike := compare_facts(project, self.projects[row]))}
        best = sorted(found, key=lambda row: (*rank(found[row]), row))[:limit]
        return [Match(row, self.projects[row].name, found[row]) for row in best]


def _marks(facts: ProjectFacts) -> set[str]:
    """Return what alike projects have one of in common: name, tender number, a party, or a pair of signs."""
    marks = {f"name:{fold(facts.name)}", *(f"pair:{pair}" for pair in telling_pairs(facts.name))}
    marks |= {f"party:{fold(name)}" for name in facts.parties}
    return marks | ({f"tender:{fold(facts.tender_number)}"} if fold(facts.tender_number) else set())
