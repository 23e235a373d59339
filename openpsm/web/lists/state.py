"""What somebody has chosen of a list, read from its address: filters, sort, columns, group, view.

A name that is unknown, or whose field this person may not read, is refused alike (400). Rule:
docs/business-rules.md#lists
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError
from openpsm.core.paging import Order, capped_count, order_of
from openpsm.org.models import User
from openpsm.web.forms.custom import PREFIX
from openpsm.web.lists import customs
from openpsm.web.lists.declaration import Column, Group, Listing, Reader
from openpsm.web.lists.filters import MOST_VALUES, Filter

#: What stands in the address beside filters.
SORT, CURSOR, COLUMNS, VIEW, GROUP = "sort", "cursor", "columns", "view", "group"
RESERVED = (SORT, CURSOR, COLUMNS, VIEW, GROUP)
LONGEST_QUERY = 4_000


class UnknownField(DomainError):
    """No such filter, column or group, or one of a field that this person may not read."""

    code = "unknown-field"


def _unknown(name: str) -> UnknownField:
    return UnknownField(_("Unknown or hidden field: “%(name)s”.") % {"name": name[:60]})


@dataclass(frozen=True)
class Asked:
    """One filter in use: the texts of the address and what they mean."""

    filter: Filter
    texts: tuple[str, ...]
    value: Any


@dataclass(frozen=True)
class State:
    """A list as somebody has it before them. `problems` say what of the address made no sense and was left out."""

    listing: Listing
    reader: Reader
    asked: tuple[Asked, ...]
    columns: tuple[Column, ...]
    order: Order
    group: Group | None = None
    view: str = ""
    problems: tuple[str, ...] = ()
    has_own_columns: bool = False
    has_own_order: bool = False
    given: tuple[tuple[str, str], ...] = field(default=())

    def rows(self) -> QuerySet[Any]:
        """The rows that the person sees, narrowed by the filters."""
        return self.narrowed(self.listing.rows(self.reader.user))

    def narrowed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow rows by the filters."""
        for each in self.asked:
            rows = each.filter.narrow(rows, each.value, self.reader)
        return rows

    def count(self) -> int | None:
        """Count the rows up to the cap, from kept counts where these know all filters (1 query)."""
        kept = self.listing.kept
        if kept is not None and kept.knows(each.filter.name for each in self.asked):
            return kept.count(self.reader.user, self.narrowed)
        return capped_count(self.rows())

    @property
    def values(self) -> tuple[str, ...]:
        """The paths to read for the columns."""
        if self.listing.is_whole:
            return ()
        paths = [path for column in self.columns for path in column.paths]
        return tuple(dict.fromkeys((*paths, *self.listing.extras)))

    def pairs(self, *, without: Sequence[str] = (), **changes: Any) -> list[tuple[str, str]]:
        """The address as pairs, without the cursor; a change to "" takes a name away."""
        left = {CURSOR, *without, *changes}
        kept = [(name, text) for name, text in self.given if name not in left]
        for name, value in changes.items():
            texts = value if isinstance(value, list | tuple) else [value]
            kept += [(name, str(text)) for text in texts if text not in ("", None)]
        return kept

    def address(self, *, without: Sequence[str] = (), **changes: Any) -> str:
        """A link of this list with something changed."""
        return "?" + urlencode(self.pairs(without=without, **changes))

    @property
    def query(self) -> str:
        """What a saved view keeps: everything but the page and the view itself."""
        return urlencode(sorted(self.pairs(without=(VIEW,))))


def read(listing: Listing, user: User, given: QueryDict) -> State:
    """Read an address. Raises UnknownField, UnknownSort."""
    reader = Reader.now(user)
    pairs = tuple((name, text) for name, texts in given.lists() for text in _texts(texts))
    if len(pairs) > 200 or sum(len(name) + len(text) for name, text in pairs) > LONGEST_QUERY:
        raise DomainError(_("This address is too long for a list."), code="too-long")
    asked, problems = _filters(listing, reader, given, {name for name, _text in pairs} - set(RESERVED))
    return State(
        listing=listing,
        reader=reader,
        asked=asked,
        columns=_columns(listing, user, given.get(COLUMNS, "")),
        order=_order(listing, user, given.get(SORT, "")),
        group=_group(listing, user, given.get(GROUP, "")),
        view=given.get(VIEW, ""),
        problems=problems,
        has_own_columns=bool(given.get(COLUMNS)),
        has_own_order=bool(given.get(SORT)),
        given=pairs,
    )


def _texts(texts: Sequence[str]) -> list[str]:
    """What was really given: without blanks around, empty ones, and the sign that no database takes."""
    plain = (text.replace("\x00", "").strip() for text in texts[:MOST_VALUES])
    return [text for text in plain if text]


def read_query(listing: Listing, user: User, query: str) -> State:
    """Read an address from its text: that of a saved view, of an export, of the page one comes from."""
    if len(query) > LONGEST_QUERY:
        raise DomainError(_("This address is too long for a list."), code="too-long")
    return read(listing, user, QueryDict(query.removeprefix("?")))


def filter_of(listing: Listing, user: User, name: str) -> Filter:
    """Return a filter that the user may use; raises UnknownField."""
    known = {each.name: each for each in listing.filters}
    if name.startswith(PREFIX):
        known |= {each.name: each for each in customs.filters(listing)}
    found = known.get(name)
    if found is None or not listing.reads(user, found.field, narrows=True):
        raise _unknown(name)
    return found


def all_filters(listing: Listing, user: User) -> list[Filter]:
    """All filters that the user may use but the search box, custom fields among them (1 query per request)."""
    known = (*listing.filters, *customs.filters(listing))
    return [one for one in known if one.name != "q" and listing.reads(user, one.field, narrows=True)]


def _filters(
    listing: Listing, reader: Reader, given: QueryDict, names: set[str]
) -> tuple[tuple[Asked, ...], tuple[str, ...]]:
    found, problems = [], []
    known = [filter_of(listing, reader.user, name) for name in sorted(names)]
    order = {each.name: place for place, each in enumerate(listing.filters)}
    for each in sorted(known, key=lambda one: order.get(one.name, len(order))):
        texts = _texts(given.getlist(each.name))
        try:
            found.append(Asked(each, tuple(texts), each.read(texts, reader)))
        except ValidationError as error:
            message = {"label": each.label, "why": error.messages[0]}
            problems.append(_("%(label)s: %(why)s This filter was left out.") % message)
    return tuple(found), tuple(problems)


def all_columns(listing: Listing, user: User) -> list[Column]:
    """All columns that the user may have, custom fields among them (1 query per request)."""
    return [column for column in (*listing.columns, *customs.columns(listing)) if listing.has_column(user, column)]


def _columns(listing: Listing, user: User, text: str) -> tuple[Column, ...]:
    """The columns asked for, else those that the person has kept, else the usual ones."""
    asked = [key for key in text.split(",") if key]
    kept: list[str] = user.list_choices.get(listing.key, {}).get("columns", [])
    keys = asked or kept
    if not keys:
        return tuple(one for one in listing.columns if one.is_default and listing.has_column(user, one))
    known = dict(listing.by_key)
    if any(key.startswith(PREFIX) for key in keys):
        known |= {column.key: column for column in customs.columns(listing)}
    found = []
    for key in dict.fromkeys([listing.columns[0].key, *keys]):
        column = known.get(key)
        if column is not None and listing.has_column(user, column):
            found.append(column)
        elif asked:
            raise _unknown(key)
    return tuple(found)


def _order(listing: Listing, user: User, text: str) -> Order:
    """The order asked for, else the usual one, else the first whose field this person may read."""
    for name in (text,) if text else (listing.default_sort, *listing.sorts):
        order = order_of(name, listing.sorts, listing.default_sort)
        if listing.reads(user, order.field, narrows=True):
            return order
    raise _unknown(text)


def _group(listing: Listing, user: User, key: str) -> Group | None:
    if not key:
        return None
    group = next((one for one in listing.groups if one.key == key), None)
    if group is None or not listing.reads(user, group.path, narrows=True):
        raise _unknown(key)
    return group
