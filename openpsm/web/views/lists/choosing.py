"""Choosing filters and columns of a list: fragments beside it, and pages of their own without JavaScript."""

from typing import Any
from urllib.parse import quote, urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.org import access, operations
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import LOOKS
from openpsm.web.forms.pickers import PickerForm
from openpsm.web.lists import state, tabs
from openpsm.web.lists.declaration import Listing
from openpsm.web.lists.filters import ChoiceFilter, Filter
from openpsm.web.lists.registry import NoSuchList, listing_of
from openpsm.web.lists.state import COLUMNS, GROUP, State


def listing_for(request: UserRequest, key: str) -> Listing:
    """Return the list, else raise 404."""
    try:
        return listing_of(key, request.user)
    except NoSuchList as error:
        raise Http404 from error


def state_for(request: UserRequest, key: str, query: str) -> State:
    """Return the list as it stands on the page that one comes from; an address that cannot be read is the bare list."""
    listing = listing_for(request, key)
    try:
        return state.read_query(listing, request.user, query)
    except DomainError:
        return state.read_query(listing, request.user, "")


def _page(request: UserRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    prefix = "_" if request.headers.get("HX-Request") else ""
    return render(request, f"components/{prefix}{name}.html", context, status=status)


def _around(chosen: State, title: str) -> dict[str, Any]:
    listing = chosen.listing
    back = f"{listing.url}{chosen.address()}"
    return {"title": title, "crumbs": [(listing.title, back)], "back": back, "query": _whole(chosen)}


def _whole(chosen: State) -> str:
    """The query with the view that it belongs to."""
    return urlencode(chosen.pairs())


@page()
def menu(request: UserRequest, listing: str) -> HttpResponse:
    """What else can be done with a list: groups, columns, views, export."""
    chosen = state_for(request, listing, request.GET.get("list", ""))
    known, key = chosen.listing, chosen.listing.key
    groups = [one for one in known.groups if known.reads(request.user, one.path, narrows=True)]
    view = tabs.shown(chosen).here
    context = {
        "listing": known,
        "groups": [(one.label, known.url + chosen.address(**{GROUP: one.key}), one == chosen.group) for one in groups],
        "ungrouped": known.url + chosen.address(**{GROUP: ""}) if chosen.group else "",
        "columns_url": f"{reverse('web:list-columns', args=[key])}?list={quote(_whole(chosen))}",
        "new_url": f"{reverse('web:view-new', args=[key])}?list={quote(_whole(chosen))}",
        "view": view,
        "can_export": access.reach(request.user).holds_anywhere(Permission.EXPORT),
        "formats": [("xlsx", _("Export to Excel")), ("csv", _("Export to CSV"))],
    }
    return _page(request, "list_menu", {**_around(chosen, _("List settings")), **context})


@page()
def filters(request: UserRequest, listing: str) -> HttpResponse:
    """The filters that this list offers to this person."""
    chosen = state_for(request, listing, request.GET.get("list", ""))
    offered = [(one.label, _filter_url(chosen, one)) for one in state.all_filters(chosen.listing, request.user)]
    return _page(request, "list_filters", {**_around(chosen, _("Add a filter")), "offered": offered})


def _filter_url(chosen: State, one: Filter) -> str:
    return f"{reverse('web:list-filter', args=[chosen.listing.key, one.name])}?list={quote(_whole(chosen))}"


class FilterForm(PickerForm):
    """The input of one filter."""

    def __init__(self, chosen: State, one: Filter, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=chosen.reader.user, **kwargs)
        made = one.input(chosen.reader)
        made.label, made.required = str(one.label), False
        look = next(css for kind, css in LOOKS if isinstance(made.widget, kind))
        made.widget.attrs.setdefault("class", look)
        self.fields["value"] = made
        if hasattr(made, "use"):
            made.use(chosen.reader.user)


@page()
def ask(request: UserRequest, listing: str, name: str) -> HttpResponse:
    """Ask for the value of one filter; what is sent leads back to the list with the filter in its address."""
    chosen = state_for(request, listing, request.GET.get("list", ""))
    try:
        one = state.filter_of(chosen.listing, request.user, name)
    except DomainError as error:
        raise Http404 from error
    used = next((each.texts for each in chosen.asked if each.filter.name == name), ())
    is_sent = "send" in request.GET
    form = FilterForm(chosen, one, request.GET if is_sent else None, initial={"value": _initial(one, used)})
    if is_sent and form.is_valid():
        value = form.cleaned_data["value"]
        texts = [str(each) for each in (value if isinstance(value, list) else [value]) if each not in ("", None, False)]
        texts = ["on" if text == "True" else text for text in texts]
        try:
            if texts:
                one.read(texts, chosen.reader)
            return redirect(f"{chosen.listing.url}{chosen.address(**{name: texts})}")
        except ValidationError as error:
            form.add_error("value", error)
    action = reverse("web:list-filter", args=[listing, name])
    context = {**_around(chosen, str(one.label)), "form": form, "action": action}
    return _page(request, "list_filter", context, status=422 if form.errors else 200)


def _initial(one: Filter, texts: Any) -> Any:
    return list(texts) if isinstance(one, ChoiceFilter) else (texts[0] if texts else None)


@page(methods=("GET", "POST"))
def columns(request: UserRequest, listing: str) -> HttpResponse:
    """Choose and order the columns; the choice is kept for the next time and stands in the address."""
    given = request.POST.get("query", "") if request.method == "POST" else request.GET.get("list", "")
    chosen = state_for(request, listing, given)
    if request.method == "POST":
        keys = [] if "usual" in request.POST else _sent(request, chosen)
        operations.choose_columns(listing=chosen.listing.key, columns=keys, by=request.user, at=timezone.now())
        return redirect(f"{chosen.listing.url}{chosen.address(**{COLUMNS: ','.join(keys)})}")
    context = {**_around(chosen, _("Columns")), "offered": _offered(chosen)}
    context["action"] = reverse("web:list-columns", args=[listing])
    return _page(request, "list_columns", context)


def _offered(chosen: State) -> list[dict[str, Any]]:
    """The columns shown in their order, then the others."""
    shown = [one.key for one in chosen.columns]
    every = {one.key: one for one in state.all_columns(chosen.listing, chosen.reader.user)}
    keys = [*shown, *(key for key in every if key not in shown)]
    first = chosen.listing.columns[0].key
    return [
        {"key": key, "label": every[key].label, "is_shown": key in shown, "is_first": key == first, "place": place}
        for place, key in enumerate(keys, start=1)
    ]


def _sent(request: UserRequest, chosen: State) -> list[str]:
    """The ticked columns by their places, the record itself first; unknown ones are not there."""
    every = [one.key for one in state.all_columns(chosen.listing, request.user)]
    first, ticked = every[0], set(request.POST.getlist("column"))
    places = {key: _place(request.POST.get(f"place.{key}", "")) for key in every}
    return [first, *sorted((key for key in every if key in ticked and key != first), key=lambda key: places[key])]


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 999
