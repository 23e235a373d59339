"""Every page declares who may call it; a route without a declaration fails the tests and is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import structlog
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.views import errors

P = ParamSpec("P")
log = structlog.get_logger(__name__)


class UserRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: Any


@dataclass(frozen=True)
class Route:
    """What a view declares: `permission` None means any signed-in person (rows are still scoped by `visible_to`)."""

    permission: Permission | None
    is_open: bool
    methods: tuple[str, ...]


def page(
    permission: Permission | None = None, *, is_open: bool = False, methods: tuple[str, ...] = ("GET",)
) -> Callable[[Callable[Concatenate[Any, P], HttpResponse]], Callable[Concatenate[Any, P], HttpResponse]]:
    """Declare a view's permission and methods; GET implies HEAD.

    Raises PermissionDenied (403) without the right, and Http404 when an operation does not find a record among those
    that the person sees.
    """
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def declare(view: Callable[Concatenate[Any, P], HttpResponse]) -> Callable[Concatenate[Any, P], HttpResponse]:
        @wraps(view)
        def guarded(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in allowed:
                return errors.not_this_way(request, allowed)
            if permission is not None and not access.reach(request.user).holds_anywhere(permission):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except ObjectDoesNotExist as error:  # invisible or gone; the log tells a defect's missing row from that
                log.info("record_not_found", missing=type(error).__qualname__, exc_info=True)
                raise Http404 from error

        guarded.route = Route(permission, is_open, allowed)  # type: ignore[attr-defined]  # read by route_of
        return guarded

    return declare


def route_of(view: Callable[..., Any]) -> Route | None:
    """Return what the view declared, None for views that are not pages (API, static files)."""
    return getattr(view, "route", None)
