"""Application set-up of `registrations`."""

from django.apps import AppConfig


class RegistrationsConfig(AppConfig):
    name = "openpsm.registrations"
    label = "registrations"

    def ready(self) -> None:
        from openpsm.registrations import (  # models must be loaded
            arbitration,
            fields,
            following,  # noqa: F401  # registers
            links,
            parameters,
            territories,
        )

        fields.declare_all()
        links.declare_all()
        parameters.declare_all()
        arbitration.declare_all()
        territories.declare_all()
