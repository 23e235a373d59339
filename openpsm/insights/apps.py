"""Application set-up of `insights`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "openpsm.insights"
    label = "insights"
    verbose_name = _("insights")

    def ready(self) -> None:
        from openpsm.insights import fields, links

        fields.declare_all()
        links.declare_all()
