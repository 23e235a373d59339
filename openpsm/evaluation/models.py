"""Is this a chance for us? Scored models, the evaluations made with them, and the three first questions.

Rules: docs/business-rules.md#evaluation, #grade
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.core.money import MoneyField, QuantityField, default_currency
from openpsm.core.versions import Versioned
from openpsm.evaluation.querysets import EvaluationQuerySet
from openpsm.projects.models import Project


class EvaluationModel(Versioned):
    """A scored model of factors, such as the nine factors for projects."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_evaluation_model"
            )
        ]

    def __str__(self) -> str:
        return self.key


class EvaluationModelVersion(models.Model):
    """One edition: `content` holds groups, factors (weight, levels 0–5), hard conditions and the pass mark.

    Never edited once published.
    """

    model = models.ForeignKey(EvaluationModel, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField(default=dict)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "number"], name="evaluation_model_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} v{self.number}"


class Evaluation(models.Model):
    """One evaluation of a project. `answers` maps factor to level 0–5 or null (unknown); scores are of 100.

    `hours_spent` and `cost_spent` are the effort until the decision, kept so that an early drop counts as effort saved.
    """

    class Decision(models.TextChoices):
        GO_ON = "go_on", _("go on")
        DROP = "drop", _("drop")
        LOWER_CONTACT = "lower_contact", _("lower the contact level")

    project = models.ForeignKey(Project, models.PROTECT, related_name="evaluations")
    model_version = models.ForeignKey(EvaluationModelVersion, models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    hard = models.JSONField(default=dict)
    remarks = models.JSONField(default=dict)
    score = QuantityField()
    low = QuantityField()
    high = QuantityField()
    is_passed = models.BooleanField()
    knock_outs = models.JSONField(default=list)
    gaps = models.JSONField(default=list)
    decision = models.CharField(max_length=14, choices=Decision, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    hours_spent = QuantityField(null=True)
    cost_spent = MoneyField(null=True)
    cost_currency = models.CharField(max_length=3, default=default_currency)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="evaluation_by_project")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("high"), low__gte=0, high__lte=100), name="evaluation_score_range"
            ),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_at=None, decided_by=None)
                | (~models.Q(decision="") & models.Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="evaluation_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.score}"


class Qualification(Versioned):
    """The three first questions (准客户): has a need, can pay, has a good name; null is unknown."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="qualification")
    has_need = models.BooleanField(_("has a need"), null=True, blank=True)
    can_pay = models.BooleanField(_("can pay"), null=True, blank=True)
    has_good_name = models.BooleanField(_("has a good name"), null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = EvaluationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"qualification of {self.project_id}"
