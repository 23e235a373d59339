"""The words of the customer's side and the advice shown beside them, in both languages.

Keys are stored, texts are shown. Lists: buying_roles, project_roles, power_classes, attitudes, supporter_kinds,
supporter_missing, personal_needs, elements, element_states, intelligence_sources and more: data/vocabulary.yaml.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from openpsm.core.text import localized

Entry = Mapping[str, Any]


@cache
def _lists() -> dict[str, list[dict[str, Any]]]:
    loaded: dict[str, list[dict[str, Any]]]
    loaded = yaml.safe_load((Path(__file__).parent / "data" / "vocabulary.yaml").read_text(encoding="utf-8"))
    return loaded


def entries(name: str) -> list[dict[str, Any]]:
    """Return a list of the vocabulary: entries with `key`, the label as `en` and `zh`, `help` and more."""
    return _lists()[name]


def keys(name: str) -> list[str]:
    """Return the keys of a list in its order."""
    return [str(entry["key"]) for entry in entries(name)]


def entry(name: str, key: str) -> Entry:
    """Return one entry; raises KeyError for a key that the list does not have."""
    found = next((row for row in entries(name) if row["key"] == key), None)
    if found is None:
        raise KeyError(f"{name} has no {key!r}")
    return found


def label(name: str, key: str) -> str:
    """Return the word for a key in the reader's language; a key that is no longer in the list stands for itself."""
    found = next((row for row in entries(name) if row["key"] == key), None)
    return localized({"en": found["en"], "zh": found["zh"]}) if found else key


def choices(name: str) -> list[tuple[str, str]]:
    """Return key and label of a list, for a form."""
    return [(key, label(name, key)) for key in keys(name)]


def refusal(kind: str, gaps: Iterable[str]) -> str:
    """Say in the reader's language why a supporter label is refused."""
    missing = _(", ").join(label("supporter_missing", gap) for gap in gaps)
    return localized(entry("supporter_kinds", kind)["refusal"]) % {"missing": missing}
