"""Which value of two accounts wins, and what forbids merging them. Decisions over values, without database.

Rule: docs/business-rules.md#merging
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from openpsm.accounts.rules import check_uscc

Side = Literal["kept", "gone"]
SIDES: tuple[Side, Side] = ("kept", "gone")
#: Fields of which one value wins. Custom fields are named `custom.key`.
CHOSEN = (
    *("name", "short_name", "kind", "uscc", "country", "region", "address", "industry", "domain", "phone"),
    *("parent_id", "owner_id", "note"),
)
CUSTOM = "custom."


def fields_of(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> list[str]:
    """Return the names of all fields of two accounts of which one value must win."""
    keys = sorted({*kept.get("custom", {}), *gone.get("custom", {})})
    return [*CHOSEN, *(f"{CUSTOM}{key}" for key in keys)]


def value_of(values: Mapping[str, Any], field: str) -> Any:
    """Return the value of a field, a custom one too."""
    if field.startswith(CUSTOM):
        return values.get("custom", {}).get(field.removeprefix(CUSTOM))
    return values.get(field)


def default_side(field: str, kept: Mapping[str, Any], gone: Mapping[str, Any]) -> Side:
    """The kept account's value, unless it is empty, or a bad credit code beside a good one."""
    mine, theirs = value_of(kept, field), value_of(gone, field)
    if _is_empty(mine):
        return "gone" if not _is_empty(theirs) else "kept"
    if field == "uscc" and not is_good_code(mine) and is_good_code(theirs):
        return "gone"
    return "kept"


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def winners(kept: Mapping[str, Any], gone: Mapping[str, Any], wanted: Mapping[str, Side]) -> dict[str, Side]:
    """Return by field which account's value wins: as wanted, else by default."""
    return {name: wanted.get(name) or default_side(name, kept, gone) for name in fields_of(kept, gone)}


def is_good_code(code: str) -> bool:
    """Whether this is a whole and valid unified social credit code."""
    return bool(code) and not check_uscc(code)


def are_two_legal_persons(one: str, other: str) -> bool:
    """Two good credit codes that differ: whatever their names say, these are two companies."""
    return one != other and is_good_code(one) and is_good_code(other)
