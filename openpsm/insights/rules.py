"""How a project is doing and what to do next, from what is known of it: no database, no clock.

Rule: docs/business-rules.md#diagnosis
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

#: The six elements in the order in which they are collected; each has a fact `intelligence.<element>`.
ELEMENTS = ("need", "schedule", "budget", "competition", "decision", "priorities")
SOON_DAYS = 30
#: A criterion fewer than this many is not yet a picture of what the customer will judge by.
ENOUGH_CRITERIA = 3
Finding = tuple[str, dict[str, Any]]


class Verdict(StrEnum):
    """What to conclude."""

    COLLECT_FIRST = "collect-first"
    DECIDE = "decide"
    GO_ON = "go-on"
    DROP = "drop"


@dataclass(frozen=True)
class Situation:
    """Where a project stands: the facts, our stage, the customer's step, and the names that the texts need.

    `asked` are the facts that some gate asks for up to the stage in which we are or should be, `position` is that
    stage's. `silent_limit` is after how many days without activity the project counts as silent.
    """

    facts: Mapping[str, Any]
    asked: frozenset[str]
    position: int
    steps_behind: int
    expected_days: int
    silent_limit: int
    silent_days: int
    is_before_tender: bool = True
    is_decided: bool = False
    is_out_of_reach: bool = False
    expected_role: str = ""
    allies: tuple[str, ...] = ()
    missing_roles: tuple[str, ...] = ()
    debts: tuple[str, ...] = ()

    def number(self, fact: str) -> int:
        """Return a counted fact, 0 while unknown."""
        return int(self.facts.get(fact) or 0)

    def lacks(self, fact: str) -> bool:
        """Whether a gate asks for this by now and it is not so."""
        return fact in self.asked and not self.facts.get(fact)

    def elements(self, state: str) -> list[str]:
        """Return the elements that are `known`, `partly` or `unknown`, in order."""
        return [name for name in ELEMENTS if (self.facts.get(f"intelligence.{name}") or "unknown") == state]

    @property
    def days_to_tender(self) -> int | None:
        days = self.facts.get("project.days_to_tender")
        return None if days is None else int(days)

    @property
    def is_evaluated(self) -> bool:
        return self.facts.get("evaluation.score") is not None

    @property
    def has_criteria_stage(self) -> bool:
        return "criteria.recorded" in self.asked

    @property
    def needs_people(self) -> bool:
        """Whether winning people is due: a gate up to here asks for an insider."""
        return "people.insiders" in self.asked

    @property
    def lacks_purchaser(self) -> bool:
        return not self.facts.get("people.purchaser_contacted") and bool(
            self.asked & {"people.key_roles_contacted", "people.purchaser_contacted"}
        )

    @property
    def lacks_decider(self) -> bool:
        return not self.facts.get("people.decider_contacted") and bool(
            self.asked & {"people.key_roles_contacted", "people.decider_contacted"}
        )

    @property
    def is_silent(self) -> bool:
        return self.silent_days > self.silent_limit


def health(at: Situation) -> list[Finding]:
    """Return what is wrong, as key and values for the text; the words say which of it is red."""
    return [*_people_health(at), *_competition_health(at), *_progress_health(at)]


def _people_health(at: Situation) -> Iterator[Finding]:
    if at.lacks("people.insiders"):
        yield "no-insider", {}
    if at.needs_people and not at.facts.get("project.boss_attitude_known"):
        yield "boss-attitude-unknown", {}
    if at.lacks_purchaser:
        yield "purchasing-uncontacted", {}
    if at.number("people.veto_uncontacted"):
        yield "veto-uncontacted", {}
    if at.number("people.veto_negative"):
        yield "veto-negative", {}
    if at.lacks_decider:
        yield "decider-uncontacted", {}
    if at.expected_role and at.facts.get("people.expected_role_contacted") is False:
        yield "expected-role-missing", {"people": at.expected_role}


def _competition_health(at: Situation) -> Iterator[Finding]:
    if at.number("competition.rivals_ahead"):
        yield "rivals-ahead", {"n": at.number("competition.rivals_ahead")}
    if at.has_criteria_stage and not at.number("criteria.shaped_by_us"):
        yield "price-war", {}
    if at.facts.get("criteria.mostly_rivals") and not at.number("people.supporters"):
        yield "stand-in", {}


def _progress_health(at: Situation) -> Iterator[Finding]:
    over = at.number("project.stage_days") - at.expected_days
    if over > 0:
        yield "stage-overdue", {"days": over}
    if at.is_silent:
        yield "no-activity", {"days": at.silent_days}
    if at.steps_behind > 0:
        yield "behind", {"n": at.steps_behind}
    if at.elements("unknown"):
        yield "elements-unknown", {"n": len(at.elements("unknown"))}
    if not at.is_evaluated:
        yield "not-evaluated", {}
    if at.number("project.debts"):
        yield "debts", {"n": at.number("project.debts")}
    if at.is_before_tender and at.days_to_tender is not None and 0 <= at.days_to_tender <= SOON_DAYS:
        yield "tender-soon", {"days": at.days_to_tender}


def actions(at: Situation, *, is_red: bool) -> list[Finding]:
    """Return what to do next, as key and values for the text; the words keep the order."""
    return [*_clarify(at, is_red), *_win_people(at), *_shape(at), *_keep_up(at)]


def _clarify(at: Situation, is_red: bool) -> Iterator[Finding]:
    if at.elements("unknown"):
        yield "collect-elements", {"elements": at.elements("unknown")}
    if at.elements("partly"):
        yield "complete-elements", {"elements": at.elements("partly")}
    if not at.facts.get("evaluation.passed") and not at.facts.get("evaluation.hard_failed"):
        yield "evaluate", {}
    if not at.facts.get("project.graded"):
        yield "grade", {}
    if is_red and at.is_before_tender and not at.is_decided:
        yield "decide-go-or-drop", {}


def _win_people(at: Situation) -> Iterator[Finding]:
    if at.lacks("people.insiders"):
        yield "find-insider", {}
    if at.lacks_purchaser:
        yield "contact-purchasing", {}
    if at.allies and at.is_before_tender:
        yield "use-outside-ally", {"people": at.allies}
    if at.lacks_decider:
        yield "contact-decider", {}
    if at.needs_people and not at.facts.get("project.boss_attitude_known"):
        yield "ask-boss-attitude", {}
    if at.missing_roles and "people.key_roles_contacted" in at.asked:
        yield "name-key-people", {"people": at.missing_roles}


def _shape(at: Situation) -> Iterator[Finding]:
    recorded = at.number("criteria.recorded")
    if at.has_criteria_stage and at.is_before_tender and recorded < ENOUGH_CRITERIA:
        yield "record-criteria", {"n": recorded}
    if at.has_criteria_stage and at.is_before_tender and recorded and not at.number("criteria.shaped_by_us"):
        yield "shape-criteria", {}


def _keep_up(at: Situation) -> Iterator[Finding]:
    days = at.days_to_tender
    if at.lacks("bid.submitted") and days is not None and days >= 0:
        yield "submit-bid", {"days": days}
    if at.is_silent:
        yield "log-visit", {"days": at.silent_days}
    if at.debts:
        yield "settle-debt", {"elements": at.debts}


def verdict(at: Situation, *, is_red: bool) -> Verdict:
    """Conclude: nothing is decided before the elements are asked for and the project is evaluated.

    What fails a hard condition, cannot reach the mark, or missed the tender far behind is better dropped.
    """
    if at.facts.get("evaluation.hard_failed") or at.is_out_of_reach or _is_too_late(at):
        return Verdict.DROP
    if at.elements("unknown") or not at.is_evaluated:
        return Verdict.COLLECT_FIRST
    if not at.is_decided and (not at.facts.get("evaluation.passed") or (is_red and at.steps_behind > 0)):
        return Verdict.DECIDE
    return Verdict.GO_ON


def _is_too_late(at: Situation) -> bool:
    has_passed = at.days_to_tender is not None and at.days_to_tender < 0
    return has_passed and at.is_before_tender and at.steps_behind >= 2 and not at.facts.get("bid.submitted")


def due(on: date, *, days: int, tender_on: date | None) -> date:
    """Return the day by which to act: never after a tender that is still to come."""
    wanted = on + timedelta(days=days)
    return min(wanted, tender_on) if tender_on is not None and tender_on >= on else wanted
