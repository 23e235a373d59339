"""Numbers of this package that a customer may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    parameters.declare(
        "losses.report_days",
        kind="integer",
        default=7,
        minimum=1,
        maximum=365,
        label=_("The report of a lost customer is due within (days)"),
        group=_("Lost customers"),
    )
