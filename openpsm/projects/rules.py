"""Decisions about projects over plain values: no database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from openpsm.process.queries import NodeDefinition, StageDefinition
from openpsm.process.rules import holds
from openpsm.projects.models import GateReview


@dataclass(frozen=True, slots=True)
class Bands:
    """The limits of the grade: days until the order (inclusive) and win probability in percent (inclusive).

    `quiet_days` (`quiet_days_a` for grade A) without a done activity are not yet a standstill.
    """

    short_days: int = 90
    middle_days: int = 180
    high: int = 70
    middle: int = 40
    quiet_days_a: int = 14
    quiet_days: int = 30


#: Grade by distance of the order (0 short, 1 middle, 2 long) and chance (0 high, 1 middle, 2 low).
_GRADES = {(0, 0): "A", (0, 1): "B", (1, 0): "B", (1, 1): "C", (2, 0): "C", (0, 2): "C"}


def grade(days_to_order: int | None, probability: int | None, bands: Bands) -> str:
    """Return A to D, empty as long as date or chance is unknown. An order date that has passed counts as near.

    Rule: docs/business-rules.md#grade
    """
    if days_to_order is None or probability is None:
        return ""
    distance = 0 if days_to_order <= bands.short_days else 1 if days_to_order <= bands.middle_days else 2
    chance = 0 if probability >= bands.high else 1 if probability >= bands.middle else 2
    return _GRADES.get((distance, chance), "D")


def is_stalled(*, on: date, stage_due_on: date, quiet_days: int, grade: str, bands: Bands) -> bool:
    """Say whether the stage lasts longer than planned, or nothing was done for too long.

    Rule: docs/business-rules.md#stalled
    """
    return stage_due_on < on or quiet_days > (bands.quiet_days_a if grade == "A" else bands.quiet_days)


def probability(possibility: int | None, reviews_with_debts: int) -> int:
    """Halve the stated possibility once per overridden review with open debts; percent, rounded half up.

    Rule: docs/business-rules.md#debts
    """
    divisor = 1 << min(reviews_with_debts, 10)
    return (2 * (possibility or 0) + divisor) // (2 * divisor)


def confirmation_key(stage: StageDefinition, node_key: str) -> str:
    """Return the key under which a person's word on a manual key node is kept."""
    return f"{stage.key}:{node_key}"


def is_held(stage: StageDefinition, node: NodeDefinition, *, facts: Mapping[str, Any], confirmed: Set[str]) -> bool:
    """A manual node needs a person's word, which never holds any other; the rest is computed."""
    return confirmation_key(stage, node.key) in confirmed if node.is_manual else holds(node, facts)


def missing(stage: StageDefinition, *, facts: Mapping[str, Any], confirmed: Set[str]) -> list[NodeDefinition]:
    """Return the key nodes that keep a project in the stage, order kept; warnings never do."""
    nodes = (node for node in stage.key_nodes if not node.is_warning)
    return [node for node in nodes if not is_held(stage, node, facts=facts, confirmed=confirmed)]


def warnings(stage: StageDefinition, *, facts: Mapping[str, Any], confirmed: Set[str]) -> list[NodeDefinition]:
    """Return the warnings that speak up, order kept."""
    nodes = (node for node in stage.key_nodes if node.is_warning)
    return [node for node in nodes if not is_held(stage, node, facts=facts, confirmed=confirmed)]


def outcome(missing: Collection[object], override_reason: str) -> GateReview.Outcome:
    """Judge a try: a reason with nothing missing is a plain pass."""
    if not missing:
        return GateReview.Outcome.PASSED
    return GateReview.Outcome.OVERRIDDEN if override_reason else GateReview.Outcome.BLOCKED


def track(step_position: int, stage_position: int) -> tuple[str, int]:
    """Compare the customer's step with the step that our stage answers: position, and by how many steps behind.

    Ahead counts negative. Rule: docs/business-rules.md#tracks
    """
    behind = step_position - stage_position
    return ("behind" if behind > 0 else "ahead" if behind < 0 else "in-step"), behind


def gates_until(stages: Iterable[StageDefinition], *, start: int, target: int) -> list[StageDefinition]:
    """Return the stages whose gates lie between two positions, the target's own gate not among them."""
    return [stage for stage in stages if start <= stage.position < target]


Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """What one project adds to the totals: owner, department, stage, state and currency; and the figures.

    The figures are count, amount, amount times win probability in percent, stalled, indebted, unevaluated, stepless.
    """

    key: Key
    figures: tuple[Any, ...]


def state(*, outcome: str, is_on_hold: bool, is_finished: bool) -> str:
    """Return as what a project counts; whatever is on hold counts as that alone."""
    if is_on_hold:
        return "held"
    return "finished" if outcome == "won" and is_finished else outcome


def share(columns: Mapping[str, Any]) -> Share | None:
    """Return a project's share in the totals, None while it lies in the recycle bin.

    Rule: docs/business-rules.md#totals
    """
    if columns["deleted_at"] is not None:
        return None
    flags = {name: columns[name] for name in ("outcome", "is_on_hold", "is_finished")}
    counts_as = state(**flags)
    is_running = counts_as == "open"
    amount = Decimal(columns["amount"])
    marks = ("is_stalled", "is_indebted", "is_unevaluated")
    marked = [int(is_running and columns[name]) for name in marks]
    key = (columns["owner_id"], columns["department_id"], columns["stage_id"], counts_as, columns["amount_currency"])
    stepless = int(is_running and not columns["next_step"])
    return Share(key, (1, amount, amount * columns["probability"], *marked, stepless))
