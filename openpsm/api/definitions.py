"""What the installation is made of: processes and custom fields, to be read by programs that fill them in."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query
from pydantic import StringConstraints

from openpsm.api.answers import answer
from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing
from openpsm.api.schemas import Flag, Id, ListQuery, OneOfText, Out, Page, sorts
from openpsm.core.models import CustomField
from openpsm.core.text import localized
from openpsm.process import queries
from openpsm.process.models import Process, ProcessVersion
from openpsm.process.queries import NodeDefinition, ProcessDefinition, StageDefinition, StepDefinition

processes = area("processes")
custom_fields = area("custom-fields")
Text = dict[str, str]
MODELS = ("accounts.account", "accounts.contact", "buying.stakeholder", "catalog.product", "projects.project")


class ProcessRow(Out):
    """A process; names are in both languages."""

    id: int
    version: int
    key: str
    name: Text
    description: Text
    is_default: bool
    is_active: bool


class StepOut(Out):
    """A step of the customer's own way."""

    key: str
    position: int
    name: str


class NodeOut(Out):
    """A milestone that ends a stage; warnings do not block."""

    key: str
    kind: str
    label: str
    why: str
    todo: str
    is_warning: bool


class StageOut(Out):
    """A stage of our way."""

    key: str
    position: int
    name: str
    goal: str
    guidance: str
    questions: list[str]
    procurement_step: str
    expected_days: int
    is_won_gate: bool
    is_final: bool
    work_items: list[str]
    key_nodes: list[NodeOut]


class ProcessOut(Out):
    """The newest published version of a process, in the reader's language."""

    id: int
    key: str
    name: str
    number: int
    procurement_steps: list[StepOut]
    stages: list[StageOut]


class ProcessQuery(ListQuery):
    """Filters of processes."""

    is_active: Flag | None = None
    sort: Annotated[str, sorts("id", "key")] = "id"


class CustomFieldOut(Out):
    """A field that this installation added to a record; values stand in the record's `custom` under `key`."""

    id: int
    model: str
    key: str
    label_en: str
    label_zh: str
    kind: str
    options: dict[str, Any]
    required: bool
    position: int
    active: bool


class CustomFieldQuery(ListQuery):
    """Filters of custom fields; `model` such as `projects.project`."""

    model: Annotated[str, OneOfText(*MODELS)] | None = None
    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")] | None = None
    active: Flag | None = None
    sort: Annotated[str, sorts("id", "position")] = "id"


PROCESSES = Listing(Process, ProcessRow, is_open=True, sorts={"id": "id", "key": "key"})
FIELDS = Listing(CustomField, CustomFieldOut, is_open=True, sorts={"id": "id", "position": "position"})


@processes.get("", response=Page[ProcessRow])
@permission(OPEN)
def process_list(request: ApiRequest, query: Query[ProcessQuery]) -> HttpResponse:
    """List the processes."""
    return PROCESSES.page(request, query)


@processes.get("/{id:pk}", response=ProcessOut)
@permission(OPEN)
def process(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show the stages, steps and key nodes of a process."""
    published = ProcessVersion.objects.filter(process=pk, published_at__isnull=False)
    return answer({"id": pk, **_process(queries.definition(published.latest("number").pk))})


@custom_fields.get("", response=Page[CustomFieldOut])
@permission(OPEN)
def field_list(request: ApiRequest, query: Query[CustomFieldQuery]) -> HttpResponse:
    """List the custom fields."""
    return FIELDS.page(request, query)


def _process(found: ProcessDefinition) -> dict[str, Any]:
    return {
        "key": found.key,
        "name": found.title,
        "number": found.number,
        "procurement_steps": [_step(step) for step in found.steps],
        "stages": [_stage(stage) for stage in found.stages],
    }


def _step(step: StepDefinition) -> dict[str, Any]:
    return {"key": step.key, "position": step.position, "name": step.title}


def _stage(stage: StageDefinition) -> dict[str, Any]:
    return {
        "key": stage.key,
        "position": stage.position,
        "name": stage.title,
        "goal": _text(stage.goal),
        "guidance": _text(stage.guidance),
        "questions": [_text(one) for one in stage.questions],
        "procurement_step": stage.step.key,
        "expected_days": stage.expected_days,
        "is_won_gate": stage.is_won_gate,
        "is_final": stage.is_final,
        "work_items": [_text(item.title) for item in stage.work_items],
        "key_nodes": [_node(node) for node in stage.key_nodes],
    }


def _node(node: NodeDefinition) -> dict[str, Any]:
    texts = {"label": node.title, "why": _text(node.why), "todo": _text(node.todo)}
    return {"key": node.key, "kind": str(node.kind), "is_warning": node.is_warning, **texts}


def _text(value: Any) -> str:
    return localized(value) if value else ""
