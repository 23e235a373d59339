"""The fragments behind every picker: the list while typing, and the picker with what was chosen."""

import re

from django.http import Http404, HttpResponse
from django.shortcuts import render

from openpsm.web.access import UserRequest, page
from openpsm.web.forms.pickers import picker
from openpsm.web.pickers import LIMIT, SOURCES

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")


@page()
def pick(request: UserRequest, source: str) -> HttpResponse:
    """Answer `?q=` with at most 20 choices, `?value=` with the picker holding that value (1 query)."""
    if source not in SOURCES:
        raise Http404
    name, html_id = (_checked(request.GET.get(key, "picked")) for key in ("name", "id"))
    if "value" in request.GET:
        return _chosen(request, source, name, html_id)
    text = request.GET.get("q", request.GET.get(f"{name}_text", ""))[:80].replace("\x00", "")
    found = SOURCES[source].search(request.user, text)
    context = {"choices": found, "name": name, "id": html_id, "text": text, "is_cut": len(found) == LIMIT}
    return render(request, "components/_picker_list.html", {**context, "source": source})


def _checked(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise Http404
    return text


def _chosen(request: UserRequest, source: str, name: str, html_id: str) -> HttpResponse:
    choice = SOURCES[source].find(request.user, request.GET["value"][:40].replace("\x00", ""))
    if choice is None:
        raise Http404
    value, text = choice.value, choice.label
    shown = picker(SOURCES[source], name=name, html_id=html_id, value=value, text=text, is_fresh=True)
    response = render(request, "components/_picker.html", {"picker": shown})
    response.headers["HX-Trigger-After-Swap"] = "picked"
    return response
