"""Application set-up of `cli`."""

from django.apps import AppConfig


class CliConfig(AppConfig):
    name = "openpsm.cli"
    label = "cli"
