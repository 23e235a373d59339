"""What every page's frame needs: the menu, the bell, the person."""

from typing import Any

from django.http import HttpRequest

from openpsm.org import notice
from openpsm.web.frame import menu_for


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the frame's values for a signed-in person (1 query: unread count and notice), nothing for a fragment.

    Strangers get the notice alone: it may say why they cannot sign in.
    """
    user = getattr(request, "user", None)
    if user is None or request.headers.get("HX-Request"):
        return {}
    if not user.is_authenticated:
        return {"announcement": notice.current()}
    return menu_for(user, request.path)
