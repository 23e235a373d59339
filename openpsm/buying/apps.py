"""Application set-up of `buying`."""

from django.apps import AppConfig


class BuyingConfig(AppConfig):
    name = "openpsm.buying"
    label = "buying"

    def ready(self) -> None:
        from openpsm.buying import facts, fields, links  # noqa: F401  # registers; models must be loaded

        fields.declare_all()
        links.declare_all()
