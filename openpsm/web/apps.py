"""Application set-up of `web`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "openpsm.web"
    label = "web"

    def ready(self) -> None:
        from openpsm.web import attached  # models must be loaded
        from openpsm.web.lists import jobs  # noqa: F401  # tasks register by being imported

        attached.declare_all()
