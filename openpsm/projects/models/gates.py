"""Gate reviews, debts, confirmations, and the kept answers of the fact providers.

Rules: docs/business-rules.md#gates, #debts, #facts
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.core.models import Attachment
from openpsm.process.models import Stage
from openpsm.projects.models.project import Project


class GateReview(models.Model):
    """One attempt to leave a stage. Never changed and never deleted; `facts` is what the gate saw."""

    class Outcome(models.TextChoices):
        PASSED = "passed", _("passed")
        BLOCKED = "blocked", _("blocked")
        OVERRIDDEN = "overridden", _("overridden")
        TAKEN_OVER = "taken_over", _("taken over")
        WENT_BACK = "went_back", _("went back")

    project = models.ForeignKey(Project, models.PROTECT, related_name="reviews")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = models.TextField(blank=True)
    missing = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    probability_before = models.PositiveSmallIntegerField(null=True)
    probability_after = models.PositiveSmallIntegerField(null=True)
    source = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="review_by_project")]

    def __str__(self) -> str:
        return f"{self.stage_id} {self.outcome}"


class Debt(models.Model):
    """A key node that was missing when a gate was overridden, until it is made good."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="debts")
    review = models.ForeignKey(GateReview, models.PROTECT, related_name="debts")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    node_key = models.CharField(max_length=60)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["review", "node_key"], name="debt_once_per_review"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project"], name="debt_open", condition=models.Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return self.node_key


class Confirmation(models.Model):
    """A person's word, with evidence, that a manual key node is held or that a fact nobody computes yet is true.

    `kind` node: `key` is `stage:node`. `kind` fact: `key` is the fact's name. A withdrawn one stays on record.
    """

    class Kind(models.TextChoices):
        NODE = "node", _("key node")
        FACT = "fact", _("fact")

    project = models.ForeignKey(Project, models.PROTECT, related_name="confirmations")
    kind = models.CharField(max_length=5, choices=Kind)
    key = models.CharField(max_length=120)
    evidence = models.TextField(_("evidence"), blank=True)
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="+")
    activity_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "kind", "key"],
                condition=models.Q(withdrawn_at=None),
                name="one_live_confirmation",
            )
        ]

    def __str__(self) -> str:
        return self.key


class StageVisit(models.Model):
    """How long a project was in a stage, written when it leaves; of the present one see `stage_entered_at`."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="stage_visits")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(left_at__gte=models.F("entered_at")), name="stage_left_after_it_was_entered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} in {self.stage_id}"


class ProjectFacts(models.Model):
    """The last answers of all fact providers: `{name: {"value": …, "source": …, "as_of": …}}`.

    `turns_on` is the first day on which a time-dependent answer will differ, null when none will.
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="kept_facts")
    answers = models.JSONField(default=dict)
    as_of = models.DateTimeField()
    turns_on = models.DateField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"facts of {self.project_id}"
