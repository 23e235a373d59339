"""Comparing a claim on a project with every project that is known.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from openpsm.accounts.models import Account
from openpsm.core import grams
from openpsm.core.text import fold, localized
from openpsm.org.models import User
from openpsm.projects.models import Outcome, Party, PartyRole, Project, ProjectGram
from openpsm.projects.names import telling_pairs
from openpsm.registrations.matching.hits import Found, Hit, ProjectClaim, hit_of, rank
from openpsm.registrations.models import Registration
from openpsm.registrations.rules import HitClass, Likeness, ProjectFacts, compare_facts

#: What of another project is read to compare and to show it.
_COMPARED = (
    *("name", "account", "site", "product_line", "tender_number", "tender_on", "order_on", "outcome"),
    *("owner__name", "stage__name", "account__name"),
)

#: Of one pair of signs so many projects are looked at; by pairs, and of one customer, so many are compared.
MOST_OF_A_PAIR = 200
MOST_BY_PAIRS = 100
MOST_OF_A_CUSTOMER = 200

#: So many projects are shown, the most alike first.
MOST_HITS = 60

#: What a claim calls those who have a part in the project.
PARTS = {
    PartyRole.END_USER.value: "end_user",
    PartyRole.CONTRACTOR.value: "contractor",
    PartyRole.DESIGN.value: "design_institute",
}


def project_hits(claim: ProjectClaim, by: User, excluding: int | None) -> list[Hit]:
    wanted = _facts_of_claim(claim)
    rows = Project.objects.live().filter(pk__in=_candidates(claim, wanted) - {excluding})
    projects = list(rows.select_related("owner", "stage", "account").only(*_COMPARED).order_by("-pk"))
    known = _facts_of(projects)
    found = [Found(one, alike) for one in projects if (alike := _compare(wanted, known[one.pk], one))]
    found = sorted(found, key=lambda one: rank(one.likeness))[:MOST_HITS]
    seen = Project.objects.visible_to(by).filter(pk__in=[f.record.pk for f in found]).values_list("pk", flat=True)
    visible = set(seen) if found else set()
    return [_project_hit(one, by, visible) for one in found]


def _candidates(claim: ProjectClaim, wanted: ProjectFacts) -> set[int]:
    """Return the ids of projects that may be meant (3 queries, 5 where the customer or other parties are known).

    Those of the same name or tender number are all there; of the customer's and of the other parties' the newest; of
    the rest those that share the rarest pairs of signs.
    """
    found = set(Project.objects.filter(strict_key=fold(claim.name)[:200]).values_list("pk", flat=True))
    if number := claim.tender_number.strip():
        found.update(Project.objects.filter(tender_number=number).values_list("pk", flat=True))
    most = {"most_of_a_pair": MOST_OF_A_PAIR, "most": MOST_BY_PAIRS}
    found.update(grams.alike(telling_pairs(claim.name), ProjectGram, "project", **most))
    return found | _of_parties(claim, wanted)


def _of_parties(claim: ProjectClaim, wanted: ProjectFacts) -> set[int]:
    """Return the newest projects in which the customer or another party of the claim has a part (1 or 2 queries)."""
    ids = {claim.account_id} if claim.account_id is not None else set()
    keys = {fold(name)[:200] for name in wanted.parties}
    if keys:
        ids |= set(Account.objects.live().filter(strict_key__in=keys).values_list("pk", flat=True)[:20])
    parts = Party.objects.filter(account_id__in=ids).order_by("-project_id").values_list("project_id", flat=True)
    return set(parts[:MOST_OF_A_CUSTOMER]) if ids else set()


def _facts_of_claim(claim: ProjectClaim) -> ProjectFacts:
    """Return what the claim says, the known customer by its name (1 query with one)."""
    known = Account.objects.filter(pk=claim.account_id).values_list("name", flat=True) if claim.account_id else ()
    return ProjectFacts(
        name=claim.name,
        account=next(iter(known), claim.account),
        contractor=claim.contractor,
        end_user=claim.end_user,
        design_institute=claim.design_institute,
        site=claim.site,
        product_line=claim.product_line,
        tender_number=claim.tender_number.strip(),
        on=claim.on,
    )


def _facts_of(projects: Sequence[Project]) -> dict[int, ProjectFacts]:
    """Return what is known of the projects: their own columns, parties, and what their claims told (2 queries)."""
    told = _told_of(projects)
    return {
        one.pk: ProjectFacts(
            name=one.name,
            account=one.account.name,
            site=one.site,
            product_line=one.product_line,
            tender_number=one.tender_number,
            on=one.order_on or one.tender_on,
            **told.get(one.pk, {}),
        )
        for one in projects
    }


def _told_of(projects: Sequence[Project]) -> dict[int, dict[str, Any]]:
    """Return by project the names of end user, contractor and design institute, and of its other parties."""
    found: dict[int, dict[str, Any]] = {}
    claims = Registration.objects.filter(project__in=projects, kind=Registration.Kind.PROJECT)
    for pk, claim in claims.order_by("pk").values_list("project_id", "claim"):
        found.setdefault(pk, {}).update({part: claim[part] for part in PARTS.values() if claim.get(part)})
    parties = Party.objects.filter(project__in=projects).order_by("pk")
    for pk, role, name in parties.values_list("project_id", "role", "account__name"):
        told = found.setdefault(pk, {})
        if role in PARTS:
            told[PARTS[role]] = name
        else:
            told["others"] = (*told.get("others", ()), name)
    return found


def _compare(wanted: ProjectFacts, known: ProjectFacts, project: Project) -> Likeness | None:
    likeness = compare_facts(wanted, known)
    return likeness and _open_or_possible(likeness, project)


def _open_or_possible(likeness: Likeness, project: Project) -> Likeness:
    """A project that has ended does not stop a new one; the seller looks at it and decides."""
    is_open = project.outcome == Outcome.OPEN
    return likeness if is_open or likeness.cls != HitClass.SAME else replace(likeness, cls=HitClass.POSSIBLE)


def _project_hit(found: Found, by: User, visible: Collection[int]) -> Hit:
    project: Project = found.record
    stage = localized(project.stage.name)
    return hit_of("project", found, by, is_visible=project.pk in visible, is_in_pool=False, stage=stage)
