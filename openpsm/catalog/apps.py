"""Application set-up of `catalog`."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "openpsm.catalog"
    label = "catalog"
