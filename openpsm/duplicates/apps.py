"""Application set-up of `duplicates`."""

from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "openpsm.duplicates"
    label = "duplicates"

    def ready(self) -> None:
        from openpsm.duplicates import fields, jobs, links, parameters  # noqa: F401  # models must be loaded; jobs register by being imported

        fields.declare_all()
        links.declare_all()
        parameters.declare_all()
