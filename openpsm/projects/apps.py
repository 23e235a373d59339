"""Application set-up of `projects`."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "openpsm.projects"
    label = "projects"
