"""What somebody must do by a date, and what somebody should know."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from openpsm.core.versions import Versioned
from openpsm.org.models.people import User
from openpsm.org.querysets import OPEN, NotificationQuerySet, TaskQuerySet


class Task(Versioned):
    """Something one person must do by a date, made by hand or by the system (`origin` says by which rule).

    `subject_*` is the record it is about; `project_id` the project it belongs to; `reminded_on` the due day its owner
    was reminded of. A system task is never made twice while one with the same `origin` and subject is open.
    """

    owner = models.ForeignKey(User, models.PROTECT, related_name="tasks")
    title = models.CharField(_("what to do"), max_length=200)
    detail = models.TextField(_("details"), blank=True)
    due_on = models.DateField(_("due on"), null=True)
    origin = models.CharField(max_length=60, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    done_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    result = models.TextField(_("result"), blank=True)
    reminded_on = models.DateField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        indexes: ClassVar = [
            models.Index(fields=["owner", "due_on", "id"], name="task_open_by_owner", condition=OPEN),
            models.Index(fields=["due_on"], name="task_open_by_day", condition=OPEN),
            models.Index(fields=["project_id", "due_on", "id"], name="task_by_project"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "origin",
                "subject_type",
                Coalesce("subject_id", 0),
                "owner",
                condition=~models.Q(origin="") & OPEN,
                name="one_open_task_per_origin",
            ),
            models.CheckConstraint(
                condition=models.Q(subject_type="", subject_id=None)
                | (~models.Q(subject_type="") & models.Q(subject_id__isnull=False)),
                name="task_subject_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(dropped_at=None), name="task_done_or_dropped"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Notification(models.Model):
    """A line in somebody's bell: which event about which record; its text is built when it is shown."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(fields=["user"], name="notification_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.kind
