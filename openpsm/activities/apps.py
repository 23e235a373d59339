"""Application set-up of `activities`."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "openpsm.activities"
    label = "activities"
