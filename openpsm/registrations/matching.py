"""Comparing a claim with everything that is known, and saying of other people's records no more than one may know.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import MARK_LENGTH, Account, AccountMark, AccountName
from openpsm.accounts.rules import check_uscc, leading_claims, marks, normal_uscc
from openpsm.core.text import fold, localized
from openpsm.org.models import User
from openpsm.projects.models import Outcome, Party, Project
from openpsm.registrations.rules import (
    HitClass,
    Likeness,
    compare_companies,
    compare_projects,
    shown_score,
)

#: Of one leading mark so many accounts are compared; of one claim so many customers are shown, the most alike first.
MOST_OF_A_MARK = 200
MOST_HITS = 60
#: Marks that speak for one company whatever it is called.
NUMBERS = frozenset({"uscc", "phone", "email", "domain"})
REASONS: dict[str, str | Promise] = {
    "name": _("the same name"),
    "name_without_form": _("the same name apart from the legal form"),
    "name_without_place": _("the same name apart from the place"),
    "name_by_sound": _("a name that sounds the same"),
    "name_nearly": _("nearly the same name"),
    "branch": _("parent company or branch"),
    "uscc": _("the same credit code"),
    "phone": _("the same phone number"),
    "email": _("the same e-mail address"),
    "domain": _("the same web domain"),
    "account": _("the same customer"),
    "project_name": _("the same project name"),
    "project_name_nearly": _("nearly the same project name"),
    "tender_number": _("the same tender number"),
    "site": _("the same site"),
    "product_line": _("the same product line"),
}
#: What of another project is read to compare and to show it.
_COMPARED = (
    *("name", "account", "site", "product_line", "tender_number", "outcome"),
    *("owner__name", "stage__name"),
)
_ORDER = {HitClass.SAME: 0, HitClass.POSSIBLE: 1, HitClass.RELATED: 2}


@dataclass(frozen=True)
class Claim:
    """What is known of a customer that somebody wants to register."""

    name: str
    uscc: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    domain: str = ""
    other_names: tuple[str, ...] = ()
    country: str = "CN"

    @property
    def names(self) -> list[str]:
        return [name for name in (self.name, *self.other_names) if fold(name)]


@dataclass(frozen=True)
class ProjectClaim:
    """What is known of a project that somebody wants to register; without `account_id` its customer is new too."""

    name: str
    account_id: int | None = None
    site: str = ""
    product_line: str = ""
    tender_number: str = ""


@dataclass(frozen=True)
class Hit:
    """One record that may mean the same. `key` stands for the record when the seller answers to the hit.

    `record_id`, `label` and the exact `score` are there of visible records only; `reasons` are codes, see `words`.
    `pk` is for the operation that answers to the hit and never shown.
    """

    kind: str
    cls: HitClass
    score: int
    reasons: tuple[str, ...]
    key: str
    owner: str
    stage: str
    is_own: bool
    is_in_pool: bool
    label: str | None
    pk: int = field(repr=False)

    @property
    def record_id(self) -> int | None:
        return None if self.label is None else self.pk

    @property
    def words(self) -> list[str]:
        """Return the kinds of fields that agree, in the reader's language; never a value."""
        return [str(REASONS[reason]) for reason in self.reasons]

    def for_api(self) -> dict[str, Any]:
        """Return the hit as the interface describes it: id and label of visible records only."""
        shown = {"kind": self.kind, "class": self.cls.value, "score": self.score, "reasons": self.words}
        shown |= {"key": self.key, "owner": self.owner, "stage": self.stage, "is_in_pool": self.is_in_pool}
        return shown if self.record_id is None else {**shown, "id": self.record_id, "label": self.label}


@dataclass(frozen=True)
class _Found:
    record: Any
    likeness: Likeness


def key_of(kind: str, pk: int) -> str:
    """Return the opaque name of a record in hits: stable, and telling nothing to those who may not see the record."""
    return salted_hmac("openpsm.registrations.hit", f"{kind}:{pk}").hexdigest()[:20]


def check(
    *,
    by: User,
    account: Claim | None = None,
    project: ProjectClaim | None = None,
    excluding_account: int | None = None,
    excluding_project: int | None = None,
) -> list[Hit]:
    """Compare with all live accounts and projects; best first. At most 5 queries for a customer and 3 for a project."""
    hits: list[Hit] = []
    if account is not None:
        hits += _account_hits(account, by, excluding_account)
    if project is not None:
        hits += _project_hits(project, by, excluding_project)
    return sorted(hits, key=lambda hit: (_ORDER[hit.cls], -hit.score, hit.key))


def _account_hits(claim: Claim, by: User, excluding: int | None) -> list[Hit]:
    marked = _marked(claim)
    marked.pop(excluding or 0, None)
    names = _names(marked) if marked else {}
    by_name = {pk: likeness for pk, known in names.items() if (likeness := _best_name(claim, known))}
    worth = [pk for pk in names if pk in by_name or marked[pk] & NUMBERS]
    accounts = Account.objects.filter(pk__in=worth).select_related("owner") if worth else ()
    found = [_Found(one, _together(claim, one, by_name.get(one.pk), marked[one.pk] & NUMBERS)) for one in accounts]
    found = sorted(found, key=lambda one: _rank(one.likeness))[:MOST_HITS]
    seen = Account.objects.visible_to(by).filter(pk__in=[one.record.pk for one in found])
    visible = set(seen.values_list("pk", flat=True)) if found else set()
    return [_account_hit(one, by, visible) for one in found]


def _rank(likeness: Likeness) -> tuple[int, int]:
    return _ORDER[likeness.cls], -likeness.score


def _marked(claim: Claim) -> dict[int, set[str]]:
    """Return by account the kinds of marks that agree with the claim or lead from it to the account (1 query).

    Of a leading mark that very many have, such as half a name that ends in 便利店, only the oldest are taken; of those
    that speak for one company none is left out.
    """
    telling = marks(
        names=claim.names,
        uscc=claim.uscc,
        domain=claim.domain,
        phones=claim.phones,
        emails=claim.emails,
        country=claim.country,
    )
    sure = {mark[:MARK_LENGTH] for mark in telling}
    leading = {mark[:MARK_LENGTH] for name in claim.names for mark in leading_claims(name)}
    rows = AccountMark.objects.filter(mark__in=sure | leading)
    place = Window(RowNumber(), partition_by="mark", order_by="pk")
    few = rows.annotate(place=place).filter(Q(place__lte=MOST_OF_A_MARK) | Q(mark__in=sure))
    found: dict[int, set[str]] = {}
    for pk, mark in few.values_list("account_id", "mark"):
        found.setdefault(pk, set()).add(mark.partition(":")[0])
    return found


def _names(accounts: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """Return by account its names with their kinds, the full name first (2 queries)."""
    rows = Account.objects.live().filter(pk__in=accounts).values_list("pk", "name", "short_name")
    found = {pk: [("full", name)] + ([("short", short)] if short else []) for pk, name, short in rows}
    for pk, kind, name in AccountName.objects.filter(account__in=found).values_list("account_id", "kind", "name"):
        found[pk].append((kind, name))
    return found


def _together(claim: Claim, account: Account, by_name: Likeness | None, kinds: Collection[str]) -> Likeness:
    """Return what names and numbers say together; at least one of them agrees."""
    if by_name and not kinds:
        return by_name
    reasons = (*(by_name.reasons if by_name else ()), *sorted(kinds))
    is_equal_name = by_name is not None and by_name.cls == HitClass.SAME
    if "uscc" in kinds or is_equal_name or not _are_two_companies(claim, account):
        return Likeness(HitClass.SAME, 100, reasons)
    return Likeness(HitClass.POSSIBLE, 90, reasons)


def _are_two_companies(claim: Claim, account: Account) -> bool:
    """Two good credit codes that differ are two legal persons, whatever switchboard or domain they share."""
    one, other = normal_uscc(claim.uscc), account.uscc
    return bool(one and other and one != other and not check_uscc(one) and not check_uscc(other))


def _best_name(claim: Claim, names: Iterable[tuple[str, str]]) -> Likeness | None:
    """Return the best likeness of any two names; an equal short name alone is possible, for many share one."""
    found: list[Likeness] = []
    for kind, known in names:
        for index, name in enumerate(claim.names):
            likeness = compare_companies(name, known)
            if likeness and likeness.cls == HitClass.SAME and (kind == "short" or index > 0):
                likeness = replace(likeness, cls=HitClass.POSSIBLE)
            if likeness:
                found.append(likeness)
    return min(found, key=_rank, default=None)


def _account_hit(found: _Found, by: User, visible: Collection[int]) -> Hit:
    account: Account = found.record
    is_in_pool = account.owner_id is None and not account.is_unassigned
    return _hit("account", found, by, is_visible=account.pk in visible, is_in_pool=is_in_pool, stage="")


def _hit(kind: str, found: _Found, by: User, *, is_visible: bool, is_in_pool: bool, stage: str) -> Hit:
    record, likeness = found.record, found.likeness
    return Hit(
        kind=kind,
        cls=likeness.cls,
        score=likeness.score if is_visible else shown_score(likeness.score),
        reasons=likeness.reasons,
        key=key_of(kind, record.pk),
        owner=record.owner.name if record.owner else "",
        stage=stage,
        is_own=record.owner_id == by.pk,
        is_in_pool=is_in_pool,
        label=str(record) if is_visible else None,
        pk=record.pk,
    )


def _project_hits(claim: ProjectClaim, by: User, excluding: int | None) -> list[Hit]:
    rows = Project.objects.live().filter(pk__in=_candidates(claim)).exclude(pk=excluding or 0)
    projects = list(rows.select_related("owner", "stage").only(*_COMPARED).order_by("-pk")[:500])
    here = _projects_of(claim.account_id, projects)
    found = [_Found(one, likeness) for one in projects if (likeness := _compare_project(claim, one, one.pk in here))]
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


def _project_hit(found: _Found, by: User, visible: Collection[int]) -> Hit:
    project: Project = found.record
    stage = localized(project.stage.name)
    return _hit("project", found, by, is_visible=project.pk in visible, is_in_pool=False, stage=stage)
