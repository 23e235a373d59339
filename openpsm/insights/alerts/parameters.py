"""Numbers of the alerts that a customer may change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    group = _("Alerts")
    for key, default, least, label in (
        ("alerts.escalate_days", 7, 1, _("An alert without reaction goes to the manager after (days)")),
        ("alerts.rest_days", 30, 0, _("An alert that a person closed is not raised again within (days)")),
        ("alerts.protection_days", 7, 1, _("Protection that ends within (days) is an alert")),
        ("alerts.idle_days", 60, 1, _("A project without real activity for (days) is idle")),
        ("alerts.idle_account_days", 180, 1, _("A customer without real activity for (days) is idle")),
        ("alerts.silent_months", 3, 1, _("A fall is measured against the mean of the last (months)")),
        ("alerts.silent_percent", 50, 1, _("A customer falls silent when the volume falls by at least (%)")),
        ("alerts.check_days", 7, 1, _("The check of a silent customer is due within (days)")),
        ("alerts.clash_days", 7, 1, _("Visits of two sellers to a customer clash within the next (days)")),
        ("alerts.undercut_percent", 1, 0, _("A colleague's price is undercut when lower by at least (%)")),
        ("alerts.undercut_days", 90, 1, _("Prices are compared that were offered within (days)")),
        ("alerts.elsewhere_times", 3, 2, _("Deals of one seller that went to the same place: from (times)")),
        ("alerts.elsewhere_months", 12, 1, _("Deals that went to the same place: within (months)")),
    ):
        parameters.declare(key, kind="integer", default=default, minimum=least, maximum=3650, label=label, group=group)
