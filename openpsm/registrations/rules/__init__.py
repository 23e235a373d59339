"""When do two records mean the same? Decisions over texts, without database."""

from openpsm.registrations.rules.companies import compare_companies
from openpsm.registrations.rules.likeness import HitClass, Likeness, shown_score
from openpsm.registrations.rules.projects import ProjectFacts, compare_facts, compare_projects

__all__ = [
    "HitClass",
    "Likeness",
    "ProjectFacts",
    "compare_companies",
    "compare_facts",
    "compare_projects",
    "shown_score",
]
