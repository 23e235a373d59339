"""What needs another's yes: an approval, its steps, its seats; and who stands in for somebody who is away.

Rule: docs/business-rules.md#approvals
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.core.versions import Versioned
from openpsm.org.models.people import User
from openpsm.org.querysets import AbsenceQuerySet, ApprovalQuerySet


class Approval(Versioned):
    """A question to others about one record; `created_by` asks and never answers.

    `kind` is declared by the package that asks, `title` and `detail` are the words that the reviewers see, and
    `fingerprint` is what the record looked like then: none of them ever changes. `step` counts from 1.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")
        VOID = "void", _("void")

    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    title = models.CharField(_("what is asked"), max_length=200)
    detail = models.TextField(_("details"), blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    step = models.PositiveSmallIntegerField(_("step"), default=1)
    told_at = models.DateTimeField()
    closed_at = models.DateTimeField(_("closed at"), null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=models.Q(state="waiting"),
                name="one_waiting_approval_per_record",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", closed_at=None)
                | (~models.Q(state="waiting") & models.Q(closed_at__isnull=False)),
                name="approval_closed_or_waiting",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_by", "-id"], name="approval_by_asker"),
            models.Index(fields=["subject_type", "subject_id"], name="approval_by_record"),
            models.Index(fields=["told_at"], name="approval_waiting", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return self.title


class ApprovalStep(models.Model):
    """One level of an approval: `all` of its reviewers must agree, or the first word of `any` of them counts."""

    class Needs(models.TextChoices):
        ALL = "all", _("all of them")
        ANY = "any", _("any of them")

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    needs = models.CharField(max_length=3, choices=Needs, default=Needs.ALL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["approval", "position"], name="approval_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.needs}"


class ApprovalSeat(models.Model):
    """One reviewer in one step. `decided_by` is the substitute where the reviewer was away; `added_by` a reviewer who
    asked one more.
    """

    class Decision(models.TextChoices):
        OPEN = "", _("not yet")
        APPROVE = "approve", _("yes")
        REJECT = "reject", _("no")

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="seats")
    position = models.PositiveSmallIntegerField()
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="approval_seats")
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=7, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["approval", "position", "reviewer"], name="approval_seat_once"),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_by=None, decided_at=None)
                | (~models.Q(decision="") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="approval_seat_decided_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reviewer"], name="approval_seat_open", condition=models.Q(decision="")),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} in step {self.position}"


class Absence(Versioned):
    """Somebody is away from `from_on` until the day before `back_on`; the substitute decides for them meanwhile."""

    user = models.OneToOneField(User, models.CASCADE, related_name="absence")
    substitute = models.ForeignKey(User, models.PROTECT, related_name="substitutions")
    from_on = models.DateField(_("away from"))
    back_on = models.DateField(_("back on"))

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(from_on__lt=models.F("back_on")), name="absence_has_days"),
            models.CheckConstraint(condition=~models.Q(user=models.F("substitute")), name="absence_not_own_substitute"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} until {self.back_on}"
