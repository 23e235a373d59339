"""Application set-up of `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "openpsm.accounts"
    label = "accounts"

    def ready(self) -> None:
        from openpsm.accounts import fields, links, parameters  # models must be loaded

        fields.declare_all()
        links.declare_all()
        parameters.declare_all()
