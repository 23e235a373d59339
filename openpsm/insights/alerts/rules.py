"""What a rule of alerts is, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

Measure = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rule found about one subject: whom it calls upon, whom it is about, through what it is seen, numbers."""

    people: tuple[int, ...]
    measure: Measure
    account_id: int | None = None
    project_id: int | None = None
    department_id: int | None = None
    seller_id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`subjects` narrows down what to look at on a day; `find` judges many of them in a fixed number of queries.

    `say` makes the sentence from the numbers, in the reader's language. An alert that `opens_task` becomes a task of
    the first person at once. `tells` puts a line into bells. `is_on_today` is off where Today says the same already.
    """

    key: str
    label: str | Promise
    model: type[Model]
    subjects: Callable[[date], QuerySet[Any]]
    find: Callable[[Collection[int], date], Mapping[int, Found]]
    say: Callable[[Measure], str]
    is_for_managers: bool = False
    opens_task: bool = False
    task_title: Callable[[Found], str] = field(default=lambda found: found.name)
    tells: bool = False
    is_on_today: bool = True


_rules: dict[str, Rule] = {}


def declare(rule: Rule) -> Rule:
    """Declare a rule, once."""
    if _rules.setdefault(rule.key, rule) is not rule:
        raise ValueError(f"alert rule {rule.key!r} is declared twice")
    return rule


def declared() -> list[Rule]:
    """All rules in the order of their declaration."""
    return list(_rules.values())


def rule_of(key: str) -> Rule | None:
    """Return the rule of this key; None for one that is no longer there."""
    return _rules.get(key)


def label_of(key: str) -> str:
    rule = _rules.get(key)
    return str(rule.label) if rule else key


def say(key: str, measure: Measure) -> str:
    """Return why, in the reader's language."""
    rule = _rules.get(key)
    return rule.say(measure) if rule else ""


def not_on_today() -> list[str]:
    return [rule.key for rule in _rules.values() if not rule.is_on_today]
