"""Who handed what over to whom, and what the receiver said to each thing."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.core.versions import Versioned
from openpsm.org.models.people import User
from openpsm.org.querysets import HandoverItemQuerySet, HandoverQuerySet


class Handover(Versioned):
    """One step in which everything of a person who leaves or moves goes to others; `created_by` took it."""

    class Reason(models.TextChoices):
        """Why somebody hands over."""

        LEAVING = "leaving", _("leaves the company")
        MOVING = "moving", _("takes another post")

    giver = models.ForeignKey(User, models.PROTECT, related_name="handovers", verbose_name=_("from"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    done_at = models.DateTimeField(_("confirmed at"), null=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("handover")

    def __str__(self) -> str:
        return f"{self.pk}"


class HandoverItem(models.Model):
    """One thing handed over. `kind` is the link it came from, as "app.model.field"; its words are read from the record.

    They are not copied: what an item is called may be confidential, and a person's name can be erased.
    """

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="items")
    kind = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    receiver = models.ForeignKey(User, models.PROTECT, related_name="items_received", verbose_name=_("to"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    contested_at = models.DateTimeField(_("contested at"), null=True)
    passed_on_at = models.DateTimeField(null=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)

    objects = HandoverItemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handover", "kind", "subject_id"], name="handover_item_once"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None) | models.Q(contested_at=None),
                name="handover_item_confirmed_or_contested",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["receiver", "handover"],
                name="handover_item_waiting",
                condition=models.Q(confirmed_at=None, passed_on_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
