"""What is kept of an import: the batch, its rows while they wait and after, and mappings worth remembering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from openpsm.org.models import User


class ImportBatchQuerySet(models.QuerySet[Any]):
    """Imports hold what a file said, personal data among it: each person sees their own."""

    def visible_to(self, user: User) -> ImportBatchQuerySet:
        return self.filter(by=user) if user.is_active else self.none()


class ImportBatch(models.Model):
    """One file on its way in. Its records are visible from the moment their row is published, never before.

    `mapping` is {"columns": {index of the column: field}, "values": {field: {text: text}}}.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("to be mapped")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        REFUSED = "refused", _("not readable")
        PUBLISHING = "publishing", _("being taken over")
        PUBLISHED = "published", _("taken over")
        STOPPED = "stopped", _("stopped and taken back")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    kind = models.CharField(_("kind"), max_length=20)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    file_name = models.CharField(_("file"), max_length=150)
    stored_as = models.CharField(max_length=60, blank=True)
    sha256 = models.CharField(max_length=64)
    sheet = models.CharField(_("sheet"), max_length=60, blank=True)
    sheets = models.JSONField(default=list)
    headings = models.JSONField(default=list)
    heading_row = models.PositiveIntegerField(default=1)
    sample = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    update_by = models.CharField(max_length=40, blank=True)
    is_partial = models.BooleanField(_("take the good rows"), default=False)
    message = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"))
    checked_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        indexes: ClassVar = [models.Index(fields=["by", "-id"], name="import_batch_own")]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"

    @property
    def is_busy(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.PUBLISHING, self.State.UNDOING)


class ImportRow(models.Model):
    """One row of the file: what it said, what was understood, and the record that came of it.

    `before` holds the values that an update replaced; `record_version` is the version that the import left behind.
    """

    class State(models.TextChoices):
        BAD = "bad", _("not taken")
        STAGED = "staged", _("waiting")
        PUBLISHED = "published", _("taken over")
        UNDONE = "undone", _("undone")
        KEPT = "kept", _("changed since")

    class Action(models.TextChoices):
        CREATE = "create", _("new")
        UPDATE = "update", _("changed")
        NOTHING = "nothing", _("unchanged")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    state = models.CharField(max_length=10, choices=State, default=State.STAGED)
    action = models.CharField(max_length=10, choices=Action, default=Action.CREATE)
    cells = models.JSONField(default=list)
    values = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)
    warnings = models.JSONField(default=dict)
    record_id = models.BigIntegerField(null=True)
    record_version = models.PositiveIntegerField(null=True)
    before = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["batch", "state", "number"], name="import_row_by_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="import_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"


class ImportMapping(models.Model):
    """Which column meant which field the last time that somebody brought a file with these headings."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    signature = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["by", "kind", "signature"], name="import_mapping_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.signature[:8]}"
