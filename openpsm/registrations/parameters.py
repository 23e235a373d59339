"""The numbers of registration that a customer may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters

PROTECTION_DAYS = "registration.protection_days"
CHECKS_PER_HOUR = "registration.checks_per_hour"
POOL_LIMIT = "registration.pool_limit"
SHARE_MIN = "arbitration.share_min"
SHARE_MAX = "arbitration.share_max"


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    group = _("Registration")
    parameters.declare(
        PROTECTION_DAYS,
        kind="integer",
        default=90,
        minimum=1,
        maximum=3650,
        group=group,
        label=_("Days of protection"),
        help=_("How long a registered customer or project is protected."),
    )
    parameters.declare(
        CHECKS_PER_HOUR,
        kind="integer",
        default=60,
        minimum=1,
        maximum=100_000,
        group=group,
        label=_("Checks an hour"),
        help=_("How often one person may check a name or run into a collision within an hour."),
    )
    parameters.declare(
        POOL_LIMIT,
        kind="integer",
        default=50,
        minimum=0,
        maximum=100_000,
        group=group,
        label=_("Unprotected accounts from the pool"),
        help=_("How many accounts without protection one person may hold before taking another from the pool."),
    )
    for key, default, label in (
        (SHARE_MIN, 5, _("Smallest share of an assistant (%)")),
        (SHARE_MAX, 10, _("Largest share of an assistant (%)")),
    ):
        parameters.declare(
            key,
            kind="decimal",
            default=default,
            minimum=0,
            maximum=100,
            group=_("Arbitration"),
            label=label,
            help=_("Of the commission; paid when all money is in."),
        )
