"""The numbers of merging that a customer may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters

UNDO_DAYS = "duplicates.undo_days"


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    parameters.declare(
        UNDO_DAYS,
        kind="integer",
        default=30,
        minimum=0,
        maximum=3650,
        group=_("Duplicates"),
        label=_("Merges can be taken back for (days)"),
        help=_("How long it is remembered what a merge of two accounts moved."),
    )
