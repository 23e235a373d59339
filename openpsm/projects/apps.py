"""Application set-up of `projects`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "openpsm.projects"
    label = "projects"
    verbose_name = _("projects")

    def ready(self) -> None:
        from openpsm.projects import facts, fields, links, parameters, schedule  # noqa: F401  # registers; needs models

        fields.declare_all()
        parameters.declare_all()
        links.declare_all()
