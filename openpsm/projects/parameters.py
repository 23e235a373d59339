"""Numbers of this package that a customer may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters


def declare_all() -> None:
    for key, default, label, group in (
        ("projects.grade_short_days", 90, _("Order is near within (days)"), _("Grade")),
        ("projects.grade_middle_days", 180, _("Order is in the middle distance within (days)"), _("Grade")),
        ("projects.grade_high", 70, _("Chance is high from (%)"), _("Grade")),
        ("projects.grade_middle", 40, _("Chance is middling from (%)"), _("Grade")),
        ("projects.stalled_days_a", 14, _("Grade A is stalled without activity for more than (days)"), _("Stalled")),
        ("projects.stalled_days", 30, _("Others are stalled without activity for more than (days)"), _("Stalled")),
    ):
        parameters.declare(key, kind="integer", default=default, label=label, group=group, minimum=0, maximum=3650)
