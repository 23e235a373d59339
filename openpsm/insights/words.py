"""The shipped words of the diagnosis: health reasons, next actions and verdicts, in their default order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from openpsm.core.text import localized

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class ActionWords:
    """One thing to do next; `due_days` from today, never beyond the tender."""

    key: str
    due_days: int
    what: Text
    why: Text
    how: Text


@dataclass(frozen=True, slots=True)
class HealthWords:
    """One reason why a project is not well; `level` is "red" or "amber"."""

    key: str
    level: str
    text: Text


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """What to conclude from all of it."""

    key: str
    title: Text
    text: Text


@dataclass(frozen=True, slots=True)
class Words:
    """All of them by key; the order of the file is the order in which they are shown."""

    actions: dict[str, ActionWords]
    health: dict[str, HealthWords]
    verdicts: dict[str, VerdictWords]


@cache
def words() -> Words:
    """Return the words, read once per process."""
    text = files("openpsm.insights").joinpath("data", "next_actions.yaml").read_text(encoding="utf-8")
    raw: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return Words(
        actions={row["key"]: ActionWords(**row) for row in raw["next_actions"]},
        health={row["key"]: HealthWords(**row) for row in raw["health"]},
        verdicts={row["key"]: VerdictWords(**row) for row in raw["verdicts"]},
    )


def say(text: Text, values: Mapping[str, Any]) -> str:
    """Return the text in the reader's language with its named places filled."""
    return localized(text) % values
