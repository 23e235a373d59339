"""Scoring a project: exact numbers, unknowns as a range. Rule: docs/business-rules.md#evaluation"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from openpsm.core.errors import InvalidInput, Message

TOP_LEVEL = 5


class Recommendation(StrEnum):
    """What an evaluation suggests: go on, fill the gaps first, choose between drop and less contact, or drop."""

    GO_ON = "go_on"
    COLLECT = "collect"
    DECIDE = "decide"
    DROP = "drop"


@dataclass(frozen=True)
class Result:
    """The outcome of 100: `score` is `low` (unknowns count 0); `high` takes unknowns at the top level.

    `knock_outs` are keys of hard conditions and of factors on a knock-out level, `gaps` those of unanswered factors.
    """

    score: Decimal
    low: Decimal
    high: Decimal
    passed: bool
    knock_outs: tuple[str, ...]
    gaps: tuple[str, ...]
    recommendation: Recommendation


def score(content: Mapping[str, Any], answers: Mapping[str, int | None], hard: Mapping[str, bool | None]) -> Result:
    """Score the answers (level by factor; None or absent is unknown) with a model whose weights add up to 100.

    Raises InvalidInput for factors, levels or hard conditions that the model does not have.
    """
    _check(content, answers, hard)
    factors = content["factors"]
    gaps = tuple(factor["key"] for factor in factors if answers.get(factor["key"]) is None)
    low = sum((_points(factor, answers.get(factor["key"]) or 0) for factor in factors), Decimal(0))
    high = low + sum((_points(factor, TOP_LEVEL) for factor in factors if factor["key"] in gaps), Decimal(0))
    knock_outs = (*_hard_failures(content, hard), *_knock_out_levels(factors, answers))
    passed = low >= Decimal(str(content["pass_mark"])) and not knock_outs
    recommendation = _recommend(passed, bool(knock_outs), high >= Decimal(str(content["pass_mark"])))
    return Result(low, low, high, passed, knock_outs, gaps, recommendation)


def _points(factor: Mapping[str, Any], level: int) -> Decimal:
    return Decimal(str(factor["weight"])) * level / TOP_LEVEL


def _hard_failures(content: Mapping[str, Any], hard: Mapping[str, bool | None]) -> tuple[str, ...]:
    return tuple(condition["key"] for condition in content["hard_conditions"] if hard.get(condition["key"]))


def _knock_out_levels(factors: Sequence[Mapping[str, Any]], answers: Mapping[str, int | None]) -> tuple[str, ...]:
    deadly = {
        factor["key"]: {level["level"] for level in factor["levels"] if level.get("knock_out")} for factor in factors
    }
    return tuple(key for key, levels in deadly.items() if answers.get(key) in levels)


def _recommend(passed: bool, is_knocked_out: bool, may_still_pass: bool) -> Recommendation:
    if passed:
        return Recommendation.GO_ON
    if is_knocked_out:
        return Recommendation.DROP
    return Recommendation.COLLECT if may_still_pass else Recommendation.DECIDE


def _check(content: Mapping[str, Any], answers: Mapping[str, Any], hard: Mapping[str, Any]) -> None:
    factors = {factor["key"] for factor in content["factors"]}
    conditions = {condition["key"] for condition in content["hard_conditions"]}
    errors: dict[str, Message] = {
        f"answers.{key}": _("There is no such factor.") for key in answers if key not in factors
    }
    errors |= {f"hard.{key}": _("There is no such hard condition.") for key in hard if key not in conditions}
    errors |= {
        f"answers.{key}": _("Choose a level from 0 to 5, or leave it as unknown.")
        for key, level in answers.items()
        if key in factors and level is not None and not _is_level(level)
    }
    errors |= {
        f"hard.{key}": _("Answer yes or no, or leave it as unknown.")
        for key, value in hard.items()
        if key in conditions and value is not None and not isinstance(value, bool)
    }
    if errors:
        raise InvalidInput(errors)


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOP_LEVEL


def is_qualified(answers: Sequence[bool | None]) -> bool | None:
    """Judge the three first questions: a no decides, all yes qualifies, otherwise nobody knows yet (None)."""
    if False in answers:
        return False
    return True if answers and all(answer is True for answer in answers) else None


def open_decisions(passed: bool) -> tuple[str, ...]:
    """Return what may be decided on an evaluation: below the mark nobody simply goes on."""
    return ("go_on", "lower_contact", "drop") if passed else ("lower_contact", "drop")
