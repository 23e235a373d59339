"""How often one person may ask what is registered: in an hour, and of colleagues' records in a day.

Whoever guesses names, numbers and codes to learn what others have learns nothing beyond the masked answer, is stopped,
and their managers are told. Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events, limits, parameters
from openpsm.core.errors import TooMany
from openpsm.org.models import User
from openpsm.org.operations import Note, notify
from openpsm.org.queries import managers_above
from openpsm.registrations.matching import Hit
from openpsm.registrations.parameters import CHECKS_PER_HOUR, FOREIGN_PER_DAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: The same record met again the same day counts once: no limit, only a mark that it was met.
MARK = 1_000_000


def count_check(by: User, at: datetime) -> None:
    """Count one question; raises TooMany beyond the hour's limit, or on a day that is used up (3 statements)."""
    require_not_stopped(by, at)
    limit = parameters.value(CHECKS_PER_HOUR)
    try:
        limits.hit(_checks(by), limit=limit, per=HOUR, at=at)
    except TooMany as refused:
        if limits.used(_checks(by), per=HOUR, at=at) == limit + 1:
            _tell(by, at, why="checks", limit=limit)
        message = _("You have checked %(n)s names within an hour. Wait for the next hour, or ask your manager.")
        raise TooMany(retry_after=refused.retry_after, message=message % {"n": limit}) from refused


def require_not_stopped(by: User, at: datetime) -> None:
    """Raise TooMany on a day on which the person has met as many of colleagues' records as they may (1 query)."""
    limit = parameters.value(FOREIGN_PER_DAY)
    if limits.used(_foreign(by), per=DAY, at=at) > limit:
        seconds = int(DAY.total_seconds())
        raise TooMany(retry_after=seconds - int(at.timestamp()) % seconds, message=_stopped(limit))


def count_foreign(by: User, hits: Sequence[Hit], at: datetime) -> None:
    """Count the records of colleagues that a question has met and that were not met before today.

    Only the one that is most alike counts. Raises TooMany for the one too many, whose answer is kept back.
    """
    met = next((hit for hit in hits if hit.record_id is None and not hit.is_own), None)
    if met is None or limits.hit(f"{_foreign(by)}:{met.key}", limit=MARK, per=DAY, at=at) > 1:
        return
    limit = parameters.value(FOREIGN_PER_DAY)
    try:
        limits.hit(_foreign(by), limit=limit, per=DAY, at=at)
    except TooMany as refused:
        if limits.used(_foreign(by), per=DAY, at=at) == limit + 1:
            _tell(by, at, why="records", limit=limit)
        raise TooMany(retry_after=refused.retry_after, message=_stopped(limit)) from refused


def _stopped(limit: int) -> str:
    message = _(
        "Your questions have met %(n)s customers and projects of colleagues today. Checking and registering stop until "
        "tomorrow; if you need more, ask your manager."
    )
    return message % {"n": limit}


def _tell(by: User, at: datetime, *, why: str, limit: int) -> None:
    """Record it once, and let the managers above know."""
    with transaction.atomic():
        events.record("registration.probing", subject=by, by=by, at=at, why=why, limit=limit)
        data = {"who": by.name, "why": why, "limit": limit}
        notify(rows=[Note(one.pk, "registration.probing", by, data) for one in managers_above(by)], at=at)


def _checks(by: User) -> str:
    return f"registration.check:{by.pk}"


def _foreign(by: User) -> str:
    return f"registration.foreign:{by.pk}"
