"""A claim, and a record that may mean the same: of other people's it says no more than one may know.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openpsm.core.text import fold
from openpsm.org.models import User
from openpsm.registrations.rules import (
    HitClass,
    Likeness,
    shown_score,
)

REASONS: dict[str, str | Promise] = {
    "name": _("the same name"),
    "name_without_form": _("the same name apart from the legal form"),
    "name_without_place": _("the same name apart from the place"),
    "name_other_order": _("the same name with its words in another order"),
    "name_with_filler": _("the same name but for a word such as investment or development"),
    "name_by_sound": _("a name that sounds the same"),
    "name_nearly": _("nearly the same name"),
    "short_name": _("a short name that fits"),
    "known_as": _("by another name that it is known by"),
    "branch": _("parent company or branch"),
    "uscc": _("the same credit code"),
    "phone": _("the same phone number"),
    "email": _("the same e-mail address"),
    "domain": _("the same web domain"),
    "account": _("the same customer"),
    "project_name": _("the same project name"),
    "project_name_nearly": _("nearly the same project name"),
    "party": _("the same contractor, end user or design institute"),
    "account_nearly": _("nearly the same customer"),
    "tender_number": _("the same tender number"),
    "site": _("the same site"),
    "product_line": _("the same product line"),
}


ORDER = {HitClass.SAME: 0, HitClass.POSSIBLE: 1, HitClass.RELATED: 2}


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
    """What is known of a project that somebody wants to register; without `account_id` its customer is new too.

    `account` is the name of such a new customer; end user, contractor and design institute are names as well, for they
    need not be accounts. `on` is the day of the tender or order, by which two yearly purchases are told apart.
    """

    name: str
    account_id: int | None = None
    site: str = ""
    product_line: str = ""
    tender_number: str = ""
    account: str = ""
    end_user: str = ""
    contractor: str = ""
    design_institute: str = ""
    on: date | None = None


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
class Found:
    record: Any
    likeness: Likeness


def key_of(kind: str, pk: int) -> str:
    """Return the opaque name of a record in hits: stable, and telling nothing to those who may not see the record."""
    return salted_hmac("openpsm.registrations.hit", f"{kind}:{pk}").hexdigest()[:20]


def rank(likeness: Likeness) -> tuple[int, int]:
    return ORDER[likeness.cls], -likeness.score


def hit_of(kind: str, found: Found, by: User, *, is_visible: bool, is_in_pool: bool, stage: str) -> Hit:
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
