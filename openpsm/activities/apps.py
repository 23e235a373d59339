"""Application set-up of `activities`."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "openpsm.activities"
    label = "activities"

    def ready(self) -> None:
        from openpsm.activities import facts, fields, following, links  # noqa: F401  # registers; models must be loaded

        fields.declare_all()
        links.declare_all()
