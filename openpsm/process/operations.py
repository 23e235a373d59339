"""Publishing processes. A published version is never edited: a change is a new version."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events, memo
from openpsm.core.errors import DomainError
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process.content import NodeContent, ProcessContent, StageContent, shipped
from openpsm.process.models import KeyNode, Process, ProcessVersion, ProcurementStep, Stage, WorkItem


def publish_process(
    *, content: ProcessContent, by: User | None, at: datetime, is_default: bool = False
) -> ProcessVersion:
    """Publish a process as a new version; running projects keep theirs. `by` None is the installation itself.

    Raises NotAllowed; DomainError (code "version-exists") unless the number is above the latest one.
    """
    if by is not None:
        require(by, Permission.PROCESS_ADMIN)
    with transaction.atomic():
        process = _process(content, by=by, at=at, is_default=is_default)
        if process.versions.filter(number__gte=content.version).exists():
            raise DomainError(_("This version of the process exists already."), code="version-exists")
        version = ProcessVersion.objects.create(process=process, number=content.version, published_at=at)
        _write(version, content)
        events.record("process.published", subject=process, by=by, at=at, key=content.key, number=content.version)
    memo.forget("process.default")
    return version


def install(at: datetime) -> None:
    """Publish the shipped processes that are newer than what is there; the first is the default if there is none."""
    latest = dict(ProcessVersion.objects.order_by("number").values_list("process__key", "number"))
    for content in shipped():
        if content.version > latest.get(content.key, 0):
            is_first = not Process.objects.filter(is_default=True).exists()
            publish_process(content=content, by=None, at=at, is_default=is_first)


def _process(content: ProcessContent, *, by: User | None, at: datetime, is_default: bool) -> Process:
    known = Process.objects.select_for_update(no_key=True).filter(key=content.key).first()
    process = known or Process(key=content.key, created_at=at, created_by=by, is_default=is_default)
    process.name, process.description, process.updated_at = content.name, content.description, at
    process.version += 1 if known else 0
    process.save()
    return process


def _write(version: ProcessVersion, content: ProcessContent) -> None:
    steps = ProcurementStep.objects.bulk_create(
        ProcurementStep(
            version=version,
            key=row.key,
            position=row.position,
            name=row.name,
            description=row.description,
            decision_step=row.decision_step,
        )
        for row in content.steps
    )
    by_key = {step.key: step for step in steps}
    stages = Stage.objects.bulk_create(_stage(version, by_key[row.step], row) for row in content.stages)
    pairs = list(zip(stages, content.stages, strict=True))
    KeyNode.objects.bulk_create(_node(stage, node) for stage, row in pairs for node in row.key_nodes)
    WorkItem.objects.bulk_create(
        WorkItem(stage=stage, key=item.key, position=item.position, title=item.title, how=item.how)
        for stage, row in pairs
        for item in row.work_items
    )


def _stage(version: ProcessVersion, step: ProcurementStep, row: StageContent) -> Stage:
    return Stage(
        version=version,
        step=step,
        key=row.key,
        position=row.position,
        name=row.name,
        goal=row.goal,
        guidance=row.guidance,
        questions=list(row.questions),
        expected_days=row.expected_days,
        expected_role=row.expected_role,
        is_won_gate=row.is_won_gate,
        is_final=row.is_final,
    )


def _node(stage: Stage, row: NodeContent) -> KeyNode:
    return KeyNode(
        stage=stage,
        key=row.key,
        position=row.position,
        kind=row.kind,
        check_name=row.check,
        params=row.params,
        expression=row.expression,
        label=row.label,
        why=row.why,
        todo=row.todo,
        place=row.place,
        is_warning=row.is_warning,
    )
