"""When do two records mean the same? Decisions over texts, without database."""

from openpsm.registrations.rules.companies import compare_companies
from openpsm.registrations.rules.likeness import HitClass, Likeness, shown_score
from openpsm.registrations.rules.projects import compare_projects

__all__ = ["HitClass", "Likeness", "compare_companies", "compare_projects", "shown_score"]
