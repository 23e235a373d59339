"""Application set-up of `buying`."""

from django.apps import AppConfig


class BuyingConfig(AppConfig):
    name = "openpsm.buying"
    label = "buying"
