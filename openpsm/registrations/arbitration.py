"""How arbitrations use the one mechanism of approvals: who is a party, what voids one, what follows from its end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from openpsm.core.versions import bump
from openpsm.org import approvals
from openpsm.org.models import Approval, User
from openpsm.registrations.models import Arbitration, Registration

KIND = "registration.arbitration"
Status = Registration.Status
#: What becomes of the claim when nobody decides.
ENDS = {
    Approval.State.WITHDRAWN: Status.RELEASED,
    Approval.State.VOID: Status.RELEASED,
    Approval.State.REJECTED: Status.REJECTED,
}


def _of(approval: Approval) -> Arbitration | None:
    rows = Arbitration.objects.select_related("account", "project")
    return rows.filter(claim=approval.subject_id).first()


def _parties(approval: Approval) -> Collection[int]:
    """Asker, the owner then, and the owner now."""
    found = _of(approval)
    return {found.asker_id, found.holder_id, found.record.owner_id or 0} if found else ()


def looks(arbitration: Arbitration) -> str:
    """Return what the decision is about: who owns the record, and that it is there."""
    record = arbitration.record
    return f"{record.owner_id}:{record.deleted_at is None}"


def _fingerprint(approval: Approval) -> str:
    found = _of(approval)
    return looks(found) if found else ""


def _closed(approval: Approval, _by: User | None, at: datetime) -> None:
    """A claim about which nobody decides any more ends; one that was decided has been dealt with already."""
    status, found = ENDS.get(Approval.State(approval.state)), _of(approval)
    if found is None or status is None:
        return
    found.ended_at = at
    found.save(update_fields=["ended_at", *bump(found, at=at)])
    claim = Registration.objects.get(pk=found.claim_id)
    claim.status, claim.reason = status, approval.reason
    claim.save(update_fields=["status", "reason", *bump(claim, at=at)])


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    kind = approvals.Kind(
        KIND, _("Arbitration"), closed=_closed, parties=_parties, fingerprint=_fingerprint, is_plain=False
    )
    approvals.declare(kind)
