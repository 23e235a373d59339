"""Application set-up of `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "openpsm.accounts"
    label = "accounts"
