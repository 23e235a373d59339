"""Application set-up of `registrations`."""

from django.apps import AppConfig


class RegistrationsConfig(AppConfig):
    name = "openpsm.registrations"
    label = "registrations"
