"""Application set-up of `exchange`."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "openpsm.exchange"
    label = "exchange"
