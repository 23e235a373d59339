"""Shipped and imported processes: YAML read into dataclasses, refused with the place of each mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from openpsm.core import expressions
from openpsm.core.errors import InvalidInput
from openpsm.process import facts, rules
from openpsm.process.models import KeyNode

Text = dict[str, str]
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class NodeContent:
    """A key node as written down; `check` names the check of a computed one."""

    key: str
    position: int
    kind: str
    label: Text
    why: Text
    todo: Text
    check: str
    params: dict[str, Any]
    expression: str
    place: str
    is_warning: bool


@dataclass(frozen=True, slots=True)
class WorkItemContent:
    """What is to be done in a stage."""

    key: str
    position: int
    title: Text
    how: Text


@dataclass(frozen=True, slots=True)
class StageContent:
    """A stage as written down; `step` is the key of the customer's step that it answers."""

    key: str
    position: int
    step: str
    name: Text
    goal: Text
    guidance: Text
    questions: tuple[Text, ...]
    expected_days: int
    expected_role: str
    is_won_gate: bool
    is_final: bool
    work_items: tuple[WorkItemContent, ...]
    key_nodes: tuple[NodeContent, ...]


@dataclass(frozen=True, slots=True)
class StepContent:
    """A step of the customer's own way."""

    key: str
    position: int
    name: Text
    description: Text
    decision_step: Text


@dataclass(frozen=True, slots=True)
class ProcessContent:
    """A whole process, ready to be published."""

    key: str
    version: int
    name: Text
    description: Text
    steps: tuple[StepContent, ...]
    stages: tuple[StageContent, ...]


def read(path: Path) -> ProcessContent:
    """Read a file; raises InvalidInput with one entry per place that is wrong."""
    return parse(yaml.safe_load(path.read_text(encoding="utf-8")))


def shipped() -> list[ProcessContent]:
    """The processes that come with the program, the default one first."""
    return [read(DATA / "standard_six.yaml")]


def parse(raw: Any) -> ProcessContent:
    """Build and check a process from plain data."""
    try:
        content = _process(raw)
    except (KeyError, TypeError, AttributeError, ValueError) as mistake:
        raise InvalidInput({"": _("This is not a process: %(mistake)s.") % {"mistake": mistake}}) from mistake
    if errors := dict(_mistakes(content)):
        raise InvalidInput(errors)
    return content


def _process(raw: Mapping[str, Any]) -> ProcessContent:
    return ProcessContent(
        key=str(raw["key"]),
        version=int(raw.get("version", 1)),
        name=dict(raw["name"]),
        description=dict(raw.get("description") or {}),
        steps=tuple(_step(row, place) for place, row in enumerate(raw["steps"], 1)),
        stages=tuple(_stage(row, place) for place, row in enumerate(raw["stages"], 1)),
    )


def _step(raw: Mapping[str, Any], place: int) -> StepContent:
    return StepContent(
        key=str(raw["key"]),
        position=int(raw.get("position", place)),
        name=dict(raw["name"]),
        description=dict(raw.get("description") or {}),
        decision_step=dict(raw.get("decision_step") or {}),
    )


def _stage(raw: Mapping[str, Any], place: int) -> StageContent:
    return StageContent(
        key=str(raw["key"]),
        position=int(raw.get("position", place)),
        step=str(raw["step"]),
        name=dict(raw["name"]),
        goal=dict(raw.get("goal") or {}),
        guidance=dict(raw.get("guidance") or {}),
        questions=tuple(dict(question) for question in raw.get("questions") or ()),
        expected_days=int(raw["expected_days"]),
        expected_role=str(raw.get("expected_role") or ""),
        is_won_gate=bool(raw.get("is_won_gate", False)),
        is_final=bool(raw.get("is_final", False)),
        work_items=tuple(_work_item(row, number) for number, row in enumerate(raw.get("work_items") or (), 1)),
        key_nodes=tuple(_node(row, number) for number, row in enumerate(raw.get("key_nodes") or (), 1)),
    )


def _work_item(raw: Mapping[str, Any], place: int) -> WorkItemContent:
    how = dict(raw.get("how") or {})
    return WorkItemContent(key=str(raw["key"]), position=place, title=dict(raw["title"]), how=how)


def _node(raw: Mapping[str, Any], place: int) -> NodeContent:
    return NodeContent(
        key=str(raw["key"]),
        position=place,
        kind=str(raw["kind"]),
        label=dict(raw["label"]),
        why=dict(raw.get("why") or {}),
        todo=dict(raw.get("todo") or {}),
        check=str(raw.get("check") or ""),
        params=dict(raw.get("params") or {}),
        expression=str(raw.get("expression") or ""),
        place=str(raw.get("place") or ""),
        is_warning=bool(raw.get("is_warning", False)),
    )


def _mistakes(content: ProcessContent) -> Iterator[tuple[str, str]]:
    yield from _order("steps", content.steps)
    yield from _order("stages", content.stages)
    if not content.stages or not content.stages[-1].is_final or sum(s.is_final for s in content.stages) != 1:
        yield "stages.is_final", _("Exactly the last stage must be final.")
    if sum(stage.is_won_gate for stage in content.stages) != 1:
        yield "stages.is_won_gate", _("Exactly one gate must mark the project won.")
    known = {step.key for step in content.steps}
    for stage in content.stages:
        place = f"stages.{stage.key}"
        if stage.step not in known:
            yield f"{place}.step", _("There is no step “%(step)s”.") % {"step": stage.step}
        yield from _order(f"{place}.work_items", stage.work_items)
        yield from _order(f"{place}.key_nodes", stage.key_nodes)
        for node in stage.key_nodes:
            yield from _mistakes_of_node(f"{place}.key_nodes.{node.key}", node)


def _order(place: str, rows: Sequence[Any]) -> Iterator[tuple[str, str]]:
    keys = [row.key for row in rows]
    if len(set(keys)) != len(keys):
        yield f"{place}.key", _("Two rows have the same key.")
    if [row.position for row in rows] != list(range(1, len(rows) + 1)):
        yield f"{place}.position", _("Positions must count up from 1 without a gap.")


def _mistakes_of_node(place: str, node: NodeContent) -> Iterator[tuple[str, str]]:
    if node.kind not in KeyNode.Kind.values:
        yield f"{place}.kind", _("There is no such kind of key node: “%(kind)s”.") % {"kind": node.kind}
    if node.kind == KeyNode.Kind.COMPUTED and not rules.fits(node.check, node.params):
        yield (
            f"{place}.check",
            _("There is no such check, or its parameters do not fit: “%(check)s”.") % {"check": node.check},
        )
    elif unknown := sorted(_facts_of(node) - facts.definitions().keys()):
        yield f"{place}.params", _("Unknown facts: %(facts)s.") % {"facts": ", ".join(unknown)}
    if node.kind == KeyNode.Kind.EXPRESSION and (mistake := _mistake_in(node.expression)):
        yield f"{place}.expression", mistake


def _facts_of(node: NodeContent) -> frozenset[str]:
    if node.kind == KeyNode.Kind.EXPRESSION:
        return frozenset() if _mistake_in(node.expression) else frozenset(expressions.names_in(node.expression))
    return rules.facts_in(node.params)


def _mistake_in(expression: str) -> str:
    try:
        expressions.names_in(expression)
    except expressions.ExpressionError as mistake:
        return str(mistake)
    return ""
