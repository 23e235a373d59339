"""What a kind of record declares so that tables of it can be read, and what the steps of an import share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from openpsm.core.errors import InvalidInput
from openpsm.core.versions import Origin
from openpsm.exchange.imports import parsers
from openpsm.exchange.sheets.reading import plain_heading
from openpsm.org.models import Department, User
from openpsm.org.permissions import Permission

Values = dict[str, Any]
_SLASH = re.compile(r"(?<!/)/(?!/)")


@dataclass(frozen=True)
class Column:
    """A field that a table may bring: its names as headings, how its cells are read, whether it must be there.

    `zh` and `en` are what templates and exports call it; `aliases` what else people call it.
    """

    key: str
    zh: str
    en: str
    read: parsers.Parser = field(default_factory=lambda: parsers.text(200))
    aliases: tuple[str, ...] = ()
    is_required: bool = False
    example: str = ""

    def names(self) -> set[str]:
        return {plain_heading(name) for name in (self.key, self.zh, self.en, *self.aliases)}


@dataclass(slots=True)
class Draft:
    """A row on its way: what its cells mean so far, what is wrong (by column key, "" the whole row), what is odd."""

    number: int
    cells: list[str]
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    match_id: int | None = None
    before: Values = field(default_factory=dict)
    is_same: bool = False


@dataclass
class Context:
    """What all rows of one import share. `seen` remembers keys of earlier rows of the file with their row.

    `checked_at` is when the rows were checked, once they are published.
    """

    by: User
    at: datetime
    source: str
    update_by: str = ""
    batch_id: int = 0
    checked_at: datetime | None = None
    seen: dict[Any, int] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    _users: tuple[dict[str, User], dict[str, list[User]]] | None = None
    _paths: tuple[dict[str, Department], dict[str, list[Department]]] | None = None

    def twice(self, key: Any, number: int) -> int | None:
        """Return the earlier row with this key, remembering this one if there is none."""
        kept = hash(key)
        earlier = self.seen.get(kept)
        if earlier is None:
            self.seen[kept] = number
        return earlier

    def user(self, text: str) -> User:
        """Return the user of this user name or, if it is one person's alone, name; raises ValidationError.

        Those who have left count too: what they did stays theirs.
        """
        if self._users is None:
            self._users = ({}, {})
            for one in User.objects.visible_to(self.by).select_related("department"):
                self._users[0][one.username.casefold()] = one
                self._users[1].setdefault(one.name.casefold(), []).append(one)
        by_username = self._users[0].get(text.casefold())
        found = [by_username] if by_username else self._users[1].get(text.casefold(), [])
        if len(found) > 1:
            raise ValidationError(_("Several people are called “%(name)s”. Give the user name.") % {"name": text})
        if not found:
            raise ValidationError(_("There is no user “%(name)s”.") % {"name": text[:60]})
        return found[0]

    def department(self, text: str) -> Department:
        """Return the department of this path (上级/下级) or, if only one is called so, name; raises ValidationError."""
        if self._paths is None:
            self._paths = ({}, {})
            for path, one in department_paths(Department.objects.visible_to(self.by).active()).items():
                self._paths[0][path.casefold()] = one
                self._paths[1].setdefault(one.name.casefold(), []).append(one)
        paths = (joined(names_of(other)).casefold() for other in (text, text.replace("\\", "/").replace(">", "/")))
        by_path = next((self._paths[0][path] for path in paths if path in self._paths[0]), None)
        found = [by_path] if by_path else self._paths[1].get(text.strip().casefold(), [])
        if len(found) > 1:
            raise ValidationError(_("Several departments are called so. Give the whole path: above/below."))
        if not found:
            raise ValidationError(_("There is no department “%(name)s”.") % {"name": text[:60]})
        return found[0]

    def forget(self) -> None:
        """Look users and departments up anew: this import has just made some."""
        self._users = self._paths = None


def joined(names: Iterable[str]) -> str:
    """Return names as a path; a slash within a name is doubled."""
    return "/".join(name.replace("/", "//") for name in names)


def names_of(path: str) -> list[str]:
    """Return the names of a path, without blanks around them."""
    parts = (part.strip() for part in _SLASH.split(path))
    return [part.replace("//", "/") for part in parts if part]


def department_paths(rows: Iterable[Department]) -> dict[str, Department]:
    """Return the departments by their path: the names from the root down, joined by slashes."""
    known = {one.pk: one for one in rows}
    found: dict[str, Department] = {}
    for one in known.values():
        ids = [int(part) for part in (one.path or "").split("/") if part]
        found[joined(known[pk].name for pk in ids if pk in known)] = one
    return found


Created = tuple[int, int]  # id and version of a record


@dataclass(frozen=True)
class Kind:
    """A kind of record that tables bring. The functions work over sets of rows.

    `check` resolves references, finds what exists already and says what is wrong; `create` makes records of checked
    values through the domain's operation, within the caller's transaction; `update` changes one record and returns
    its new version and the values before (none where nothing differed), `restore` puts those back if the version is
    still that one; `withdraw` takes back those of the given records that nobody has changed
    since and returns their ids; `foresee` does ahead of the transaction what `create` would compute in it, and may be
    left out.
    """

    key: str
    label: Promise | str
    permissions: tuple[Permission, ...]
    columns: tuple[Column, ...]
    match_fields: tuple[str, ...]
    check: Callable[[Sequence[Draft], Context], None]
    create: Callable[[Sequence[tuple[int, Values]], Context], list[Created]]
    withdraw: Callable[[Mapping[int, int], Context], set[int]]
    update: Callable[[int, Values, Context], tuple[int, Values]] | None = None
    restore: Callable[[int, int, Values, Context], Any] | None = None
    foresee: Callable[[Sequence[Values]], None] | None = None
    model: str = ""
    chunk: int = 200

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)


def resolve(draft: Draft, key: str, target: str, look_up: Callable[[str], Any]) -> None:
    """Replace the text under `key` by what is found for it under `target`; an error stays with the column."""
    text = draft.values.pop(key, None)
    if text in (None, ""):
        return
    try:
        draft.values[target] = look_up(str(text))
    except ValidationError as error:
        draft.errors[key] = error.messages[0]


def problems(draft: Draft, check: Callable[[Values], Any], *, columns: Mapping[str, str] | None = None) -> None:
    """Ask the domain whether the values will do; its errors go to the columns that they are about."""
    names = columns or {}
    try:
        check(draft.values)
    except InvalidInput as refused:
        for key, messages in refused.errors.items():
            draft.errors.setdefault(names.get(key, key), " ".join(messages))


def origin(values: Mapping[str, Any]) -> Origin:
    """Return who made the record elsewhere and when, as far as the table says: never the importer."""
    created_on = values.get("created_on")
    return Origin(by_id=values.get("author_id"), at=instant(created_on) if created_on else None)


def instant(day: str) -> datetime:
    """Return noon of a day in the installation's zone."""
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time()).replace(hour=12)
    return timezone.make_aware(moment, timezone.get_default_timezone())


def check_past(draft: Draft, key: str, on: date) -> None:
    """What has happened lies behind us."""
    if draft.values.get(key) and date.fromisoformat(draft.values[key]) > on:
        draft.errors[key] = _("This day has not come yet.")


AUTHOR = Column("author", "创建人", "Created by", parsers.text(60), ("录入人", "制单人", "author"))
CREATED_ON = Column(
    "created_on", "创建日期", "Created on", parsers.day, ("创建时间", "录入日期", "录入时间", "建档日期")
)


def check_origin(draft: Draft, ctx: Context) -> None:
    """Resolve author and day of an imported record."""
    resolve(draft, "author", "author_id", lambda text: ctx.user(text).pk)
    if "created_on" in draft.values:
        check_past(draft, "created_on", timezone.localdate(ctx.at))
