"""Application set-up of `web`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "openpsm.web"
    label = "web"
