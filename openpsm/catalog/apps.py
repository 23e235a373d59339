"""Application set-up of `catalog`."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "openpsm.catalog"
    label = "catalog"

    def ready(self) -> None:
        from openpsm.catalog import fields  # models must be loaded

        fields.declare_all()
