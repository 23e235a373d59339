"""What every page's frame needs: the menu, the bell, the person."""

from typing import Any

from django.http import HttpRequest

from openpsm.web.frame import menu_for


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the frame's values for a signed-in person (1 query: the unread count), nothing for a fragment."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.headers.get("HX-Request"):
        return {}
    return menu_for(user, request.path)
