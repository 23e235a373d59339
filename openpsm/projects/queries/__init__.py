"""Answers about one project: its gate, its two tracks, its debts, and the data of its pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from openpsm.core import memo, parameters
from openpsm.core.dates import today
from openpsm.core.text import localized
from openpsm.process import facts
from openpsm.process import queries as processes
from openpsm.process import rules as node_rules
from openpsm.process.queries import NodeDefinition, ProcessDefinition, StageDefinition, StepDefinition
from openpsm.projects import rules
from openpsm.projects.models import (
    ClosingReport,
    Confirmation,
    Debt,
    GateReview,
    Party,
    Project,
    ProjectMember,
    ProjectProduct,
)

Confirmations = Mapping[str, Confirmation]


@dataclass(frozen=True, slots=True)
class NodeState:
    """A key node of one project, in the reader's language; `statable` are its facts that a person may still state."""

    key: str
    label: str
    held: bool
    reason: str
    todo: str
    why: str
    kind: str
    place: str
    is_warning: bool
    confirmation: Confirmation | None
    statable: tuple[str, ...]

    def for_api(self) -> dict[str, Any]:
        """The fields that interface.md fixes."""
        return {"key": self.key, "label": self.label, "held": self.held, "reason": self.reason, "todo": self.todo}


@dataclass(frozen=True, slots=True)
class Gate:
    """What ends the stage: `step` is the customer's own step, None as long as nobody has stated it."""

    stage: StageDefinition
    step: StepDefinition | None
    nodes: tuple[NodeState, ...]

    @property
    def key_nodes(self) -> tuple[NodeState, ...]:
        return tuple(node for node in self.nodes if not node.is_warning)

    @property
    def missing(self) -> tuple[NodeState, ...]:
        return tuple(node for node in self.key_nodes if not node.held)

    @property
    def warnings(self) -> tuple[NodeState, ...]:
        return tuple(node for node in self.nodes if node.is_warning and not node.held)

    @property
    def can_advance(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Tracks:
    """Our stage beside the customer's step: `matching` is the stage that the step asks for.

    `steps_behind` is negative when we are ahead. `skipped` are key nodes of earlier stages that do not hold.
    """

    stage: StageDefinition
    step: StepDefinition | None
    matching: StageDefinition
    position: str
    steps_behind: int
    skipped: tuple[NodeState, ...]


@dataclass(frozen=True, slots=True)
class OpenDebt:
    """A key node owed since a gate was overridden."""

    debt: Debt
    stage: StageDefinition
    node: NodeState


@dataclass(frozen=True, slots=True)
class RailStage:
    """A stage on the way: `state` is "passed", "overridden", "taken-over", "current" or "ahead"."""

    stage: StageDefinition
    state: str
    debts: int


def process_of(project: Project) -> ProcessDefinition:
    """Return the process version that the project follows (no query once it is in memory)."""
    return processes.definition(project.process_version_id)


def bands() -> rules.Bands:
    """Return the limits of the grade and of the mark “stalled” (1 query per request)."""
    with memo.ensured():
        return rules.Bands(
            short_days=parameters.value("projects.grade_short_days"),
            middle_days=parameters.value("projects.grade_middle_days"),
            high=parameters.value("projects.grade_high"),
            middle=parameters.value("projects.grade_middle"),
            quiet_days_a=parameters.value("projects.stalled_days_a"),
            quiet_days=parameters.value("projects.stalled_days"),
        )


def node_confirmations(project_id: int, stages: Iterable[StageDefinition]) -> dict[str, Confirmation]:
    """Return the live confirmations of key nodes by `stage:node` (1 query, none where no node is manual)."""
    if not any(node.is_manual for stage in stages for node in stage.key_nodes):
        return {}
    live = Confirmation.objects.filter(project_id=project_id, kind=Confirmation.Kind.NODE, withdrawn_at=None)
    return {row.key: row for row in live.select_related("by")}


def node_states(
    stage: StageDefinition, *, facts: Mapping[str, Any], confirmations: Confirmations
) -> tuple[NodeState, ...]:
    """Judge all key nodes of a stage, warnings among them, in order."""
    return tuple(node_state(stage, node, facts=facts, confirmations=confirmations) for node in stage.key_nodes)


def node_state(
    stage: StageDefinition, node: NodeDefinition, *, facts: Mapping[str, Any], confirmations: Confirmations
) -> NodeState:
    """Judge one key node and say why."""
    confirmation = confirmations.get(rules.confirmation_key(stage, node.key)) if node.is_manual else None
    return NodeState(
        key=node.key,
        label=node.title,
        held=rules.is_held(stage, node, facts=facts, confirmed=confirmations.keys()),
        reason=_confirmed(confirmation) if confirmation else node_rules.reason(node, facts),
        todo=localized(node.todo) if node.todo else "",
        why=localized(node.why) if node.why else "",
        kind=node.kind,
        place=node.place,
        is_warning=node.is_warning,
        confirmation=confirmation,
        statable=_statable(node, facts),
    )


def _confirmed(confirmation: Confirmation) -> str:
    parts = {"name": str(confirmation.by), "day": today(confirmation.at).isoformat()}
    return _("Confirmed by %(name)s on %(day)s") % parts


def _statable(node: NodeDefinition, known: Mapping[str, Any]) -> tuple[str, ...]:
    stated = facts.stated_facts()
    return tuple(sorted(name for name in node.facts if name in stated and known.get(name) is not True))


def gate(project: Project, *, at: datetime) -> Gate:
    """Judge the gate of the project's stage afresh (1 query per provider; 1 more with manual nodes)."""
    process = process_of(project)
    stage = process.stage(project.stage_id)
    known = facts.about(project.pk, today(at))
    confirmations = node_confirmations(project.pk, [stage])
    step = process.step(project.step_id) if project.step_id else None
    return Gate(stage=stage, step=step, nodes=node_states(stage, facts=known, confirmations=confirmations))


def kept_gate(project: Project, *, known: Mapping[str, Any]) -> Gate:
    """Judge the gate by the facts kept at the last refresh: for showing, never for moving (0–1 queries)."""
    process = process_of(project)
    stage = process.stage(project.stage_id)
    confirmations = node_confirmations(project.pk, [stage])
    step = process.step(project.step_id) if project.step_id else None
    return Gate(stage=stage, step=step, nodes=node_states(stage, facts=known, confirmations=confirmations))


def project_tracks(project: Project, *, at: datetime, known: Mapping[str, Any] | None = None) -> Tracks:
    """Compare our stage with the customer's step (1 query per provider unless facts are `known`, 1 with manual nodes).

    As long as nobody has stated the customer's step, we count as in step.
    """
    process = process_of(project)
    stage = process.stage(project.stage_id)
    step = process.step(project.step_id) if project.step_id else None
    matching = (process.answering(step) if step else None) or stage
    position, behind = rules.track(step.position if step else stage.step.position, stage.step.position)
    earlier = process.before(max(matching.position, stage.position))
    confirmations = node_confirmations(project.pk, earlier)
    answers = facts.about(project.pk, today(at)) if known is None else known
    states = [state for one in earlier for state in node_states(one, facts=answers, confirmations=confirmations)]
    skipped = tuple(state for state in states if not state.is_warning and not state.held)
    return Tracks(stage=stage, step=step, matching=matching, position=position, steps_behind=behind, skipped=skipped)


def kept_values(project: Project) -> dict[str, Any]:
    """Return the answers kept at the last refresh, unknown facts None (1 query unless joined)."""
    row = getattr(project, "kept_facts", None)
    kept = row.answers if row else {}
    return {name: kept.get(name, {}).get("value") for name in facts.definitions()}


def open_debts(project: Project) -> list[OpenDebt]:
    """Return the key nodes that the project owes, oldest first (1 query; 1 with manual nodes, 1 for kept facts)."""
    rows = list(Debt.objects.filter(project=project, settled_at=None).select_related("review__by").order_by("pk"))
    process, known = process_of(project), kept_values(project) if rows else {}
    stages = {row.stage_id: process.stage(row.stage_id) for row in rows}
    confirmations = node_confirmations(project.pk, stages.values()) if rows else {}
    pairs = [(row, stages[row.stage_id], stages[row.stage_id].node(row.node_key)) for row in rows]
    return [
        OpenDebt(row, stage, node_state(stage, node, facts=known, confirmations=confirmations))
        for row, stage, node in pairs
        if node is not None
    ]


def rail(project: Project) -> list[RailStage]:
    """Return all stages of the project's process with how each was passed (2 queries)."""
    latest = dict(project.reviews.order_by("pk").values_list("stage_id", "outcome"))
    owed: dict[int, int] = {}
    for stage_id in project.debts.filter(settled_at=None).values_list("stage_id", flat=True):
        owed[stage_id] = owed.get(stage_id, 0) + 1
    process = process_of(project)
    current, entry = process.stage(project.stage_id), _entry_position(project, process)
    return [
        RailStage(stage, _state(stage, current, entry, latest, project), owed.get(stage.id, 0))
        for stage in process.stages
    ]


def _entry_position(project: Project, process: ProcessDefinition) -> int:
    return process.stage(project.entry_stage_id).position if project.entry_stage_id else 0


def _state(
    stage: StageDefinition, current: StageDefinition, entry: int, latest: Mapping[int, str], project: Project
) -> str:
    if stage.id == current.id and not project.is_finished:
        return "current"
    if stage.position > current.position:
        return "ahead"
    if latest.get(stage.id) == GateReview.Outcome.OVERRIDDEN:
        return "overridden"
    return "taken-over" if stage.position < entry and stage.id not in latest else "passed"


def reviews(project: Project) -> QuerySet[GateReview]:
    """The tries to leave a stage, newest first, with who and where (1 query)."""
    return GateReview.objects.filter(project=project).select_related("stage", "by").order_by("-pk")


def confirmations(project: Project) -> QuerySet[Confirmation]:
    """All words given on key nodes and facts, newest first, withdrawn ones among them (1 query)."""
    rows = Confirmation.objects.filter(project=project).select_related("by", "withdrawn_by", "attachment")
    return rows.order_by("-pk")


def team(project: Project) -> QuerySet[ProjectMember]:
    """The team with the owner first (1 query)."""
    rows = ProjectMember.objects.filter(project=project).select_related("user__department")
    return rows.order_by("role", "user__sort_key")


def parties(project: Project) -> QuerySet[Party]:
    """The companies that have a part in the project (1 query)."""
    return Party.objects.filter(project=project).select_related("account").order_by("role", "account__sort_key", "pk")


def products(project: Project) -> QuerySet[ProjectProduct]:
    """What the customer may buy (1 query)."""
    return ProjectProduct.objects.filter(project=project).select_related("product").order_by("product__sort_key", "pk")


def closing_report(project: Project) -> ClosingReport | None:
    """Return the report of the present end, None for a project that goes on (1 query)."""
    rows = ClosingReport.objects.filter(project=project, reopened_at=None).select_related("winner", "by")
    return rows.order_by("-pk").first()


def labels_of_facts(names: Collection[str]) -> Sequence[tuple[str, str]]:
    """Return names and titles of facts for choosing, in the order of the file."""
    return [(name, row.title) for name, row in facts.definitions().items() if name in names]
