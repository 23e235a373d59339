"""Pairs of accounts that may be one company, and what was done about them.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.accounts.models import Account
from openpsm.core.versions import Versioned
from openpsm.duplicates.querysets import MergeQuerySet, PairQuerySet


class PairClass(models.TextChoices):
    """What two accounts are to each other by their names and numbers."""

    SAME = "same", _("same")
    POSSIBLE = "possible", _("possible")
    RELATED = "related", _("related")


class PairState(models.TextChoices):
    """What became of a pair."""

    OPEN = "open", pgettext_lazy("pair of accounts", "open")
    DIFFERENT = "different", _("not a duplicate")
    LINKED = "linked", _("linked")
    MERGED = "merged", _("merged")


class DuplicatePair(Versioned):
    """Two live accounts that a search found alike, once for each two (`one` is the older of them).

    `names_key` stands for the names and codes of both when the pair was last judged: one that was put aside comes
    back only when it differs. `reasons` are codes, see `registrations.matching.REASONS`.
    """

    one = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name=_("account"))
    other = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name=_("other account"))
    cls = models.CharField(_("class"), max_length=8, choices=PairClass)
    score = models.PositiveSmallIntegerField(_("score"))
    reasons = models.JSONField(_("reasons"), default=list)
    names_key = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=9, choices=PairState, default=PairState.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    remark = models.CharField(_("remark"), max_length=300, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair of accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="duplicate_pair_in_order"),
            models.CheckConstraint(condition=Q(score__lte=100), name="duplicate_pair_score_percent"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-score", "-id"], name="duplicate_pair_by_score"),
            models.Index(fields=["-score", "-id"], name="duplicate_pair_score"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} ~ {self.other_id}"


class Merge(Versioned):
    """One account that became part of another, by whom and when (`created_by`, `created_at`), and what moved.

    `counts` are pairs of label and number for showing; the rows that changed stand in `MergedRow`.
    """

    kept = models.ForeignKey(Account, models.CASCADE, related_name="+")
    gone = models.ForeignKey(Account, models.CASCADE, related_name="+")
    gone_name = models.CharField(max_length=200)
    counts = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="account_merged_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["kept"], name="merge_by_kept")]

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.kept_id}"


class MergedRow(models.Model):
    """One row that a merge wrote: the columns that changed, before (`was`) and after (`became`).

    A row that was taken away has no `became`, and its whole `was`; one that was made has no `was`.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows")
    model = models.CharField(max_length=60)
    row = models.BigIntegerField()
    was = models.JSONField(null=True)
    became = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["merge", "model", "row"], name="merged_row_once")]

    def __str__(self) -> str:
        return f"{self.model} {self.row}"
