"""The ground as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "openpsm.core"
    verbose_name = _("ground")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from openpsm.core import checks, own_links
        from openpsm.core.events import protection
        from openpsm.core.jobs import housekeeping  # noqa: F401  # registers its periodic jobs

        own_links.declare_all()
        checks.register_all()
        post_migrate.connect(protection.after_migrate, sender=self, dispatch_uid="openpsm.core.protection")
