"""Application set-up of `duplicates`."""

from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "openpsm.duplicates"
    label = "duplicates"

    def ready(self) -> None:
        from openpsm.duplicates import fields, links, parameters  # models must be loaded

        fields.declare_all()
        links.declare_all()
        parameters.declare_all()
