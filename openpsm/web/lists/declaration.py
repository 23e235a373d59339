"""What a list is: columns, filters, sorts, groups. Everything else in this package follows from the declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from openpsm.core.dates import today
from openpsm.core.money import format_amount
from openpsm.core.paging import Kept
from openpsm.org import access, field_rules
from openpsm.org.models import User
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.web.lists.bulk import Action
    from openpsm.web.lists.cells import Editor
    from openpsm.web.lists.filters import Filter

Row = dict[str, Any]
NOTHING = "—"


@dataclass(frozen=True)
class Reader:
    """Who looks, on which day."""

    user: User
    on: date

    @classmethod
    def now(cls, user: User) -> Reader:
        return cls(user, today(timezone.now()))


@dataclass(frozen=True)
class Column:
    """A column: what it reads, how a cell looks, what an export holds.

    `values` are the paths read (by default the column's own key); the field rules of the first step of each decide
    who has the column at all. `cell` makes the text of a cell (escaped unless it is marked safe), `plain` the typed
    value of an export; both are given the row. `sort` names an order of the listing. `edit` makes the cell editable.
    What holds a button only (`is_act`) is not exported.
    """

    key: str
    label: Any
    values: tuple[str, ...] = ()
    cell: Callable[[Row, Reader], Any] | None = None
    plain: Callable[[Row, Reader], Any] | None = None
    sort: str = ""
    css: str = ""
    is_default: bool = True
    edit: Editor | None = None
    is_act: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        return self.values or (self.key,)

    def shown(self, row: Row, reader: Reader) -> Any:
        """What stands in the cell."""
        return self.cell(row, reader) if self.cell else readable(row[self.paths[0]])

    def exported(self, row: Row, reader: Reader) -> Any:
        """The value without its looks: text, number, day, yes or no, None."""
        return self.plain(row, reader) if self.plain else row[self.paths[0]]


@dataclass(frozen=True)
class Group:
    """A way to put rows together: the path that tells groups apart, and the filter that opens one of them.

    `label` makes the names of many keys at once; `key` turns a stored value into that of the address.
    """

    key: str
    label: Any
    path: str
    filter: str
    names: Callable[[list[Any], Reader], Mapping[Any, Any]]
    is_month: bool = False


@dataclass(frozen=True)
class Listing:
    """The declaration of a list. `rows` starts with `visible_to`; `prepare` readies one page's rows, set-wise.

    The first column is the record itself and always there. A sort whose field may be null ends in "?". `amount` names
    the path of the amounts that groups add up, by currency; `extras` are paths that `prepare` needs. With
    `is_whole` rows are read as objects, which `prepare` turns into rows. `note` is a line above the rows. A cell may
    hold a button of the form `list-act`.
    """

    key: str
    title: Any
    model: type[Model]
    rows: Callable[[User], QuerySet[Any]]
    columns: tuple[Column, ...]
    sorts: Mapping[str, str]
    default_sort: str
    filters: tuple[Filter, ...] = ()
    groups: tuple[Group, ...] = ()
    kept: Kept | None = None
    actions: tuple[Action, ...] = ()
    extras: tuple[str, ...] = ()
    amount: str = ""
    url: str = ""
    home: str = ""
    permission: Permission | None = None
    has_custom: bool = False
    is_whole: bool = False
    prepare: Callable[[list[Any], Reader], list[Row]] = lambda rows, _reader: rows
    empty: Mapping[str, Any] = field(default_factory=dict)
    primary: Callable[[User], tuple[Any, ...] | None] = lambda _user: None
    crumbs: Callable[[], list[tuple[Any, str]]] = list
    ways: Callable[[User], list[tuple[str, Any, str, str]]] = lambda _user: []
    note: Callable[[User], str] = lambda _user: ""

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    def is_open_to(self, user: User) -> bool:
        return self.permission is None or access.reach(user).holds_anywhere(self.permission)

    def reads(self, user: User, path: str, *, narrows: bool = False) -> bool:
        """Whether the user may read what a path begins with; with `narrows` also filter, sort, group and sum by it."""
        name = path.split("__")[0]
        rule = field_rules.rule_of(self.model, name)
        if rule is None or rule.cls == field_rules.FieldClass.INTERNAL:
            return True  # the program's own, named by the declaration: keys to search and sort by
        if narrows:
            return field_rules.may_filter(user, self.model, name)
        return rule.field in field_rules.readable_fields(user, self.model)

    def has_column(self, user: User, column: Column) -> bool:
        return all(self.reads(user, path) for path in column.paths)


def readable(value: Any) -> Any:
    """A value as it stands in a cell when its column says nothing else."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else NOTHING
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d")
    if isinstance(value, date):
        return value.isoformat()
    return value


def day_of(path: str) -> Callable[[Row, Reader], Any]:
    """The local day of an instant, for exports."""
    return lambda row, _reader: timezone.localtime(row[path]).date() if row[path] else None


def money(path: str) -> Callable[[Row, Reader], Any]:
    """An amount with its currency, in the unit that the reader has chosen."""

    def cell(row: Row, reader: Reader) -> Any:
        amount: Decimal | None = row[path]
        if amount is None:
            return NOTHING
        return format_amount(amount, row[f"{path}_currency"], reader.user.amount_unit or "yuan")

    return cell


def label_of(path: str, choices: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """The `cell` and `plain` of a column that shows the label of a choice."""

    def made(row: Row, _reader: Reader) -> Any:
        value = row[path]
        return str(choices().get(value, value)) if value not in (None, "") else NOTHING

    def plain(row: Row, _reader: Reader) -> Any:
        value = row[path]
        return str(choices().get(value, value)) if value not in (None, "") else None

    return {"cell": made, "plain": plain}


def percent(path: str) -> dict[str, Any]:
    """The `cell` and `plain` of a column of whole percents."""
    return {
        "cell": lambda row, _reader: NOTHING if row[path] is None else f"{row[path]}%",
        "plain": lambda row, _reader: row[path],
    }


def link(url: str, name: str = "name", below: str = "") -> Callable[[Row, Reader], Any]:
    """The first cell: the record's name as a link, and a second line under it."""

    def cell(row: Row, _reader: Reader) -> Any:
        more = format_html("<div>{}</div>", row[below]) if below and row[below] else ""
        return format_html('<a class="psm-row" href="{}">{}</a>{}', url.format(pk=row["pk"]), row[name], more)

    return cell
