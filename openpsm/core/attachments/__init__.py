"""Files attached to records: checked, stored under generated names, and handed out by whoever checks the right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import File
from django.db import transaction
from django.db.models import ForeignObjectRel, Model, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from openpsm.core import events
from openpsm.core.attachments import contents, storage
from openpsm.core.attachments.contents import BadFile
from openpsm.core.errors import DomainError
from openpsm.core.models.files import Attachment

__all__ = ["BadFile", "add_attachment", "attachments_of", "may", "open_attachment", "register", "remove_attachment"]

Access = Callable[[AbstractBaseUser, int], bool]
MOST_PER_RECORD = 500
KEEP_DELETED = timedelta(days=30)
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may read and write the files of a kind of record: asked with the user and the key of the record."""

    readable: Access
    writable: Access


_rights: dict[str, Rights] = {}


def register(model: type[Model] | str, *, readable: Access, writable: Access) -> None:
    """Allow files on a kind of record; called in `AppConfig.ready`."""
    label = (model if isinstance(model, str) else model._meta.label).lower()
    _rights[label] = Rights(readable, writable)


def may(user: AbstractBaseUser, attachment: Attachment, *, write: bool = False) -> bool:
    """Say whether the user may read (or change) the file; one of a record that nobody registered is for no one."""
    rights = _rights.get(attachment.root_type)
    if rights is None or attachment.deleted_at is not None:
        return False
    return (rights.writable if write else rights.readable)(user, attachment.root_id)


def attachments_of(root: Model) -> QuerySet[Attachment]:
    """The files of a record, newest first, without deleted ones."""
    return Attachment.objects.filter(root_type=root._meta.label_lower, root_id=root.pk, deleted_at=None)


def add_attachment(
    *,
    root: Model,
    name: str,
    content: BinaryIO | File[bytes],
    by: AbstractBaseUser | None,
    at: datetime,
    kind: str = "",
) -> Attachment:
    """Check and store a file; the caller has checked the right. Raises BadFile and DomainError ("quota", "storage").

    The file is safely on the disk before its row is written: a row without file cannot be, a file without row is
    swept away later.
    """
    shown = clean_name(name)
    extension = _extension(shown)
    _check_room(root, shown)
    with storage.received(shown, content, _limit("OPENPSM_ATTACHMENT_MB", 20)) as draft:
        mime = contents.check(shown, extension, draft.file)
        storage_name = storage.keep(draft)
        size, sha256 = draft.size, draft.sha256
    with transaction.atomic():
        row = Attachment(
            root_type=root._meta.label_lower, root_id=root.pk, kind=kind, name=shown, by_id=by.pk if by else None
        )
        row.size, row.mime, row.sha256, row.storage_name, row.at = size, mime, sha256, storage_name, at
        row.save(force_insert=True)
        events.record("attachment.added", subject=row, root=root, by=by, at=at, name=shown, kind=kind, sha256=sha256)
    return row


def open_attachment(attachment: Attachment) -> BinaryIO:
    """Open the file for reading; the caller has asked `may`. Raises DomainError when the file is not there."""
    try:
        return storage.path_of(attachment.storage_name).open("rb")
    except FileNotFoundError:
        raise DomainError(_("This file is missing from the store."), code="file-missing") from None


def remove_attachment(*, attachment: Attachment, root: Model, by: AbstractBaseUser | None, at: datetime) -> None:
    """Take a file away from its record; it leaves the disk 30 days later. The caller has checked the right."""
    with transaction.atomic():
        if Attachment.objects.filter(pk=attachment.pk, deleted_at=None).update(deleted_at=at):
            events.record("attachment.removed", subject=attachment, root=root, by=by, at=at, name=attachment.name)
    attachment.deleted_at = attachment.deleted_at or at


def sweep(*, at: datetime) -> int:
    """Delete the files of rows removed long ago and files that no row names; returns how many.

    What another record refers to, as evidence of a gate does, stays. While a backup runs nothing goes: the next sweep
    finds it.
    """
    with storage.may_remove() as is_allowed:
        return _sweep(at) if is_allowed else 0


def _sweep(at: datetime) -> int:
    old = Attachment.objects.filter(deleted_at__lt=at - KEEP_DELETED)
    for relation in Attachment._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            name = relation.field.name
            used = relation.related_model._base_manager.filter(**{f"{name}__isnull": False})
            old = old.exclude(pk__in=used.values(name))
    gone = list(old.values_list("storage_name", flat=True))
    old.delete()
    known = set(Attachment.objects.values_list("storage_name", flat=True))
    incoming = storage.folder() / "incoming"
    strays = [name for name in storage.stored_before(at - timedelta(days=1)) if name not in known]
    for name in {*gone, *strays}:
        storage.remove(name)
        (incoming / name).unlink(missing_ok=True)
    return len({*gone, *strays})


def clean_name(name: str) -> str:
    """Return the file name without path, invisible signs and double blanks, at most 150 characters; raises BadFile."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(" " if sign.isspace() else sign for sign in base if unicodedata.category(sign) not in _HIDDEN)
    plain = re.sub(r'[<>:"|?*]', "_", " ".join(visible.split())).strip(". ")
    stem, dot, extension = plain.rpartition(".")
    if not dot or not stem.strip(". "):
        raise BadFile(plain[:50] or "?", _("its name has no ending, such as .pdf."))
    return f"{stem[:140].strip('. ')}.{extension[:10]}"


def _extension(name: str) -> str:
    extension = name.rpartition(".")[2].lower()
    if extension not in contents.KINDS:
        kinds = ", ".join(contents.KINDS)
        raise BadFile(name, _("files of this kind are not taken, only %(kinds)s.") % {"kinds": kinds})
    return extension


def _check_room(root: Model, name: str) -> None:
    if attachments_of(root).count() >= MOST_PER_RECORD:
        raise DomainError(_("This record has too many files already."), code="quota", name=name)
    used = Attachment.objects.aggregate(size=Sum("size", default=0))["size"]
    if used >= _limit("OPENPSM_MEDIA_QUOTA_MB", 50_000):
        raise DomainError(_("The store of files is full. Please tell your administrator."), code="quota", name=name)


def _limit(setting: str, default: int) -> int:
    return int(getattr(settings, setting, default)) * 1024 * 1024
