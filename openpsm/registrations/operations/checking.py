"""Checking a claim, and deciding between two of them inside one lock.

Every check that decides runs inside it, so that two alike but unequal names cannot both pass; the unique strict key of
live registrations stands behind it.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.core import events
from openpsm.core.errors import DomainError
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations import matching
from openpsm.registrations.matching import Claim, Hit, ProjectClaim
from openpsm.registrations.models import RegistrationLock
from openpsm.registrations.operations.probing import count_check, count_foreign, require_not_stopped
from openpsm.registrations.rules import HitClass
from openpsm.registrations.territories import OutsideTerritory


class Collision(DomainError):
    """The claim means something that is claimed already, or (code `confirm-different`) may mean it."""

    code = "collision"

    def __init__(self, hits: Sequence[Hit], *, code: str | None = None) -> None:
        message = _("Somebody has registered this already.")
        if code == "confirm-different":
            message = _("This may be registered already. Look at the hits and confirm that it is another one.")
        super().__init__(message, code=code, hits=[hit.for_api() for hit in hits])
        self.hits = list(hits)


def install(at: datetime) -> None:
    """Make the row that registering locks; a second call changes nothing (`at` is not stored)."""
    RegistrationLock.objects.get_or_create(pk=1)


def lock() -> None:
    """Wait until nobody else registers; held until the end of the transaction (1 statement once the row exists)."""
    if RegistrationLock.objects.select_for_update(no_key=True).filter(pk=1).first() is None:
        RegistrationLock.objects.get_or_create(pk=1)
        RegistrationLock.objects.select_for_update(no_key=True).get(pk=1)


def check_claim(
    *, account: Claim | None = None, project: ProjectClaim | None = None, by: User, at: datetime
) -> list[Hit]:
    """Return what a claim would run into; nothing is stored but that it was asked.

    Raises NotAllowed, TooMany, DoesNotExist for a customer that one does not see.
    """
    require(by, Permission.REGISTRATION_CREATE)
    require_seen_customer(project, by)
    count_check(by, at)
    hits = matching.check(by=by, account=account, project=project)
    with transaction.atomic():
        _record(by, at, "registration.checked", hits, account, project)
    count_foreign(by, hits, at)
    return hits


def require_seen_customer(project: ProjectClaim | None, by: User) -> None:
    """Raise DoesNotExist where the claim names a customer by an id that the user does not see (1 query with one)."""
    if project is not None and project.account_id is not None:
        Account.objects.visible_to(by).only("pk").get(pk=project.account_id)


def _record(
    by: User, at: datetime, name: str, hits: Sequence[Hit], account: Claim | None, project: ProjectClaim | None
) -> None:
    counts: dict[str, Any] = {cls.value: sum(hit.cls == cls for hit in hits) for cls in HitClass}
    asked: dict[str, Any] = {"account_name": account.name if account else ""}
    asked["project_name"] = project.name if project else ""
    events.record(name, subject=by, by=by, at=at, **asked, **counts)


@contextmanager
def registering(by: User, at: datetime, account: Claim | None, project: ProjectClaim | None) -> Iterator[None]:
    """Hold the lock in a transaction; a refusal is rolled back, counted and recorded, and then raised.

    Raises TooMany for whoever has been stopped: what is free would say what is not.

    The strict key of a live registration that the check did not see (its record was renamed) refuses as well.
    """
    require_not_stopped(by, at)
    try:
        with transaction.atomic(), events.together():
            lock()
            yield
    except IntegrityError as error:
        if not any(part in str(error) for part in ("one_live_registration_per_name", "registration.strict_key")):
            raise
        _refused(by, at, [], account, project)
        raise Collision([]) from error
    except Collision as collision:
        _refused(by, at, collision.hits, account, project)
        raise
    except OutsideTerritory as outside:
        _stopped_outside(by, at, outside, account)
        raise


def _refused(by: User, at: datetime, hits: Sequence[Hit], account: Claim | None, project: ProjectClaim | None) -> None:
    with transaction.atomic():
        _record(by, at, "registration.refused", hits, account, project)
    count_check(by, at)
    count_foreign(by, hits, at)


def _stopped_outside(by: User, at: datetime, outside: OutsideTerritory, account: Claim | None) -> None:
    told: dict[str, Any] = {"account_name": account.name if account else ""}
    told["territories"] = [one.pk for one in outside.territories]
    with transaction.atomic():
        events.record("registration.outside_territory", subject=by, by=by, at=at, **told)


def refuse(hits: Sequence[Hit], confirmed: Collection[str]) -> None:
    """Raise Collision on a hit that is the same, or on possible ones that were not confirmed to be different."""
    if any(hit.cls == HitClass.SAME for hit in hits):
        raise Collision(hits)
    if any(hit.cls == HitClass.POSSIBLE and hit.key not in confirmed for hit in hits):
        raise Collision(hits, code="confirm-different")
