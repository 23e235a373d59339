"""The kinds of approvals: what each package lets others agree to, and what follows from their yes or no.

A kind is declared like a parameter, by the package that asks; there is one mechanism behind all of them. What follows
happens inside the deciding transaction: nothing is ever approved and not done. Rule: docs/business-rules.md#approvals
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters
from openpsm.org.models import Approval, User

REMIND_DAYS = "approvals.remind_days"
Line = tuple[str | Promise, str]


def _nothing(_approval: Approval, _by: User | None, _at: datetime) -> None:
    """Nothing follows."""


def _no_lines(_approval: Approval, _reader: User) -> Sequence[Line]:
    return ()


def _nobody(_approval: Approval) -> Collection[int]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What approvals of one kind are about.

    `closed(approval, by, at)` does what follows, whatever the state has become; it runs in the transaction that closes
    the approval. `lines` are what this reader may know of the record, in words. `parties` are the people beside the
    asker who may never decide. `fingerprint` says what the record looks like now: where it is not what was asked about,
    the approval is void. One that is not `is_plain` is decided by an operation of its package, which hands
    `decide_approval` the rest to be done.
    """

    key: str
    label: str | Promise
    closed: Callable[[Approval, User | None, datetime], None] = _nothing
    lines: Callable[[Approval, User], Sequence[Line]] = _no_lines
    parties: Callable[[Approval], Collection[int]] = _nobody
    fingerprint: Callable[[Approval], str] | None = None
    is_plain: bool = True


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Declare a kind; called in `AppConfig.ready`. The same key twice is a defect."""
    if _kinds.setdefault(kind.key, kind) != kind:
        raise ValueError(f"approvals of the kind {kind.key!r} are declared twice")
    return kind


def kind_of(approval: Approval) -> Kind:
    """Return the kind of an approval."""
    return _kinds[approval.kind]


def labels() -> dict[str, str | Promise]:
    """Return the words of all kinds."""
    return {key: kind.label for key, kind in _kinds.items()}


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    parameters.declare(
        REMIND_DAYS,
        kind="integer",
        default=2,
        minimum=1,
        maximum=365,
        group=_("Approvals"),
        label=_("Days until reviewers are reminded"),
        help=_("Whoever has not decided by then is reminded, and again after as many days."),
    )
