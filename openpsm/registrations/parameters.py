"""The numbers of registration that a customer may change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters

PROTECTION_DAYS = "registration.protection_days"
CHECKS_PER_HOUR = "registration.checks_per_hour"
FOREIGN_PER_DAY = "registration.foreign_per_day"
POOL_LIMIT = "registration.pool_limit"
WARNING_DAYS = "registration.warning_days"
CLAIMS_PER_DAY = "registration.pool_claims_per_day"
RECLAIM_DAYS = "registration.reclaim_days"
UNWORKED_DAYS = "registration.unworked_days"
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
        FOREIGN_PER_DAY,
        kind="integer",
        default=30,
        minimum=1,
        maximum=100_000,
        group=group,
        label=_("Colleagues' records a day"),
        help=_("How many customers and projects of colleagues the checks of one person may run into in a day."),
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
    _declare_life(group)
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


def _declare_life(group: Any) -> None:
    for key, default, least, label, text in (
        (
            WARNING_DAYS,
            7,
            1,
            _("Warning before protection ends (days)"),
            _("So many days before, the owner is told and gets a task."),
        ),
        (
            CLAIMS_PER_DAY,
            10,
            0,
            _("Accounts from the pool a day"),
            _("How many accounts one person may take from the pool in a day."),
        ),
        (
            RECLAIM_DAYS,
            30,
            0,
            _("Days before the last owner may take an account again"),
            _("Whoever lost an account to the pool or gave it back leaves it to others for so long."),
        ),
        (
            UNWORKED_DAYS,
            30,
            1,
            _("Days to begin work on an account from the pool"),
            _("Without any activity by then it goes back to the pool."),
        ),
    ):
        parameters.declare(
            key, kind="integer", default=default, minimum=least, maximum=3650, group=group, label=label, help=text
        )
