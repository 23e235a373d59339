"""What becomes of this package's references to users: they say who judged, which is history and stays."""

from django.utils.translation import gettext_lazy as _

from openpsm.core import links
from openpsm.evaluation.models import Evaluation


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    links.declare(Evaluation, "by", target="org.user", label=_("who evaluated a project"))
    links.declare(Evaluation, "decided_by", target="org.user", label=_("who decided on an evaluation"))
