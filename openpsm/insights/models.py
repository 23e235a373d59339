"""What somebody does not want to see today. Everything else here is read from the packages below."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Snooze(models.Model):
    """A line of Today put off by one person until a day: `kind` of line, and the id of the record it is about.

    It hides the line from that person only, and changes nothing of the record.
    """

    class Kind(models.TextChoices):
        STEP = "step", _("next step")
        GATE = "gate", _("key nodes")
        PENDING = "pending", _("registration")
        TENDER = "tender", _("tender")
        STALLED = "stalled", _("stalled")
        PROTECTION = "protection", _("protection")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    record_id = models.BigIntegerField()
    until = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "record_id"], name="snoozed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} until {self.until}"
