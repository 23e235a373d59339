"""Application set-up of `org`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgConfig(AppConfig):
    name = "openpsm.org"
    label = "org"
    verbose_name = _("organisation")

    def ready(self) -> None:
        from openpsm.org import approvals, fields, jobs, limits, links, mail, notice  # noqa: F401  # tasks register by being imported
        from openpsm.org import bin as recycling

        fields.declare_all()
        limits.declare_all()
        approvals.declare_all()
        recycling.declare_all()
        notice.declare_all()
        links.declare_all()
