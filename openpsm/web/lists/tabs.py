"""Saved views above a list: its own and those shared with the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from openpsm.org.models import SavedView, User
from openpsm.web.lists.declaration import Listing
from openpsm.web.lists.state import COLUMNS, VIEW, State

#: The value of `view` that asks for everything, whatever the list opens with.
ALL = "all"
MOST_TABS = 5
MOST_SHOWN = 60


@dataclass(frozen=True)
class Tab:
    """One saved view as it is offered."""

    pk: int
    name: str
    url: str
    is_here: bool
    is_mine: bool
    is_default: bool


@dataclass(frozen=True)
class Tabs:
    """What stands above the list: the first views as tabs, the others in a menu."""

    first: list[Tab]
    more: list[Tab]
    here: Tab | None
    is_changed: bool
    all_url: str


def shown(state: State) -> Tabs:
    """Return the views of the list (1 query)."""
    user, listing = state.reader.user, state.listing
    rows = SavedView.objects.visible_to(user).filter(listing=listing.key).order_by("name", "pk")[:MOST_SHOWN]
    default = _default_id(listing, user)
    found = [(view, _tab(view, state, default)) for view in rows]
    ordered = sorted(found, key=lambda one: (not one[1].is_default, not one[1].is_mine))
    tabs = [tab for _view, tab in ordered]
    here = next(((view, tab) for view, tab in found if tab.is_here), None)
    first = tabs[:MOST_TABS]
    if here is not None and here[1] not in first:
        first = [*first[: MOST_TABS - 1], here[1]]
    return Tabs(
        first=first,
        more=[tab for tab in tabs if tab not in first],
        here=here[1] if here is not None else None,
        is_changed=here is not None and sorted(parse_qsl(here[0].query)) != sorted(parse_qsl(state.query)),
        all_url=f"?{VIEW}={ALL}" if default else "?",
    )


def _tab(view: SavedView, state: State, default: int | None) -> Tab:
    user = state.reader.user
    return Tab(
        pk=view.pk,
        name=view.name,
        url=address(state.listing, user, view),
        is_here=state.view == str(view.pk),
        is_mine=view.owner_id == user.pk,
        is_default=view.pk == default,
    )


def address(listing: Listing, user: User, view: SavedView) -> str:
    """The address of a view for this reader: columns that are hidden from them are left out, filters never."""
    pairs = []
    for name, text in parse_qsl(view.query):
        kept = ",".join(key for key in text.split(",") if _has(listing, user, key)) if name == COLUMNS else text
        pairs.append((name, kept))
    return "?" + urlencode([(VIEW, str(view.pk)), *((name, text) for name, text in pairs if text)])


def _has(listing: Listing, user: User, key: str) -> bool:
    column = listing.by_key.get(key)
    return column is None or listing.has_column(user, column)


def _default_id(listing: Listing, user: User) -> int | None:
    found: Any = user.list_choices.get(listing.key, {}).get("view")
    return found if isinstance(found, int) else None


def default_address(listing: Listing, user: User) -> str:
    """Where the bare address of the list leads: to the view it opens with, if there still is one (1 query)."""
    pk = _default_id(listing, user)
    view = SavedView.objects.visible_to(user).filter(pk=pk, listing=listing.key).first() if pk else None
    return f"{listing.url}{address(listing, user, view)}" if view else ""
