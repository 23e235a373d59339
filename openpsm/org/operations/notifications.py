"""Lines in people's bells. They repeat what events say and leave none of their own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from openpsm.org.models import Notification, User


@dataclass(frozen=True, slots=True)
class Note:
    """For whom, of which kind, about which record; `data` holds what the kind's text needs, nothing confidential."""

    user_id: int
    kind: str
    subject: Model
    data: Mapping[str, Any] = field(default_factory=dict)


def notify(*, rows: Sequence[Note], at: datetime) -> int:
    """Put lines into the bells of active users and return how many (2 statements, however many lines)."""
    active = set(User.objects.active().filter(pk__in={note.user_id for note in rows}).values_list("pk", flat=True))
    lines = [
        Notification(
            user_id=note.user_id,
            kind=note.kind,
            subject_type=note.subject._meta.label_lower,
            subject_id=note.subject.pk,
            data=dict(note.data),
            at=at,
        )
        for note in rows
        if note.user_id in active
    ]
    return len(Notification.objects.bulk_create(lines))


def mark_read(*, notification_ids: Collection[int] | None, by: User, at: datetime) -> int:
    """Mark one's own notifications read, all of them with None; returns how many were unread (1 statement)."""
    unread = Notification.objects.visible_to(by).unread()
    if notification_ids is not None:
        unread = unread.filter(pk__in=notification_ids)
    return unread.update(read_at=at)
