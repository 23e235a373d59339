"""What becomes of this package's references to users."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openpsm.core import links


def declare_all() -> None:
    """Called once, from `AppConfig.ready`. What somebody has put off is nobody else's business: it moves nowhere."""
    links.declare("insights.snooze", "user", target="org.user", label=_("lines of Today put off"))
