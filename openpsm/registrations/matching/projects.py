"""Comparing a claim on a project with every project that is known.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from openpsm.core.text import fold, localized
from openpsm.org.models import User
from openpsm.projects.models import Outcome, Party, Project
from openpsm.registrations.matching.hits import Found, Hit, ProjectClaim, hit_of
from openpsm.registrations.rules import (
    HitClass,
    Likeness,
    compare_projects,
)

#: What of another project is read to compare and to show it.
_COMPARED = (
    *("name", "account", "site", "product_line", "tender_number", "outcome"),
    *("owner__name", "stage__name"),
)


def project_hits(claim: ProjectClaim, by: User, excluding: int | None) -> list[Hit]:
    rows = Project.objects.live().filter(pk__in=_candidates(claim)).exclude(pk=excluding or 0)
    projects = list(rows.select_related("owner", "stage").only(*_COMPARED).order_by("-pk")[:500])
    here = _projects_of(claim.account_id, projects)
    found = [Found(one, likeness) for one in projects if (likeness := _compare_project(claim, one, one.pk in here))]
    seen = Project.objects.visible_to(by).filter(pk__in=[f.record.pk for f in found]).values_list("pk", flat=True)
    visible = set(seen) if found else set()
    return [_project_hit(one, by, visible) for one in found]


def _candidates(claim: ProjectClaim) -> QuerySet[Any]:
    """Return the ids of projects that may be meant: one question an index, since "or" would read all projects."""
    found: list[QuerySet[Any]] = [Project.objects.filter(strict_key=fold(claim.name)[:200]).values("pk")]
    if claim.account_id is not None:
        found.append(Project.objects.filter(account_id=claim.account_id).values("pk"))
        found.append(Party.objects.filter(account_id=claim.account_id).values("project_id"))
    if claim.tender_number.strip():
        found.append(Project.objects.filter(tender_number=claim.tender_number.strip()).values("pk"))
    return found[0].union(*found[1:]) if len(found) > 1 else found[0]


def _projects_of(account_id: int | None, projects: Sequence[Project]) -> set[int]:
    """Return which of the projects have the account as customer or as a party (1 query with projects of others)."""
    own = {one.pk for one in projects if account_id is not None and one.account_id == account_id}
    rest = [one.pk for one in projects if one.pk not in own]
    if account_id is None or not rest:
        return own
    return own | set(Party.objects.filter(account_id=account_id, project__in=rest).values_list("project_id", flat=True))


def _compare_project(claim: ProjectClaim, project: Project, is_same_account: bool) -> Likeness | None:
    if claim.tender_number.strip() and claim.tender_number.strip() == project.tender_number:
        return _open_or_possible(Likeness(HitClass.SAME, 100, ("tender_number",)), project)
    likeness = compare_projects(
        claim.name,
        project.name,
        is_same_account=is_same_account,
        is_other_line=_differ(claim.product_line, project.product_line),
        is_other_site=_differ(claim.site, project.site),
    )
    return likeness and _open_or_possible(likeness, project)


def _open_or_possible(likeness: Likeness, project: Project) -> Likeness:
    """A project that has ended does not stop a new one; the seller looks at it and decides."""
    is_open = project.outcome == Outcome.OPEN
    return likeness if is_open or likeness.cls != HitClass.SAME else replace(likeness, cls=HitClass.POSSIBLE)


def _differ(one: str, other: str) -> bool:
    return bool(fold(one) and fold(other) and fold(one) != fold(other))


def _project_hit(found: Found, by: User, visible: Collection[int]) -> Hit:
    project: Project = found.record
    stage = localized(project.stage.name)
    return hit_of("project", found, by, is_visible=project.pk in visible, is_in_pool=False, stage=stage)
