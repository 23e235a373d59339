"""Application set-up of `activities`."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "openpsm.activities"
    label = "activities"

    def ready(self) -> None:
        from openpsm.activities import (  # models must be loaded
            facts,  # noqa: F401  # registers
            fields,
            following,  # noqa: F401  # registers
            links,
            protecting,  # noqa: F401  # registers
        )

        fields.declare_all()
        links.declare_all()
