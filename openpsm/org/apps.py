"""Application set-up of `org`."""

from django.apps import AppConfig


class OrgConfig(AppConfig):
    name = "openpsm.org"
    label = "org"
