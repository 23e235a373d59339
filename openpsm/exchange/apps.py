"""Application set-up of `exchange`."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "openpsm.exchange"
    label = "exchange"

    def ready(self) -> None:
        from openpsm.exchange.backup import schedule
        from openpsm.exchange.demo import loading  # noqa: F401  # registers by being imported

        schedule.declare_all()
