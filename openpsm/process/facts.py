"""What can be known about a project: the names, and the registry of who computes them.

A package registers a provider that answers all its facts for many projects in one query. A yes-or-no fact that nobody
computes yet is *stated*: a person's word with evidence answers it, under the same name.
Rule: docs/business-rules.md#facts
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from openpsm.core.text import localized

Text = dict[str, str]
Answers = Mapping[int, Mapping[str, Any]]
Provider = Callable[[Collection[int], date], Answers]
KINDS = ("bool", "number", "text", "date")


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """One fact; `follows_stage` ones get another answer when the project enters another stage."""

    key: str
    kind: str
    label: Text
    help: Text
    follows_stage: bool = False

    @property
    def title(self) -> str:
        return localized(self.label)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known: None is "unknown". `turns_on` is the first day on which the answer differs by itself."""

    value: Any
    source: str = ""
    as_of: date | None = None
    turns_on: date | None = None


UNKNOWN = Answer(None)
_providers: dict[str, Provider] = {}
_stated: list[Provider] = []


@cache
def definitions() -> dict[str, FactDefinition]:
    """All facts by name, in the order of the file."""
    raw = yaml.safe_load((Path(__file__).parent / "data" / "facts.yaml").read_text(encoding="utf-8"))
    rows = [FactDefinition(**row) for row in raw["facts"]]
    wrong = [row.key for row in rows if row.kind not in KINDS]
    if wrong or len({row.key for row in rows}) != len(rows):
        raise ValueError(f"facts.yaml: repeated keys or unknown kinds: {wrong}")
    return {row.key: row for row in rows}


def provider(*names: str) -> Callable[[Provider], Provider]:
    """Register who computes these facts: `(project_ids, on) -> {project id: {name: Answer or plain value}}`.

    One query, however many projects; what is left out is unknown. Raises ValueError at start for an unknown name and
    for a second provider of one fact.
    """

    def register(function: Provider) -> Provider:
        for name in names:
            if name not in definitions():
                raise ValueError(f"{name} is no fact: add it to facts.yaml")
            if _providers.get(name, function) is not function:
                raise ValueError(f"{name} has a provider already: {_providers[name].__module__}")
            _providers[name] = function
        return function

    return register


def provider_of_stated(function: Provider) -> Provider:
    """Register the one provider of all stated facts."""
    if _stated and _stated[0] is not function:
        raise ValueError("stated facts have a provider already")
    _stated[:] = [function]
    return function


def stated_facts() -> frozenset[str]:
    """Return the facts that a person may state: yes-or-no facts that nothing computes."""
    return frozenset(key for key, row in definitions().items() if row.kind == "bool" and key not in _providers)


def providers() -> list[Provider]:
    """Who is asked, each once: one query each."""
    return list(dict.fromkeys((*_providers.values(), *_stated)))


def ask(
    project_ids: Collection[int], on: date, *, names: Collection[str] | None = None
) -> dict[int, dict[str, Answer]]:
    """Ask the providers (of these facts only, if given); every asked fact of every project has an answer.

    One query per provider, none without projects.
    """
    wanted = definitions().keys() if names is None else names
    found = {pk: dict.fromkeys(wanted, UNKNOWN) for pk in project_ids}
    for function in _asked(names) if found else ():
        for pk, answers in function(list(found), on).items():
            found[pk].update(_checked(function, answers, found[pk]))
    return found


def of_nothing(on: date) -> dict[str, Answer]:
    """Return what the providers answer about a project that was made this moment, of which nothing is recorded yet.

    It is the same for all such projects, hence asked once a day (of the id 0, which no project has); no query later.
    """
    return dict(_of_nothing(on, tuple(providers())))


@lru_cache(maxsize=4)
def _of_nothing(on: date, _known: tuple[Provider, ...]) -> dict[str, Answer]:
    return ask([0], on)[0]


def _asked(names: Collection[str] | None) -> list[Provider]:
    if names is None:
        return providers()
    chosen = [_providers[name] for name in names if name in _providers]
    return list(dict.fromkeys((*chosen, *(_stated if set(names) & stated_facts() else ()))))


def _checked(function: Provider, answers: Mapping[str, Any], wanted: Mapping[str, Answer]) -> dict[str, Answer]:
    strangers = [name for name in answers if _providers.get(name) is not function and function not in _stated]
    if strangers:
        raise ValueError(f"{function.__module__} answers facts it did not register: {', '.join(strangers)}")
    chosen = {name: value for name, value in answers.items() if name in wanted}
    return {name: value if isinstance(value, Answer) else Answer(value) for name, value in chosen.items()}


def about(project_id: int, on: date) -> dict[str, Any]:
    """Return the plain values of all facts of one project, unknown ones None (1 query per provider)."""
    return values(ask([project_id], on)[project_id])


def values(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Strip sources and dates."""
    return {name: answer.value for name, answer in answers.items()}


def following_stage() -> list[str]:
    """Return the facts whose answer depends on the stage itself."""
    return [key for key, row in definitions().items() if row.follows_stage]
