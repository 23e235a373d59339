"""What people keep of their lists: saved views, and what a bulk edit did."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.core.versions import Versioned
from openpsm.org.models.people import Department, User
from openpsm.org.querysets import BulkEditQuerySet, SavedViewQuerySet


class SavedView(Versioned):
    """A list as somebody likes it: `query` is its address without the page. It holds no rows and gives no rights.

    Shared with a department it is offered to everybody in it and below it; each reader sees their own rows.
    """

    class Sharing(models.TextChoices):
        OWN = "own", _("only me")
        DEPARTMENT = "department", _("a department")
        ALL = "all", _("everybody")

    listing = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(blank=True)
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    sharing = models.CharField(_("shared with"), max_length=10, choices=Sharing, default=Sharing.OWN)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        indexes: ClassVar = [models.Index(fields=["listing", "sharing"], name="view_by_listing")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "listing", "name"], name="view_name_once_per_owner"),
            models.CheckConstraint(
                condition=models.Q(sharing="department", department__isnull=False)
                | (~models.Q(sharing="department") & models.Q(department=None)),
                name="view_shared_with_its_department",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BulkEdit(models.Model):
    """One act on many records: what was asked of which of them. The right to each is asked when it is its turn."""

    by = models.ForeignKey(User, models.CASCADE, related_name="bulk_edits")
    listing = models.CharField(max_length=40)
    action = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    ids = models.JSONField(default=list)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undo_of = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")

    objects = BulkEditQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk edit")
        indexes: ClassVar = [models.Index(fields=["by", "-id"], name="bulk_edit_by_user")]

    def __str__(self) -> str:
        return f"{self.action} on {self.listing}"


class BulkResult(models.Model):
    """How it went with one record, written with the change itself; `kept` is what an undo puts back."""

    class Outcome(models.TextChoices):
        DONE = "done", _("changed")
        SAME = "same", _("stays as it is")
        REFUSED = "refused", _("refused")

    bulk = models.ForeignKey(BulkEdit, models.CASCADE, related_name="results")
    record_id = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.TextField(blank=True)
    kept = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulk", "record_id"], name="bulk_result_once_per_record")
        ]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.outcome}"
