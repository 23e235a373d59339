"""Application set-up of `registrations`."""

from django.apps import AppConfig


class RegistrationsConfig(AppConfig):
    name = "openpsm.registrations"
    label = "registrations"

    def ready(self) -> None:
        from openpsm.registrations import arbitration, fields, links, parameters  # models must be loaded

        fields.declare_all()
        links.declare_all()
        parameters.declare_all()
        arbitration.declare_all()
