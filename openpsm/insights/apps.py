"""Application set-up of `insights`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "openpsm.insights"
    label = "insights"
    verbose_name = _("insights")

    def ready(self) -> None:
        from openpsm.insights import fields, links
        from openpsm.insights.alerts import acts, findings, parameters, schedule  # noqa: F401  # handlers register

        fields.declare_all()
        links.declare_all()
        parameters.declare_all()
        findings.declare_all()
