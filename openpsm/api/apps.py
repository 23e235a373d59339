"""Application set-up of `api`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "openpsm.api"
    label = "api"

    def ready(self) -> None:
        from openpsm.core import parameters

        parameters.declare(
            "api.requests_per_minute",
            kind="integer",
            default=1200,
            minimum=10,
            maximum=1_000_000,
            label=_("API requests of one token in a minute"),
            help=_("Beyond it the API answers 429 until the minute is over."),
            group=_("Access by programs"),
        )
