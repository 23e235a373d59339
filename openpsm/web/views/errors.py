"""Error pages that say what happened, what to do, and an id to quote."""

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def _request_id() -> str:
    """The number under which the log has this request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    context = {"title": title, "text": text, "status": status, "request_id": _request_id()}
    return render(request, "errors/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, _("This request cannot be read"), _("Go back, check what you entered and try again."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request, 403, _("You are not allowed to do this"), _("Ask your manager or an administrator for the right.")
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is nothing here for you"),
        _("The record does not exist, was deleted, or is not open to you. Ask its owner or your manager."),
    )


def not_this_way(request: HttpRequest, allowed: tuple[str, ...]) -> HttpResponse:
    """An address that only forms send to, typed or followed from elsewhere."""
    response = _page(
        request,
        405,
        _("This address cannot be opened by itself"),
        _("It only takes what a form sends. Go back to the page with the form."),
    )
    response["Allow"] = ", ".join(allowed)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Say so without asking the database for anything: it may be what went wrong."""
    context = {
        "title": _("Something went wrong on our side"),
        "text": _("Nothing of this step was stored. Try again; if it stays, tell your administrator the id below."),
        "status": 500,
        "request_id": _request_id(),
    }
    return HttpResponseServerError(render_to_string("errors/error.html", context))


def csrf_failure(request: HttpRequest, reason: str = "", **_kwargs: Any) -> HttpResponse:
    return _page(
        request, 403, _("This form has expired"), _("Load the page again and send it once more; nothing was stored.")
    )
