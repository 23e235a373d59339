"""Application set-up of `exchange`."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "openpsm.exchange"
    label = "exchange"

    def ready(self) -> None:
        from openpsm.exchange import fields, links
        from openpsm.exchange.backup import schedule
        from openpsm.exchange.demo import loading  # noqa: F401  # registers by being imported
        from openpsm.exchange.imports import jobs  # noqa: F401  # registers by being imported

        fields.declare_all()
        links.declare_all()
        schedule.declare_all()
