"""Errors as RFC 9457 problem details: one place turns every refusal into its status and its stable `code`."""

import logging
from collections.abc import Callable
from typing import Any

from django.core import signals
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.log import log_response
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic_core import to_json

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale, TooMany
from openpsm.core.paging import BadCursor, UnknownSort

logger = logging.getLogger("django.request")

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("The request cannot be read"),
    401: gettext_lazy("A valid access token is needed"),
    403: gettext_lazy("You are not allowed to do this"),
    404: gettext_lazy("There is nothing here for you"),
    405: gettext_lazy("This address does not know the method"),
    409: gettext_lazy("A business rule stands against it"),
    412: gettext_lazy("Somebody else was faster"),
    413: gettext_lazy("The request is too large"),
    415: gettext_lazy("Send JSON"),
    422: gettext_lazy("The input is not valid"),
    428: gettext_lazy("Say which version you saw"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong on our side"),
    503: gettext_lazy("Not available for a moment"),
}


class Unreadable(DomainError):
    """What was sent cannot be understood at all (400)."""

    code = "bad-request"


class VersionNeeded(DomainError):
    """A change without `If-Match` (428)."""

    code = "version-needed"


def problem(status: int, code: str, detail: str = "", **more: Any) -> HttpResponse:
    """Return the answer for a refusal; `more` are members of their own, such as `errors` or `hits`."""
    title = str(TITLES[status])
    body = {"type": f"urn:openpsm:{code}", "title": title, "status": status, "code": code, "detail": detail or title}
    return HttpResponse(to_json({**body, **more}), status=status, content_type=CONTENT_TYPE)


def not_found(_request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Answer alike for what does not exist and for what is not the caller's."""
    text = _("The record does not exist, was deleted, or is not open to you.")
    return problem(404, "not-found", text)


def _status_of(error: DomainError) -> int:
    by_kind: tuple[tuple[type[DomainError], int], ...] = (
        (NotAllowed, 403),
        (Stale, 412),
        (TooMany, 429),
        (VersionNeeded, 428),
        (Unreadable, 400),
        (BadCursor, 400),
        (UnknownSort, 400),
    )
    return next((status for kind, status in by_kind if isinstance(error, kind)), 409)


def _domain_error(_request: HttpRequest, error: DomainError) -> HttpResponse:
    answer = problem(_status_of(error), error.code, str(error), **_public(error.details))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _public(details: dict[str, Any]) -> dict[str, Any]:
    """Leave out what belongs to the problem itself, whatever an operation calls its details."""
    return {key: value for key, value in details.items() if key not in {"type", "title", "status", "code", "detail"}}


def _invalid_input(_request: HttpRequest, error: InvalidInput) -> HttpResponse:
    rows = [{"field": field, "message": text} for field, texts in error.errors.items() for text in texts]
    return problem(422, error.code, str(error), errors=rows)


def _shape_error(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    rows = [{"field": _field(row["loc"]), "message": str(row["msg"])} for row in error.errors]
    return problem(422, "invalid", _("The input is not valid."), errors=rows)


def _field(place: tuple[Any, ...]) -> str:
    """Say `parties.0.role` for ("body", "body", "parties", 0, "role")."""
    parts = [str(part) for part in place[1:]]
    if place[0] == "body" and len(parts) > 1 and parts[0] == "body":
        parts = parts[1:]
    return ".".join(parts)


def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {400: "bad-request", 401: "unauthorized", 403: "not-allowed", 404: "not-found"}
    return problem(error.status_code, codes.get(error.status_code, "error"))


def _unauthorized(_request: HttpRequest, _error: Exception) -> HttpResponse:
    answer = problem(401, "unauthorized", _("Send a personal access token: “Authorization: Bearer …”."))
    answer.headers["WWW-Authenticate"] = 'Bearer realm="OpenPSM"'
    return answer


def _forbidden(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(403, "not-allowed")


def _unreadable(_request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(413, "too-large") if isinstance(error, RequestDataTooBig) else problem(400, "bad-request")


def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    answer = problem(503, "unavailable", _("The database cannot be reached just now. Nothing was stored; try again."))
    answer.headers["Retry-After"] = "5"
    log_response(
        "Database not available: %s", request.path, response=answer, request=request, logger=logger, exception=error
    )
    return answer


def _defect(request: HttpRequest, error: Exception) -> HttpResponse:
    """Log a defect as Django would, and answer without a word about its inside."""
    signals.got_request_exception.send(sender=None, request=request)
    text = _("Nothing of this request was stored. Tell your administrator the request id.")
    answer = problem(500, "internal-error", text)
    log_response(
        "Internal Server Error: %s", request.path, response=answer, request=request, logger=logger, exception=error
    )
    return answer


def install(api: NinjaAPI) -> None:
    """Register the handlers; the most specific class wins."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        DomainError: _domain_error,
        InvalidInput: _invalid_input,
        ValidationError: _shape_error,
        AuthenticationError: _unauthorized,
        HttpError: _http_error,
        Http404: not_found,
        ObjectDoesNotExist: not_found,
        PermissionDenied: _forbidden,
        SuspiciousOperation: _unreadable,
        OperationalError: _unavailable,
        InterfaceError: _unavailable,
        Exception: _defect,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
