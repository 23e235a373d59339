"""The records before and after one in the list that one comes from: `?list=projects?stage=3&sort=-amount`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from openpsm.core.errors import DomainError
from openpsm.core.paging import beside
from openpsm.web.access import UserRequest
from openpsm.web.lists import state
from openpsm.web.lists.registry import NoSuchList, listing_of

NAME = "list"


@dataclass(frozen=True)
class Neighbours:
    """Links to the list and to both sides, "" at its ends; `carried` goes on in every link of the record's page."""

    back: str
    previous: str
    next: str
    carried: str


def around(request: UserRequest, record: Any) -> Neighbours | None:
    """Return the neighbours (1 query), None without a list in the address or with one that cannot be read."""
    text = request.GET.get(NAME, "")
    key, _mark, query = text.partition("?")
    if not key:
        return None
    try:
        chosen = state.read_query(listing_of(key, request.user), request.user, query)
    except (NoSuchList, DomainError):
        return None
    listing = chosen.listing
    if not isinstance(record, listing.model):
        return None
    value = getattr(record, chosen.order.field)
    sides = beside(chosen.rows(), chosen.order, value, record.pk)
    carried = f"?{NAME}={quote(text)}"
    before, after = (f"{listing.home.format(pk=pk)}{carried}" if pk else "" for pk in sides)
    return Neighbours(f"{listing.url}{chosen.address()}", before, after, carried)
