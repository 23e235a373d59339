"""Kept totals of projects: one projection, changed in the transaction of whoever changes a project.

Rule: docs/business-rules.md#totals
"""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from openpsm.core.money import MoneyField
from openpsm.projects.querysets import TotalQuerySet


class SumField(MoneyField[Decimal, Decimal]):
    """An amount summed over many projects; larger than any single one, and negative while it is a difference."""

    description = "Sum of money"
    limit = Decimal("90000000000000000.00")


class State(models.TextChoices):
    """What a project counts as; only running ones are ahead of us."""

    OPEN = "open"
    HELD = "held"
    WON = "won"
    FINISHED = "finished"
    LOST = "lost"
    DROPPED = "dropped"


class ProjectTotal(models.Model):
    """Figures of the projects of one owner, department, stage, state and currency, or a change of them.

    A change of a project adds a row with the difference and touches no other, so that writers never wait for one
    another; the sum over the rows is exact at any time, and `operations.fold_totals` adds them up now and then.
    `weighted` is the sum of amount times win probability in percent: divided by 100 only once, when it is shown.
    `owner`, `department` and `stage` are ids without a constraint: no row of these waits for a sum, or is kept by one.
    Only open projects count as `stalled`, `indebted`, `unevaluated` and `stepless` (without a next step).
    """

    owner = models.BigIntegerField()
    department = models.BigIntegerField()
    stage = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State)
    currency = models.CharField(max_length=3)
    count = models.IntegerField(default=0)
    amount = SumField(default=0)
    weighted = SumField(default=0)
    stalled = models.IntegerField(default=0)
    indebted = models.IntegerField(default=0)
    unevaluated = models.IntegerField(default=0)
    stepless = models.IntegerField(default=0)

    objects = TotalQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["department"], name="project_total_department"),
            models.Index(fields=["owner"], name="project_total_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.department}/{self.stage} {self.state}: {self.count}"
