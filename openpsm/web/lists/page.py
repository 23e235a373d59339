"""The page of a list and its further rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.core.paging import count_of
from openpsm.web.access import UserRequest
from openpsm.web.lists import groups, rows, state, tabs
from openpsm.web.lists.declaration import Listing
from openpsm.web.lists.state import CURSOR, State


@dataclass(frozen=True)
class Heading:
    """A column's heading with its order, if it has one."""

    key: str
    label: Any
    css: str
    url: str
    direction: str
    is_edited: bool


@dataclass(frozen=True)
class Chip:
    """A filter in use: the address that changes it, and the one without it."""

    label: str
    name: str
    url: str
    ask: str


def show(request: UserRequest, listing: Listing) -> HttpResponse:
    """Answer the list's page, or only its further rows to htmx's "more"."""
    base: dict[str, Any] = {"listing": listing, "title": listing.title, "crumbs": listing.crumbs(), "rows": []}
    try:
        chosen = state.read(listing, request.user, request.GET)
        if request.headers.get("HX-Request") and request.headers.get("HX-Target", "").startswith("group-"):
            return _group_rows(request, chosen)
        if not request.GET and (home := tabs.default_address(listing, request.user)):
            return redirect(home)
        found = rows.page(chosen, request.GET.get(CURSOR, "")) if chosen.group is None else None
    except DomainError as error:
        return render(request, "components/list.html", {**base, "error": str(error)}, status=400)
    if found is None:
        return render(request, "components/list.html", {**base, **_frame(request, chosen), **groups.context(chosen)})
    more = {"rows": found.rows, "written": rows.written(chosen, found.rows), "next": _next(chosen, found.next)}
    if request.GET.get(CURSOR) and request.htmx:
        return render(request, "components/_list_rows.html", more)
    count = count_of(found, chosen.count, cursor=request.GET.get(CURSOR, ""))
    return render(request, "components/list.html", {**base, **_frame(request, chosen), **more, "count": count})


def _group_rows(request: UserRequest, chosen: State) -> HttpResponse:
    found = rows.page(chosen, request.GET.get(CURSOR, ""))
    more = {"rows": found.rows, "written": rows.written(chosen, found.rows), "next": _next(chosen, found.next)}
    return render(request, "components/_list_rows.html", more)


def _next(chosen: State, cursor: str) -> str:
    return chosen.address(cursor=cursor) if cursor else ""


def _frame(request: UserRequest, chosen: State) -> dict[str, Any]:
    """What stands around the rows."""
    listing, user = chosen.listing, request.user
    primary = listing.primary(user)
    search = next((one for one in listing.filters if one.name == "q"), None)
    return {
        "state": chosen,
        "headings": _headings(chosen),
        "chips": _chips(chosen),
        "quick": _quick(chosen),
        "search": search,
        "search_text": next((text for name, text in chosen.given if name == "q"), ""),
        "kept": [(name, text) for name, text in chosen.pairs(without=("q",))],
        "has_filters": any(one.name != "q" for one in listing.filters),
        "problems": chosen.problems,
        "primary": primary,
        "ways": listing.ways(user),
        "note": listing.note(user),
        "views": tabs.shown(chosen),
        "menu_url": _beside(chosen, "menu"),
        "filters_url": _beside(chosen, "filters"),
        "can_bulk": any(one.is_open_to(user) for one in listing.actions),
        "query": chosen.query,
        "empty": {**listing.empty, "url": listing.empty.get("url", "") if primary else ""},
    }


def _beside(chosen: State, part: str) -> str:
    """The address of a page around this list, which is told how the list stands."""
    return f"/lists/{chosen.listing.key}/{part}?{urlencode({'list': urlencode(chosen.pairs())})}"


def _headings(chosen: State) -> list[Heading]:
    made = []
    for column in chosen.columns:
        sort, name = column.sort, chosen.order.name
        turned = f"-{sort}" if name == sort else sort
        direction = {sort: "ascending", f"-{sort}": "descending"}.get(name, "") if sort else ""
        url = chosen.address(sort=turned) if sort else ""
        is_edited = column.edit is not None and column.edit.is_open_to(chosen.reader.user)
        made.append(Heading(column.key, column.label, column.css, url, direction, is_edited))
    return made


def _chips(chosen: State) -> list[Chip]:
    made = []
    for one in chosen.asked:
        words = one.filter.words(one.value, one.texts, chosen.reader)
        label = _("%(label)s: %(value)s") % {"label": one.filter.label, "value": words} if words else one.filter.label
        name = one.filter.name
        made.append(Chip(str(label), name, chosen.address(**{name: ""}), _beside(chosen, f"filters/{name}")))
    return made


def _quick(chosen: State) -> list[tuple[Any, str]]:
    """Filters that one click sets, as long as they are not set."""
    used = {one.filter.name for one in chosen.asked}
    offered = [one for one in chosen.listing.filters if one.is_quick and one.name not in used]
    return [(one.label, chosen.address(**{one.name: "on"})) for one in offered]
