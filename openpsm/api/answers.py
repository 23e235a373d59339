"""How answers leave: plain values straight to JSON, with the version as `ETag`."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.renderers import BaseRenderer
from pydantic_core import to_json


class Renderer(BaseRenderer):
    """Decimals become texts, dates ISO 8601, times carry their offset."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


def answer(body: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a record or a page; the `version` in it goes to `ETag` as well."""
    response = HttpResponse(to_json(body), status=status, content_type="application/json")
    if isinstance(version := body.get("version"), int):
        response.headers["ETag"] = f'"{version}"'
    return response


def gone() -> HttpResponse:
    """Answer that it is done and there is nothing to show."""
    return HttpResponse(status=204)


def moved(path: str, new: int) -> HttpResponse:
    """Answer that a record has become part of another one; not for good, since that may be taken back."""
    response = HttpResponse(status=307)
    response.headers["Location"] = f"{path.rpartition('/')[0]}/{new}"
    return response
