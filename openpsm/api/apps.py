"""Application set-up of `api`."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "openpsm.api"
    label = "api"
