"""Processes as versioned data: stages, the customer's steps, work items and key nodes.

A published version is never edited; running projects keep theirs. Texts are `{"en": …, "zh": …}`.
Rule: docs/business-rules.md#gates
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from openpsm.core.versions import Versioned


class Process(Versioned):
    """A template of ordered stages, such as the standard six."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.JSONField(default=dict)
    description = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("process")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_process"
            )
        ]

    def __str__(self) -> str:
        return self.key


class ProcessVersion(models.Model):
    """One edition of a process; `published_at` closes it for good."""

    process = models.ForeignKey(Process, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["process", "number"], name="process_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.process_id} v{self.number}"


class ProcurementStep(models.Model):
    """A step of the customer's own way to the purchase."""

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="steps")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    name = models.JSONField(default=dict)
    description = models.JSONField(default=dict)
    decision_step = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "key"], name="procurement_step_once"),
            models.UniqueConstraint(fields=["version", "position"], name="procurement_step_position"),
        ]

    def __str__(self) -> str:
        return self.key


class Stage(models.Model):
    """A stage of our way: what to do in it, and which key nodes end it."""

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="stages")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    step = models.ForeignKey(ProcurementStep, models.PROTECT, related_name="stages")
    name = models.JSONField(default=dict)
    goal = models.JSONField(default=dict)
    guidance = models.JSONField(default=dict)
    questions = models.JSONField(default=list)
    expected_days = models.PositiveSmallIntegerField()
    expected_role = models.CharField(max_length=40, blank=True)
    is_won_gate = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "key"], name="stage_once"),
            models.UniqueConstraint(fields=["version", "position"], name="stage_position"),
        ]

    def __str__(self) -> str:
        return self.key


class WorkItem(models.Model):
    """What is to be done in a stage."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="work_items")
    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField()
    title = models.JSONField(default=dict)
    how = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["stage", "key"], name="work_item_once")]

    def __str__(self) -> str:
        return self.key


class KeyNode(models.Model):
    """A milestone that ends a stage; `is_warning` ones speak up but never block."""

    class Kind(models.TextChoices):
        COMPUTED = "computed", _("computed")
        MANUAL = "manual", _("manual")
        EXPRESSION = "expression", _("expression")

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="key_nodes")
    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    check_name = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict)
    expression = models.TextField(blank=True)
    label = models.JSONField(default=dict)
    why = models.JSONField(default=dict)
    todo = models.JSONField(default=dict)
    place = models.CharField(max_length=40, blank=True)
    is_warning = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["stage", "key"], name="key_node_once")]

    def __str__(self) -> str:
        return self.key
