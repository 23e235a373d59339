"""What somebody keeps an eye on: the records they follow and those they opened last."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.org.models.people import User
from openpsm.org.querysets import OwnQuerySet


class Follow(models.Model):
    """Somebody wants to hear of a record. Whether they still see it is asked when there is something to tell."""

    user = models.ForeignKey(User, models.CASCADE, related_name="follows")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("follower")
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id"], name="follow_by_record")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "subject_type", "subject_id"], name="followed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.subject_type} {self.subject_id}"


class Recent(models.Model):
    """When somebody last opened a record; only the latest ones are kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recents")
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("recently opened record")
        indexes: ClassVar = [models.Index(fields=["user", "-at"], name="recent_by_user")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "subject_type", "subject_id"], name="recent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} opened {self.subject_type} {self.subject_id}"
