"""Application set-up of `process`."""

from django.apps import AppConfig


class ProcessConfig(AppConfig):
    name = "openpsm.process"
    label = "process"
