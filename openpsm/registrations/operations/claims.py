"""What a registration stores of a claim, and for how long it protects.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from openpsm.accounts.models import Account
from openpsm.core import events, parameters
from openpsm.core.dates import previous_working_day, today
from openpsm.core.text import fold
from openpsm.org.models import User
from openpsm.projects.models import Project
from openpsm.registrations.models import Registration
from openpsm.registrations.parameters import PROTECTION_DAYS

Kind, Status = Registration.Kind, Registration.Status


def write_claim(
    kind: str,
    account: Account,
    project: Project | None,
    confirmed: Collection[str],
    claim: Mapping[str, Any],
    by: User,
    at: datetime,
) -> Registration:
    record: Account | Project = project or account
    _supersede_deleted(kind, strict_key(record), at)
    registration = Registration.objects.create(
        kind=kind,
        name=record.name,
        strict_key=strict_key(record),
        account=account,
        project=project,
        owner_id=record.owner_id or by.pk,
        registered_at=at,
        protected_until=protected_until(at),
        confirmed_different=sorted(confirmed),
        claim={name: value for name, value in claim.items() if value and name not in ("phones", "emails")},
        created_by=by,
        created_at=at,
        updated_at=at,
    )
    data: dict[str, Any] = {"kind": kind, "name": record.name, "confirmed": sorted(confirmed)}
    data |= {"owner": registration.owner_id, "until": registration.protected_until}
    events.record("registration.registered", subject=registration, root=record, by=by, at=at, **data)
    return registration


def _supersede_deleted(kind: str, key: str, at: datetime) -> None:
    """A record in the recycle bin does not stop a new claim on its name (1 query, 1 more if there is one)."""
    rows = Registration.objects.filter(kind=kind, strict_key=key, status=Status.LIVE)
    found = rows.values_list("pk", "account__deleted_at", "project__deleted_at")
    in_bin = [pk for pk, *deleted in found if any(deleted)]
    if in_bin:
        Registration.objects.filter(pk__in=in_bin).update(status=Status.SUPERSEDED, updated_at=at)


def strict_key(record: Account | Project) -> str:
    """Return the key of which only one live registration may exist; a project's is prefixed by its customer."""
    return f"{record.account_id}:{fold(record.name)}"[:240] if isinstance(record, Project) else fold(record.name)[:240]


def protected_until(at: datetime) -> date:
    """Return the last protected day; on a day off it is the working day before."""
    return previous_working_day(today(at) + timedelta(days=parameters.value(PROTECTION_DAYS)))
