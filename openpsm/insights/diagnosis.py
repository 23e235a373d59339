"""The diagnosis of one project: where we stand beside the customer, how it is doing, what to do next.

Rule: docs/business-rules.md#diagnosis
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from openpsm.buying import vocabulary
from openpsm.buying.models import Stakeholder
from openpsm.buying.models.market import Element
from openpsm.buying.rules import KEY_ROLES, PURCHASER
from openpsm.core import parameters
from openpsm.core.dates import today
from openpsm.core.text import localized
from openpsm.insights import rules
from openpsm.insights.rules import Finding, Situation, Verdict
from openpsm.insights.words import HealthWords, say, words
from openpsm.process.queries import StageDefinition, StepDefinition
from openpsm.projects import queries as projects
from openpsm.projects.models import Outcome, Project
from openpsm.projects.queries import Gate, NodeState, Tracks

#: The tender is the customer's step in which bids are compared; what comes before it can still be shaped.
TENDER_STEP = "tender"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do; `priority` counts from 1."""

    key: str
    what: str
    why: str
    how: str
    due: date
    priority: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for the health of a project; `level` is "red" or "amber"."""

    key: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All of it, in the reader's language. `matching` is the stage that the customer's step asks for.

    `real_stage` is the earliest stage whose key nodes do not all hold, at most the one in which the project stands.

    `missing` are the key nodes that keep the project in its stage; `skipped` those of earlier stages, up to the
    matching one, that do not hold. `steps_behind` is negative when we are ahead.
    """

    step: StepDefinition | None
    matching: StageDefinition
    stage: StageDefinition
    real_stage: StageDefinition
    missing: tuple[NodeState, ...]
    position: str
    steps_behind: int
    skipped: tuple[NodeState, ...]
    level: str
    reasons: tuple[Reason, ...]
    days_to_tender: int | None
    next_actions: tuple[Action, ...]
    verdict: str
    verdict_title: str
    verdict_text: str

    def for_api(self) -> dict[str, Any]:
        """Return what interface.md fixes, and the stages by key."""
        return {
            "position": self.position,
            "steps_behind": self.steps_behind,
            "procurement_step": self.step.key if self.step else None,
            "matching_stage": self.matching.key,
            "stage": self.stage.key,
            "real_stage": self.real_stage.key,
            "skipped": [node.for_api() for node in self.skipped],
            "health": {"level": self.level, "reasons": [reason.text for reason in self.reasons]},
            "days_to_tender": self.days_to_tender,
            "next_actions": [_for_api(action) for action in self.next_actions],
            "verdict": self.verdict,
            "verdict_text": self.verdict_text,
        }


def _for_api(action: Action) -> dict[str, Any]:
    shown = {"key": action.key, "what": action.what, "why": action.why, "how": action.how}
    return {**shown, "due": action.due.isoformat(), "priority": action.priority}


def diagnose(project: Project, *, at: datetime, known: Mapping[str, Any] | None = None) -> Diagnosis:
    """Diagnose a project from the facts kept at the last refresh, or from those `known` afresh.

    Queries: kept facts (unless known or joined), people, confirmations where nodes are manual, debts
    where there are any, parameters once per request: at most 6. A closed project has no next actions.
    """
    facts = dict(projects.kept_values(project) if known is None else known)
    on = today(at)
    facts |= _of_today(project, on)
    gate = projects.kept_gate(project, known=facts)
    tracks = projects.project_tracks(project, at=at, known=facts)
    situation = _situation(project, facts, gate, tracks, on)
    reasons = _reasons(rules.health(situation)) if _is_open(project) else ()
    level = max((reason.level for reason in reasons), key=["amber", "red"].index, default="green")
    verdict = _verdict(project, situation, is_red=level == "red")
    text = words().verdicts[verdict]
    return Diagnosis(
        step=tracks.step,
        matching=tracks.matching,
        stage=tracks.stage,
        real_stage=_real_stage(project, facts),
        missing=gate.missing,
        position=tracks.position,
        steps_behind=tracks.steps_behind,
        skipped=tracks.skipped,
        level=level,
        reasons=reasons,
        days_to_tender=situation.days_to_tender,
        next_actions=_actions(rules.actions(situation, is_red=level == "red"), project, on),
        verdict=verdict.value,
        verdict_title=localized(text.title),
        verdict_text=localized(text.text),
    )


def _of_today(project: Project, on: date) -> dict[str, Any]:
    """Return what moves by the day, so that facts kept yesterday do not miscount."""
    tender = {"project.days_to_tender": (project.tender_on - on).days if project.tender_on else None}
    return {**tender, "project.stage_days": (on - today(project.stage_entered_at)).days}


def _real_stage(project: Project, facts: Mapping[str, Any]) -> StageDefinition:
    process = projects.process_of(project)
    current = process.stage(project.stage_id)
    earlier = process.before(current.position)
    confirmations = projects.node_confirmations(project.pk, earlier)
    for stage in earlier:
        states = projects.node_states(stage, facts=facts, confirmations=confirmations)
        if any(not state.held and not state.is_warning for state in states):
            return stage
    return current


def _is_open(project: Project) -> bool:
    return project.outcome == Outcome.OPEN


def _situation(project: Project, facts: Mapping[str, Any], gate: Gate, tracks: Tracks, on: date) -> Situation:
    process = projects.process_of(project)
    position = max(tracks.stage.position, tracks.matching.position)
    stages = [stage for stage in process.stages if stage.position <= position]
    tender = process.step_called(TENDER_STEP)
    people = list(Stakeholder.objects.live().filter(project=project).order_by("pk"))
    return Situation(
        facts=facts,
        asked=frozenset(fact for stage in stages for node in stage.key_nodes for fact in node.facts),
        position=position,
        steps_behind=tracks.steps_behind,
        expected_days=tracks.stage.expected_days,
        silent_limit=_silent_limit(project),
        silent_days=_silent_days(project, facts, on),
        is_before_tender=tender is None or tracks.stage.step.position <= tender.position,
        is_decided=bool(facts.get("evaluation.decided")),
        is_out_of_reach=bool(facts.get("evaluation.out_of_reach")),
        expected_role=_role_label(tracks.stage.expected_role),
        allies=tuple(one.name for one in people if one.is_outside and (one.attitude or 0) >= 1),
        missing_roles=_missing_roles(people),
        debts=tuple(debt.node.label for debt in projects.open_debts(project)) if facts.get("project.debts") else (),
    )


def _silent_limit(project: Project) -> int:
    name = "projects.stalled_days_a" if project.grade == "A" else "projects.stalled_days"
    return int(parameters.value(name))


def _silent_days(project: Project, facts: Mapping[str, Any], on: date) -> int:
    """Return the days since the last activity, or since the project began."""
    since = facts.get("activities.last_done_days")
    return int(since) if since is not None else (on - today(project.created_at)).days


def _missing_roles(people: Sequence[Stakeholder]) -> tuple[str, ...]:
    """Return the key roles beside decider and purchaser, who have actions of their own, in which nobody is met."""
    met = {one.project_role for one in people if one.contacted_on}
    wanted = [role for role in KEY_ROLES if role not in (KEY_ROLES[0], PURCHASER)]
    return tuple(_role_label(str(role)) for role in wanted if role not in met)


def _role_label(key: str) -> str:
    """Return the word for a project role or a buying role, for processes name both; empty without a role."""
    word = vocabulary.label("project_roles", key)
    return word if word != key else vocabulary.label("buying_roles", key) if key else ""


def _reasons(found: Sequence[Finding]) -> tuple[Reason, ...]:
    """Return the reasons in words, red ones first, in the order of the words."""
    known, order = words().health, list(words().health)
    rows = sorted(found, key=lambda row: (known[row[0]].level != "red", order.index(row[0])))
    return tuple(_reason(known[key], values) for key, values in rows)


def _reason(text: HealthWords, values: Mapping[str, Any]) -> Reason:
    return Reason(text.key, text.level, say(text.text, values))


def _actions(found: Sequence[Finding], project: Project, on: date) -> tuple[Action, ...]:
    if not _is_open(project):
        return ()
    known, order = words().actions, list(words().actions)
    made = []
    for number, (key, raw) in enumerate(sorted(found, key=lambda row: order.index(row[0])), 1):
        text, values = known[key], _readable(raw)
        day = rules.due(on, days=text.due_days, tender_on=project.tender_on)
        what, why, how = (say(part, values) for part in (text.what, text.why, text.how))
        made.append(Action(key, what, why, how, day, number))
    return tuple(made)


def _readable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put lists into words: elements by their names, people and debts as they are."""
    labels = dict(Element.choices)
    readable = dict(values)
    for name, value in values.items():
        if isinstance(value, list | tuple):
            readable[name] = _(", ").join(str(labels.get(one, one)) for one in value)
    return readable


def _verdict(project: Project, situation: Situation, *, is_red: bool) -> Verdict:
    if project.outcome in (Outcome.LOST, Outcome.DROPPED):
        return Verdict.DROP
    return Verdict.GO_ON if project.outcome == Outcome.WON else rules.verdict(situation, is_red=is_red)
