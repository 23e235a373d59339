"""Which column of a table means which field: guessed from the headings, chosen by a person, remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from openpsm.core.errors import InvalidInput
from openpsm.exchange.imports.kinds.base import Column, Kind
from openpsm.exchange.imports.kinds.custom import columns
from openpsm.exchange.models import ImportMapping
from openpsm.exchange.sheets.reading import plain_heading
from openpsm.org.models import User

Mapped = dict[str, Any]


def known(kind: Kind) -> Callable[[str], bool]:
    """Return what says of a heading whether this kind knows it."""
    names = _names(kind)
    return lambda heading: _find(heading, names) is not None


def _names(kind: Kind) -> dict[str, str]:
    """Return the comparable names of columns; names come before aliases, earlier columns before later ones."""
    found: dict[str, str] = {}
    for column in columns(kind):
        for name in (column.zh, column.en, column.key):
            found.setdefault(plain_heading(name), column.key)
    for column in columns(kind):
        for name in column.names():
            found.setdefault(name, column.key)
    return found


def _find(heading: str, names: Mapping[str, str]) -> str | None:
    """A heading of two lines counts as a whole or by its lower part: “联系人 姓名” is 姓名 too."""
    parts = [heading, *reversed(heading.split(" "))] if " " in heading else [heading]
    return next((names[plain_heading(part)] for part in parts if plain_heading(part) in names), None)


def guess(kind: Kind, headings: Sequence[str]) -> dict[str, str]:
    """Return {index: field} for the headings that are understood, each field once."""
    names, found = _names(kind), dict[str, str]()
    for index, heading in enumerate(headings):
        key = _find(heading, names) if heading else None
        if key is not None and key not in found.values():
            found[str(index)] = key
    return found


def signature(headings: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(map(plain_heading, headings)).encode()).hexdigest()


def recalled(kind: Kind, headings: Sequence[str], by: User) -> Mapped | None:
    """Return how this person mapped these headings the last time (1 query)."""
    rows = ImportMapping.objects.filter(by=by, kind=kind.key, signature=signature(headings))
    return rows.values_list("mapping", flat=True).first()


def remember(kind: Kind, headings: Sequence[str], mapping: Mapped, *, by: User, at: datetime) -> None:
    """Keep a mapping for the next file with these headings."""
    found = {"mapping": mapping, "used_at": at}
    rows = ImportMapping.objects
    rows.update_or_create(by=by, kind=kind.key, signature=signature(headings), defaults=found)


def checked(kind: Kind, headings: Sequence[str], mapping: Mapped) -> Mapped:
    """Return a mapping that fits the kind and the headings; raises InvalidInput.

    Unknown fields, the same field twice and required fields without a column are refused.
    """
    fields = {column.key: column for column in columns(kind)}
    chosen = {str(index): key for index, key in mapping.get("columns", {}).items() if key}
    errors: dict[str, str] = {}
    for index, key in chosen.items():
        if key not in fields or not index.isdigit() or int(index) >= len(headings):
            errors["columns"] = _("There is no field “%(name)s” for a column of this table.") % {"name": str(key)[:60]}
        elif list(chosen.values()).count(key) > 1:
            errors["columns"] = _("Two columns mean “%(name)s”. Choose one.") % {"name": title(fields[key])}
    missing = [title(one) for one in fields.values() if one.is_required and one.key not in chosen.values()]
    if missing and not errors:
        errors["columns"] = _("No column brings: %(names)s.") % {"names": ", ".join(missing)}
    if errors:
        raise InvalidInput(errors)
    return {"columns": chosen, "values": dict(mapping.get("values", {}))}


def title(column: Column) -> str:
    """Return the column's name in the reader's language."""
    return column.zh if (get_language() or "en").startswith("zh") else column.en


def from_yaml(path: Path, kind: Kind, headings: Sequence[str]) -> Mapped:
    """Read a mapping file: `columns:` heading → field, `values:` field → {text: text}. Raises InvalidInput.

    Headings that the file does not name are guessed; one named with nothing behind it is left out.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(
            {"map": _("The mapping file cannot be read: %(why)s") % {"why": str(error)[:200]}}
        ) from error
    if not isinstance(raw, dict):
        raise InvalidInput({"map": _("The mapping file names no columns.")})
    said = raw.get("columns", {} if "values" in raw else raw) or {}
    values = raw.get("values", {}) or {}
    if not isinstance(said, dict) or not isinstance(values, dict):
        raise InvalidInput({"map": _("The mapping file names no columns.")})
    places = {heading: str(index) for index, heading in enumerate(headings)}
    strangers = [str(heading) for heading in said if str(heading) not in places]
    if strangers:
        raise InvalidInput({"map": _("The table has no column “%(name)s”.") % {"name": strangers[0][:60]}})
    named = {places[str(heading)]: key for heading, key in said.items()}
    guessed = {i: key for i, key in guess(kind, headings).items() if i not in named and key not in named.values()}
    told = {key: {str(text): str(other) for text, other in texts.items()} for key, texts in values.items()}
    return {"columns": guessed | named, "values": told}
