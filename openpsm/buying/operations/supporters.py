"""Insiders, sponsors and coaches: labels with conditions, secret to their author's line of command.

Events about labels keep everything sealed under the person; they name neither person nor kind openly.
Rule: docs/business-rules.md#supporters
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.buying import rules, vocabulary
from openpsm.buying.models import Stakeholder, SupporterKind, SupporterLabel
from openpsm.buying.operations.people import loaded, seal_owner
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, Message
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects


class LabelRefused(DomainError):
    """The conditions of a label do not hold; `details["gaps"]` are keys of the vocabulary's `supporter_missing`."""

    code = "label-refused"


def label_supporter(
    *,
    stakeholder_id: int,
    kind: str,
    reason: str,
    by: User,
    at: datetime,
    shares_information: bool = False,
    acts_for_us: bool = False,
    guides_us: bool = False,
) -> SupporterLabel:
    """Label a person as insider, sponsor or coach, if the conditions of that kind hold.

    Raises LabelRefused with the conditions that fail, DomainError "label-exists" for the author's own second one,
    InvalidInput without a real reason.
    """
    with transaction.atomic():
        stakeholder = loaded(stakeholder_id, by=by)
        require(by, Permission.INSIDER_VIEW, on=stakeholder.project)
        _check(stakeholder, kind, reason, by)
        signs = {"shares_information": shares_information, "acts_for_us": acts_for_us, "guides_us": guides_us}
        _require_conditions(stakeholder, kind, signs)
        texts = {"kind": kind, "reason": reason.strip()}
        stamps = {"at": at, "created_at": at, "updated_at": at, "created_by": by, "author": by}
        label = SupporterLabel.objects.create(stakeholder=stakeholder, **texts, **signs, **stamps)
        projects.refresh_locked(projects=[stakeholder.project], at=at, by=by)
        _record("supporter.labelled", label, stakeholder, by=by, at=at)
    return label


def _check(stakeholder: Stakeholder, kind: str, reason: str, by: User) -> None:
    errors: dict[str, Message] = {}
    if kind not in SupporterKind.values:
        errors["kind"] = _("Choose insider, sponsor or coach.")
    if is_placeholder(reason) or len(reason) > 300:
        errors["reason"] = _("Say in a sentence how we know.")
    if errors:
        raise InvalidInput(errors)
    if SupporterLabel.objects.live().filter(stakeholder=stakeholder, kind=kind, author=by).exists():
        raise DomainError(_("You have given this person this label already."), code="label-exists")


def _require_conditions(stakeholder: Stakeholder, kind: str, signs: dict[str, bool]) -> None:
    gaps = rules.supporter_gaps(kind, power_class=stakeholder.power_class, attitude=stakeholder.attitude, **signs)
    if gaps:
        raise LabelRefused(vocabulary.refusal(kind, gaps), gaps=gaps)


def end_label(*, label_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> SupporterLabel:
    """End a label that the user may read; it stays on record. Raises SupporterLabel.DoesNotExist for others."""
    with transaction.atomic():
        stakeholder_id = SupporterLabel.objects.visible_to(by).values_list("stakeholder_id", flat=True).get(pk=label_id)
        stakeholder = loaded(stakeholder_id, by=by)
        label: SupporterLabel = SupporterLabel.objects.live().get(pk=label_id)
        require_version(label, version)
        label.ended_at = at
        label.save(update_fields=["ended_at", *bump(label, at=at)])
        projects.refresh_locked(projects=[stakeholder.project], at=at, by=by)
        _record("supporter.label_ended", label, stakeholder, by=by, at=at, ended_because=reason)
    return label


def _record(
    name: str, label: SupporterLabel, stakeholder: Stakeholder, *, by: User, at: datetime, ended_because: str = ""
) -> None:
    """Everything that could tell who it is goes under the person's key."""
    sealed = {"stakeholder": stakeholder.pk, "name": stakeholder.name, "kind": label.kind, "reason": label.reason}
    if ended_because:
        sealed["ended_because"] = ended_because
    owner, root = seal_owner(stakeholder), stakeholder.project
    events.record(name, subject=label, root=root, by=by, at=at, sealed=sealed, seal_for=owner)
