"""Application set-up of `process`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProcessConfig(AppConfig):
    name = "openpsm.process"
    label = "process"
    verbose_name = _("processes")

    def ready(self) -> None:
        from openpsm.process import checks, fields  # noqa: F401  # models must be loaded; importing registers them

        fields.declare_all()
