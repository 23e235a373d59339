"""What stands around every operation: token, permission, known query names, version seen, and the idempotency key."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

from django.db import DatabaseError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError
from ninja.operation import Operation

from openpsm.api.auth import ApiRequest, admit
from openpsm.api.idempotent import once
from openpsm.api.problems import Unreadable, VersionNeeded, problem
from openpsm.core.errors import DomainError, NotAllowed
from openpsm.org import access
from openpsm.org.permissions import Permission

P = ParamSpec("P")
R = TypeVar("R")
Run = Callable[..., HttpResponseBase]
OPEN: Literal["open"] = "open"
_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')


@dataclass(frozen=True)
class Declared:
    """What an operation declares. `permission` "open" means every user: the rows are scoped by `visible_to`."""

    permission: Permission | Literal["open"]
    is_versioned: bool
    is_write: bool


def permission(
    needed: Permission | Literal["open"], *, versioned: bool = False, is_write: bool | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare what an operation needs; `versioned` ones refuse a call without `If-Match`.

    `is_write` is for a POST that only asks.
    """

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        declared = Declared(needed, versioned, is_write is not False)
        view.declared = declared  # type: ignore[attr-defined]  # read by declared_by
        return view

    return declare


def declared_by(operation: Operation) -> Declared | None:
    """Return what the operation declared; a test sees to it that each one did."""
    return getattr(operation.view_func, "declared", None)


def area(name: str) -> Router:
    """Return a router whose operations stand in this frame, listed under `name` in the description."""
    router = Router(tags=[name])
    router.add_decorator(_framed, mode="view")
    return router


def _framed(run: Run) -> Run:
    operation: Operation = run.__self__  # type: ignore[attr-defined]  # ninja hands over the bound `Operation.run`
    known = {name for model in operation.models for name in _query_names(model)}

    def framed(request: ApiRequest, **path: Any) -> HttpResponseBase:
        try:
            refusal = _check(request, operation, known)
        except (DomainError, HttpError, DatabaseError) as error:
            return operation.api.on_exception(request, error)
        if refusal:
            return refusal
        with translation.override(request.auth.language or translation.get_language()):
            response = _answer(request, operation, lambda: run(request, **path))
            response.headers["Content-Language"] = translation.get_language()
            return response

    return framed


def _query_names(model: Any) -> list[str]:
    return list(model.__ninja_flatten_map__) if model.__ninja_param_source__ == "query" else []


def _check(request: ApiRequest, operation: Operation, known: set[str]) -> HttpResponse | None:
    declared = declared_by(operation)
    if declared is None:  # a defect, and closed until it is mended
        raise NotAllowed
    admit(request, is_write=declared.is_write and request.method != "GET")
    needed = declared.permission
    if needed != OPEN and not access.reach(request.auth).holds_anywhere(needed):
        raise NotAllowed
    if unknown := sorted(set(request.GET) - known):
        raise Unreadable(_("Unknown or hidden field: “%(name)s”.") % {"name": unknown[0][:60]}, code="unknown-field")
    request.version = _version_seen(request) if declared.is_versioned else None
    is_json = request.content_type in {"application/json", ""}
    return None if is_json or not request.body else problem(415, "not-json")


def _version_seen(request: ApiRequest) -> int:
    """Read `If-Match: "3"`; "*" is refused, since it would overwrite what the caller never saw."""
    given = request.headers.get("If-Match")
    if given is None:
        raise VersionNeeded(_('Send the version you saw: “If-Match: "3"”.'))
    found = _ETAG.fullmatch(given.strip())
    if found is None:
        raise Unreadable(_('“If-Match” must hold one version in quotes, such as "3".'))
    return int(found[1])


def _answer(request: ApiRequest, operation: Operation, call: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return call()
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        error = Unreadable(_("“Idempotency-Key” must have 1 to 255 visible ASCII characters without blanks."))
        return operation.api.on_exception(request, error)
    try:
        return once(request, key, _fingerprint(request), call)
    except DomainError as error:
        return operation.api.on_exception(request, error)


def _fingerprint(request: ApiRequest) -> str:
    """Tell whether two requests with one key are the same: method, address, version seen and body."""
    seen = f"{request.method} {request.get_full_path()} {request.headers.get('If-Match', '')}\n"
    return hashlib.sha256(seen.encode() + request.body).hexdigest()
