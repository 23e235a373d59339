"""Comments: whoever sees a record may say something at it, call colleagues by name, and change their own words.

Rule: docs/business-rules.md#comments
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.activities.audience import Record, audience
from openpsm.activities.mentions import look_up
from openpsm.activities.models import Activity, Comment, CommentMention
from openpsm.core import events
from openpsm.core.errors import InvalidInput, NotAllowed
from openpsm.core.locks import lock_rows
from openpsm.core.versions import bump, require_version
from openpsm.org.bin import require_kept
from openpsm.org.models import Follow, User
from openpsm.org.operations import Note, notify
from openpsm.projects.models import Project

LONGEST = 5000
SUBJECTS: dict[str, Any] = {"project": Project, "account": Account, "activity": Activity}


@dataclass(frozen=True)
class Posted:
    """A comment as it stands now; `unseen` are people it names who do not see the record and were not told."""

    comment: Comment
    told: list[User]
    unseen: list[User]


def post_comment(*, kind: str, subject_id: int, text: str, by: User, at: datetime) -> Posted:
    """Write at a project, account or activity (`kind`) that the user sees.

    People named with "@" and the record's followers find it in their bell, as far as they see the record.
    Raises DoesNotExist for what the user does not see, InvalidInput for an empty text or an unclear name.
    """
    words = _checked(text)
    with transaction.atomic():
        record = _seen(kind, subject_id, by)
        comment = Comment(author=by, text=words, created_by=by, created_at=at, updated_at=at, **{kind: record})
        comment.save()
        posted = _tell(comment, record, look_up(words), by=by, at=at)
        _record("comment.added", comment, record, by=by, at=at, text=words)
    return posted


def change_comment(*, comment_id: int, text: str, by: User, at: datetime, version: int | None = None) -> Posted:
    """Change one's own words; what they were stays in the history. Only people named for the first time are told."""
    words = _checked(text)
    with transaction.atomic():
        comment = _own(comment_id, by, version)
        old, record = comment.text, comment.about
        before = set(comment.mentions.values_list("user_id", flat=True))
        if old == words:
            return Posted(comment, [], [])
        comment.text, comment.edited_at = words, at
        comment.save(update_fields=["text", "edited_at", *bump(comment, at=at)])
        named = look_up(words)
        comment.mentions.exclude(user__in=named).delete()
        fresh = [one for one in named if one.pk not in before]
        posted = _tell(comment, record, fresh, by=by, at=at, with_followers=False)
        _record("comment.changed", comment, record, by=by, at=at, changed={"text": [old, words]})
    return posted


def delete_comment(*, comment_id: int, by: User, at: datetime, version: int | None = None) -> Comment:
    """Take one's own words back; they stay in the history of the record."""
    with transaction.atomic():
        comment = _own(comment_id, by, version)
        comment.deleted_at = at
        comment.save(update_fields=["deleted_at", *bump(comment, at=at)])
        _record("comment.deleted", comment, comment.about, by=by, at=at, text=comment.text)
    return comment


def restore_comment(*, comment_id: int, by: User, at: datetime) -> Comment:
    """Put one's own deleted words back where they stood, if one still sees the record."""
    with transaction.atomic():
        lock_rows(Comment, [comment_id])
        rows = Comment.objects.filter(author=by, deleted_at__isnull=False).with_names()
        comment: Comment = rows.get(pk=comment_id)
        record = comment.about
        _seen(_kind_of(record), record.pk, by)
        require_kept(comment.deleted_at, at=at)
        comment.deleted_at = None
        comment.save(update_fields=["deleted_at", *bump(comment, at=at)])
        _record("comment.restored", comment, record, by=by, at=at, text=comment.text)
    return comment


def _checked(text: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words or "\x00" in words:
        raise InvalidInput({"text": _("Write something first.")})
    if len(words) > LONGEST:
        raise InvalidInput({"text": _("At most %(n)s signs fit here.") % {"n": LONGEST}})
    return words


def _seen(kind: str, subject_id: int, by: User) -> Record:
    if kind not in SUBJECTS:
        raise InvalidInput({"kind": _("Comments stand at projects, accounts and activities.")})
    joined = ("department", "account", "project") if kind == "activity" else ("department",)
    record: Record = SUBJECTS[kind].objects.visible_to(by).select_related(*joined).get(pk=subject_id)
    return record


def _own(comment_id: int, by: User, version: int | None) -> Comment:
    lock_rows(Comment, [comment_id])
    rows = Comment.objects.visible_to(by).with_names()
    comment: Comment = rows.select_related("activity__project", "activity__account", "activity__department").get(
        pk=comment_id
    )
    if comment.author_id != by.pk:
        raise NotAllowed(_("Only its author may change a comment."))
    require_version(comment, version)
    return comment


def _tell(
    comment: Comment, record: Record, named: list[User], *, by: User, at: datetime, with_followers: bool = True
) -> Posted:
    """Note who is named, and put a line into the bells of those and of the followers who see the record."""
    followers = set(_followers(record)) if with_followers else set()
    ids = {one.pk for one in named} | followers
    seeing = set(audience(record).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    told = [one for one in named if one.pk in seeing]
    CommentMention.objects.bulk_create(CommentMention(comment=comment, user=one) for one in told)
    _ring(record, {one.pk for one in told}, (followers & seeing) - {one.pk for one in told}, by=by, at=at)
    return Posted(comment, told, [one for one in named if one.pk not in seeing])


def _ring(record: Record, mentioned: Collection[int], following: Collection[int], *, by: User, at: datetime) -> None:
    data = {"who": by.name, "title": _title(record)}
    rows = [Note(pk, "comment.mentioned", record, data) for pk in sorted(mentioned) if pk != by.pk]
    rows += [Note(pk, "comment.added", record, data) for pk in sorted(following) if pk != by.pk]
    if rows:
        notify(rows=rows, at=at)


def _followers(record: Record) -> list[int]:
    """Of an activity the followers of its project or account hear."""
    root = (record.project or record.account) if isinstance(record, Activity) else record
    rows = Follow.objects.filter(subject_type=root._meta.label_lower, subject_id=root.pk)
    return list(rows.values_list("user_id", flat=True))


def _title(record: Record) -> str:
    return str((record.project or record.account) if isinstance(record, Activity) else record)


def _kind_of(record: Record) -> str:
    return next(kind for kind, model in SUBJECTS.items() if isinstance(record, model))


def _record(name: str, comment: Comment, record: Record, *, by: User, at: datetime, **words: Any) -> None:
    """One event each. The words stand in the record's history; those at an activity, which fewer people see, sealed."""
    is_narrower = isinstance(record, Activity)
    root = (record.project or record.account) if isinstance(record, Activity) else record
    data = {"about": _kind_of(record), "about_id": record.pk, **({} if is_narrower else words)}
    sealed = words if is_narrower else None
    events.record(name, subject=comment, root=root, by=by, at=at, sealed=sealed, **data)
