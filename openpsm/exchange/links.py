"""What becomes of this package's references to users: imports are history and stay."""

from django.utils.translation import gettext_lazy as _

from openpsm.core import links


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    links.declare("exchange.importbatch", "by", target="org.user", label=_("files imported"))
    links.declare("exchange.importmapping", "by", target="org.user", label=_("mappings of columns remembered"))
