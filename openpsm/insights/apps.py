"""Application set-up of `insights`."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "openpsm.insights"
    label = "insights"
