"""What somebody opened last and what they follow. These are the person's own affair and leave no event."""

from datetime import datetime
from typing import Any

from django.db import transaction

from openpsm.org.models import Follow, Recent, User

KEPT = 40


def remember_opened(*, subject_type: str, subject_id: int, by: User, at: datetime) -> None:
    """Note that the user opened a record, the latest KEPT of them (3 statements).

    Whether they may see it is asked when the list is shown: a number that means nothing to them stays hidden.
    """
    if not subject_type or not by.is_active:
        return
    same: dict[str, Any] = {"user": by, "subject_type": subject_type, "subject_id": subject_id}
    with transaction.atomic():
        Recent.objects.update_or_create(**same, defaults={"at": at})
        old = Recent.objects.filter(user=by).order_by("-at", "-pk").values_list("pk", flat=True)[KEPT : KEPT + 10]
        Recent.objects.filter(pk__in=list(old)).delete()


def follow(*, subject_type: str, subject_id: int, by: User, at: datetime) -> None:
    """Follow a record; the caller has found it among those that the user sees. Twice is once."""
    Follow.objects.get_or_create(user=by, subject_type=subject_type, subject_id=subject_id, defaults={"at": at})


def unfollow(*, subject_type: str, subject_id: int, by: User) -> None:
    """Hear no more of it."""
    Follow.objects.filter(user=by, subject_type=subject_type, subject_id=subject_id).delete()
