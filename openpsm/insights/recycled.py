"""The recycle bin of one person: what was deleted lately and could be brought back by them.

Rule: docs/business-rules.md#recycle-bin
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from openpsm.accounts.models import Account, Contact
from openpsm.activities.models import Activity, Comment
from openpsm.core.events import Event
from openpsm.org import access
from openpsm.org.bin import kept_for
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project

MOST = 100


@dataclass(frozen=True)
class Deleted:
    """One record in the bin: who deleted it when, and until when it can be brought back."""

    kind: str
    record: Any
    deleted_at: datetime
    until: datetime
    by: str


def in_bin(user: User, *, at: datetime) -> list[Deleted]:
    """Return what the user deleted, owns, or could delete as a manager, the latest first (6 queries).

    Each kind stops at MOST records.
    """
    kept = kept_for()
    rows = {kind: list(_since(visible(user), at - kept)) for kind, visible in _KINDS.items()}
    who = _who_deleted([record for records in rows.values() for record in records])
    found = [
        Deleted(kind, record, record.deleted_at, record.deleted_at + kept, _name(who, record))
        for kind, records in rows.items()
        for record in records
        if _is_theirs(user, kind, record, who)
    ]
    return sorted(found, key=lambda one: one.deleted_at, reverse=True)


def _since(rows: QuerySet[Any], start: datetime) -> QuerySet[Any]:
    return rows.filter(deleted_at__gte=start).order_by("-deleted_at")[:MOST]


_KINDS: dict[str, Callable[[User], QuerySet[Any]]] = {
    "project": lambda user: Project.objects.in_bin_of(user).select_related("department", "account"),
    "account": lambda user: Account.objects.in_bin_of(user).select_related("department"),
    "contact": lambda user: Contact.objects.in_bin_of(user).select_related("account", "account__department"),
    "activity": lambda user: Activity.objects.in_bin_of(user).select_related("department", "project", "account"),
    "comment": lambda user: Comment.objects.in_bin_of(user).with_names(),
}
#: What a manager needs to bring back what others deleted.
_RIGHTS = {
    "project": Permission.PROJECT_DELETE,
    "account": Permission.ACCOUNT_DELETE,
    "contact": Permission.CONTACT_EDIT,
    "activity": Permission.ACTIVITY_EDIT,
}


def _who_deleted(records: Iterable[Any]) -> dict[tuple[str, int], User]:
    """Return who deleted each record, by its kind and number (1 query)."""
    ids: dict[str, set[int]] = {}
    for record in records:
        ids.setdefault(record._meta.label_lower, set()).add(record.pk)
    names = [f"{label.rpartition('.')[2]}.deleted" for label in ids]
    wanted = {pk for pks in ids.values() for pk in pks}
    rows = Event.objects.filter(name__in=names, subject_type__in=ids, subject_id__in=wanted).select_related("by")
    return {(row.subject_type, row.subject_id): row.by for row in rows.order_by("seq") if row.by}


def _name(who: dict[tuple[str, int], User], record: Any) -> str:
    found = who.get((record._meta.label_lower, record.pk))
    return found.name if found else ""


def _is_theirs(user: User, kind: str, record: Any, who: dict[tuple[str, int], User]) -> bool:
    """Whether the user deleted or owns it, or stands above it with the right to delete."""
    deleter = who.get((record._meta.label_lower, record.pk))
    if (deleter and deleter.pk == user.pk) or getattr(record, "owner_id", None) == user.pk or kind == "comment":
        return True
    own, path = access.reach(user), access.department_path(record.account if kind == "contact" else record)
    return own.manages(path) and own.holds(_RIGHTS[kind], path=path)
