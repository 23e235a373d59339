"""Comparing a claim with everything that is known, and saying of other people's records no more than one may know.

Rule: docs/business-rules.md#registration
"""

from openpsm.org.models import User
from openpsm.registrations.matching.batches import Twin, twins_of
from openpsm.registrations.matching.customers import account_hits
from openpsm.registrations.matching.hits import ORDER, REASONS, Claim, Hit, ProjectClaim, key_of
from openpsm.registrations.matching.projects import PARTS, project_hits

__all__ = ["PARTS", "REASONS", "Claim", "Hit", "ProjectClaim", "Twin", "check", "key_of", "twins_of"]


def check(
    *,
    by: User,
    account: Claim | None = None,
    project: ProjectClaim | None = None,
    excluding_account: int | None = None,
    excluding_project: int | None = None,
) -> list[Hit]:
    """Compare with all live records, best first: 5 queries for a customer (7 by short name), 10 for a project."""
    hits: list[Hit] = []
    if account is not None:
        hits += account_hits(account, by, excluding_account)
    if project is not None:
        hits += project_hits(project, by, excluding_project)
    return sorted(hits, key=lambda hit: (ORDER[hit.cls], -hit.score, hit.key))
