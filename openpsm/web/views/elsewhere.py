"""Where deals go: sellers whose lost deals end at the same place again and again, for their managers."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core import parameters
from openpsm.core.money import format_amount
from openpsm.insights.elsewhere import Destination, destinations_of
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.views.lost_listing import ways

MOST = 200


@page(Permission.REGISTRATION_ARBITRATE)
def destinations(request: UserRequest) -> HttpResponse:
    """Show by seller where their deals went, the most frequent first (2 queries beside the frame's)."""
    found = destinations_of(request.user, at=timezone.now())
    context: dict[str, Any] = {
        "title": _("Where deals go"),
        "ways": ways("destinations", request.user),
        "rows": [(one, _amounts(one, request.user), _deals(one)) for one in found[:MOST]],
        "more": max(0, len(found) - MOST),
        "months": parameters.value("alerts.elsewhere_months"),
        "times": parameters.value("alerts.elsewhere_times"),
    }
    return render(request, "alerts/destinations.html", context)


def _amounts(one: Destination, user: User) -> list[str]:
    unit = user.amount_unit or "yuan"
    return [format_amount(amount, currency, unit) for currency, amount in sorted(one.amounts.items())]


def _deals(one: Destination) -> str:
    """The list of all lost deals that name this place, whoever lost them."""
    return f"{reverse('web:lost-list')}?{urlencode({'q': one.name})}"
