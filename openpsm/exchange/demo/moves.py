"""How the projects of the stories are judged and moved: evaluation, gates, grades, and how they end."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpsm.evaluation import operations as evaluation
from openpsm.exchange.demo.stories import Moment
from openpsm.projects import operations as projects
from openpsm.projects.operations import GateBlocked

FACTORS = (
    *("standing", "funds", "technical_fit", "relationship", "credit"),
    *("product", "price", "solution", "service"),
)


def step(moment: Moment, key: str, source: str) -> None:
    """State how far the customer's own purchase has come."""
    projects.set_procurement_step(
        project_id=moment.project_id, step_key=key, source=moment.say(source), on=moment.on, by=moment.by, at=moment.at
    )


def says(moment: Moment, fact: str, evidence: str) -> None:
    """State a fact that nothing computes, with its evidence."""
    word = moment.say(evidence)
    projects.state_fact(project_id=moment.project_id, fact=fact, evidence=word, by=moment.by, at=moment.at)


def qualify(moment: Moment, answers: Sequence[bool | None], note: str) -> None:
    """Answer the three first questions: need, money, name."""
    has_need, can_pay, has_good_name = answers
    evaluation.qualify(
        project_id=moment.project_id,
        has_need=has_need,
        can_pay=can_pay,
        has_good_name=has_good_name,
        note=moment.say(note),
        by=moment.by,
        at=moment.at,
    )


def evaluate(
    moment: Moment,
    levels: Sequence[int | None],
    decision: str = "",
    reason: str = "",
    hard: Mapping[str, bool] | None = None,
) -> None:
    """Score the nine factors in their order and, with a decision, draw the conclusion."""
    answers = dict(zip(FACTORS, levels, strict=True))
    made = evaluation.evaluate(
        project_id=moment.project_id, answers=answers, hard=hard or {}, by=moment.by, at=moment.at
    )
    if decision:
        evaluation.decide(
            evaluation_id=made.pk, decision=decision, reason=moment.say(reason), by=moment.by, at=moment.at
        )


def chance(moment: Moment, value: int, reason: str, order: int | None = None) -> None:
    """State the possibility with its reason, and perhaps another day of the order."""
    changes: dict[str, Any] = {"possibility": value, "possibility_reason": moment.say(reason)}
    if order is not None:
        changes["order_on"] = moment.world.words.day(order)
    projects.update_project(project_id=moment.project_id, changes=changes, by=moment.by, at=moment.at)


def tender(moment: Moment, day: int, source: str, number: str = "") -> None:
    """Learn of another day of the tender, perhaps with its number."""
    changes: dict[str, Any] = {"tender_on": moment.world.words.day(day), "tender_source": moment.say(source)}
    if number:
        changes["tender_number"] = number
    projects.update_project(project_id=moment.project_id, changes=changes, by=moment.by, at=moment.at)


def boss(moment: Moment, value: int, source: str) -> None:
    """State how the customer's boss stands towards us."""
    changes = {"boss_attitude": value, "boss_attitude_source": moment.say(source)}
    projects.update_project(project_id=moment.project_id, changes=changes, by=moment.by, at=moment.at)


def gate(moment: Moment, override_reason: str = "") -> None:
    """Pass the gate of the stage; with a reason the manager overrides what is missing."""
    by = moment.manager if override_reason else moment.by
    projects.advance_stage(
        project_id=moment.project_id, override_reason=moment.say(override_reason), by=by, at=moment.at
    )


def blocked(moment: Moment) -> None:
    """Try a gate that stays closed: the try remains on record."""
    try:
        gate(moment)
    except GateBlocked:
        return
    raise ValueError(f"the gate of project {moment.project_id} was to stay closed on {moment.on}")


def back(moment: Moment, stage: str, reason: str) -> None:
    """Go back to an earlier stage."""
    projects.go_back(
        project_id=moment.project_id, stage_key=stage, reason=moment.say(reason), by=moment.by, at=moment.at
    )


def pin(moment: Moment, grade: str, reason: str) -> None:
    """Let the manager fix the grade."""
    projects.pin_grade(
        project_id=moment.project_id, grade=grade, reason=moment.say(reason), by=moment.manager, at=moment.at
    )


def rest(moment: Moment, reason: str, until: int) -> None:
    """Put the project on hold."""
    day = moment.world.words.day(until)
    projects.hold(project_id=moment.project_id, reason=moment.say(reason), until=day, by=moment.by, at=moment.at)


def end(moment: Moment, how: str, reason: str, text: str, more: Mapping[str, Any] | None = None) -> None:
    """Lose or drop the project with its report: `more` may hold winner, amount, destination, revisit, hours."""
    given = dict(more or {})
    close = {"lose": projects.lose, "drop": projects.drop}[how]
    amount, hours, revisit = given.get("amount"), given.get("hours"), given.get("revisit")
    close(
        project_id=moment.project_id,
        reason=reason,
        reason_text=moment.say(text),
        winner_name=moment.say(given.get("winner", "")),
        winner_amount=None if amount is None else Decimal(amount),
        destination=moment.say(given.get("destination", "")),
        revisit_on=None if revisit is None else moment.world.words.day(revisit),
        hours_spent=None if hours is None else Decimal(str(hours)),
        by=moment.by,
        at=moment.at,
    )
