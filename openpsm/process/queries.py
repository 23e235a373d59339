"""Published processes as frozen values. They never change, so each process of the program keeps them in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openpsm.core import memo
from openpsm.core.text import localized
from openpsm.process import rules
from openpsm.process.models import KeyNode, ProcessVersion, ProcurementStep, Stage, WorkItem

Text = Mapping[str, str]
_kept: dict[int, ProcessDefinition] = {}


@dataclass(frozen=True, slots=True)
class NodeDefinition:
    """A key node; `check_name` and `params` belong to computed ones."""

    key: str
    kind: str
    check_name: str
    params: dict[str, Any]
    expression: str
    label: Text
    why: Text
    todo: Text
    place: str
    is_warning: bool

    @property
    def is_manual(self) -> bool:
        return self.kind == KeyNode.Kind.MANUAL

    @property
    def title(self) -> str:
        return localized(self.label)

    @property
    def facts(self) -> frozenset[str]:
        return rules.facts_of(self)


@dataclass(frozen=True, slots=True)
class WorkItemDefinition:
    """What is to be done in a stage."""

    key: str
    title: Text
    how: Text


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """A step of the customer's own way."""

    id: int
    key: str
    position: int
    name: Text
    description: Text
    decision_step: Text

    @property
    def title(self) -> str:
        return localized(self.name)


@dataclass(frozen=True, slots=True)
class StageDefinition:
    """A stage with its work items and key nodes, warnings among them, in order."""

    id: int
    key: str
    position: int
    step: StepDefinition
    name: Text
    goal: Text
    guidance: Text
    questions: tuple[Text, ...]
    expected_days: int
    expected_role: str
    is_won_gate: bool
    is_final: bool
    work_items: tuple[WorkItemDefinition, ...]
    key_nodes: tuple[NodeDefinition, ...]

    @property
    def title(self) -> str:
        return localized(self.name)

    def node(self, key: str) -> NodeDefinition | None:
        return next((node for node in self.key_nodes if node.key == key), None)


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """One published version of a process."""

    version_id: int
    key: str
    number: int
    name: Text
    steps: tuple[StepDefinition, ...]
    stages: tuple[StageDefinition, ...]

    @property
    def title(self) -> str:
        return localized(self.name)

    def stage(self, stage_id: int) -> StageDefinition:
        return next(stage for stage in self.stages if stage.id == stage_id)

    def stage_called(self, key: str) -> StageDefinition | None:
        return next((stage for stage in self.stages if stage.key == key), None)

    def step(self, step_id: int) -> StepDefinition:
        return next(step for step in self.steps if step.id == step_id)

    def step_called(self, key: str) -> StepDefinition | None:
        return next((step for step in self.steps if step.key == key), None)

    def following(self, stage_id: int) -> StageDefinition | None:
        """Return the next stage, None after the last one."""
        place = self.stages.index(self.stage(stage_id)) + 1
        return self.stages[place] if place < len(self.stages) else None

    def before(self, position: int) -> tuple[StageDefinition, ...]:
        """Return the stages below a position, first one first."""
        return tuple(stage for stage in self.stages if stage.position < position)

    def answering(self, step: StepDefinition) -> StageDefinition | None:
        """Return our first stage that answers a step of the customer."""
        return next((stage for stage in self.stages if stage.step.id == step.id), None)


def definition(version_id: int) -> ProcessDefinition:
    """Return a version by its id (5 queries the first time, none later)."""
    if version_id not in _kept:
        version = ProcessVersion.objects.select_related("process").get(pk=version_id)
        loaded = _load(version)
        if version.published_at is None:  # a draft may still change
            return loaded
        _kept[version_id] = loaded
    return _kept[version_id]


def default_definition() -> ProcessDefinition:
    """Return the latest version of the default process (1 query per request beside `definition`)."""
    latest = memo.remember("process.default", _latest_default)
    if latest is None:
        raise ProcessVersion.DoesNotExist("there is no published default process: run `openpsm init`")
    return definition(latest)


def _latest_default() -> int | None:
    rows = ProcessVersion.objects.filter(process__is_default=True, published_at__isnull=False)
    return rows.order_by("-number").values_list("pk", flat=True).first()


def published_versions() -> list[ProcessVersion]:
    """Return the published versions with their processes, the default first, newest first (1 query)."""
    rows = ProcessVersion.objects.filter(published_at__isnull=False).select_related("process")
    return list(rows.order_by("-process__is_default", "process__key", "-number"))


def following(version_id: int, stage_id: int) -> StageDefinition | None:
    """Return the stage after this one, None after the last."""
    return definition(version_id).following(stage_id)


def stage(version_id: int, stage_id: int) -> StageDefinition:
    """Return a stage by its id."""
    return definition(version_id).stage(stage_id)


def clear() -> None:
    """Forget what is kept in memory: for tests, whose databases come and go."""
    _kept.clear()


def _load(version: ProcessVersion) -> ProcessDefinition:
    steps = {row.pk: _step(row) for row in ProcurementStep.objects.filter(version=version).order_by("position")}
    stages = list(Stage.objects.filter(version=version).order_by("position"))
    nodes: dict[int, list[NodeDefinition]] = {row.pk: [] for row in stages}
    items: dict[int, list[WorkItemDefinition]] = {row.pk: [] for row in stages}
    for node in KeyNode.objects.filter(stage__version=version).order_by("position"):
        nodes[node.stage_id].append(_node(node))
    for item in WorkItem.objects.filter(stage__version=version).order_by("position"):
        items[item.stage_id].append(WorkItemDefinition(item.key, item.title, item.how))
    return ProcessDefinition(
        version_id=version.pk,
        key=version.process.key,
        number=version.number,
        name=version.process.name,
        steps=tuple(steps.values()),
        stages=tuple(_stage(row, steps[row.step_id], items[row.pk], nodes[row.pk]) for row in stages),
    )


def _step(row: ProcurementStep) -> StepDefinition:
    return StepDefinition(row.pk, row.key, row.position, row.name, row.description, row.decision_step)


def _node(row: KeyNode) -> NodeDefinition:
    return NodeDefinition(
        key=row.key,
        kind=row.kind,
        check_name=row.check_name,
        params=row.params,
        expression=row.expression,
        label=row.label,
        why=row.why,
        todo=row.todo,
        place=row.place,
        is_warning=row.is_warning,
    )


def _stage(
    row: Stage, step: StepDefinition, items: list[WorkItemDefinition], nodes: list[NodeDefinition]
) -> StageDefinition:
    return StageDefinition(
        id=row.pk,
        key=row.key,
        position=row.position,
        step=step,
        name=row.name,
        goal=row.goal,
        guidance=row.guidance,
        questions=tuple(row.questions),
        expected_days=row.expected_days,
        expected_role=row.expected_role,
        is_won_gate=row.is_won_gate,
        is_final=row.is_final,
        work_items=tuple(items),
        key_nodes=tuple(nodes),
    )
