"""What becomes of this package's references to users."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.core import links
from openpsm.insights.models import Alert, AlertPerson
from openpsm.org.models import User


def _called(user: User) -> QuerySet[AlertPerson]:
    return AlertPerson.objects.filter(user=user).exclude(alert__state=Alert.State.CLOSED)


def _give_calls(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """Open alerts call upon the receiver instead; once, where they do already."""
    theirs = AlertPerson.objects.filter(user=new, alert=OuterRef("alert"))
    _called(old).filter(Exists(theirs)).delete()
    return AlertPerson.objects.filter(pk__in=_called(old).values("pk")).update(user=new)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`. What somebody has put off is nobody else's business: it moves nowhere."""
    links.declare("insights.snooze", "user", target="org.user", label=_("lines of Today put off"))
    links.declare(
        AlertPerson,
        "user",
        target="org.user",
        label=_("alerts that call upon the person"),
        move=_give_calls,
        listing=_called,
    )
    links.declare(Alert, "seller", target="org.user", label=_("whom an alert is about"))
    links.declare(Alert, "closed_by", target="org.user", label=_("who closed an alert"))
    links.declare(Alert, "account", target="accounts.account", label=_("alerts, found anew after a merge"))
