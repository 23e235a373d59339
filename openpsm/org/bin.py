"""How long what was deleted can be brought back. Rule: docs/business-rules.md#recycle-bin"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.core import parameters
from openpsm.core.errors import DomainError

KEY = "projects.bin_days"


def declare_all() -> None:
    """Declare the parameter; it has kept the name it had when projects alone went to the bin."""
    parameters.declare(
        KEY,
        kind="integer",
        default=30,
        label=gettext_lazy("Deleted records can be restored for (days)"),
        group=gettext_lazy("Recycle bin"),
        minimum=0,
        maximum=3650,
    )


def kept_for() -> timedelta:
    """Return how long."""
    return timedelta(days=parameters.value(KEY))


def require_kept(deleted_at: datetime | None, *, at: datetime) -> None:
    """Raise DomainError "too-late" for what was deleted longer ago, "not-deleted" for what was not."""
    if deleted_at is None:
        raise DomainError(_("This is not in the recycle bin."), code="not-deleted")
    if at - deleted_at > kept_for():
        raise DomainError(_("This was deleted too long ago to be restored."), code="too-late")
