"""A person's word with evidence: on manual key nodes, and on facts that nothing computes yet.

It holds a manual node or a stated fact only, never what is computed. Rules: docs/business-rules.md#gates, #facts
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.models import Attachment
from openpsm.core.text import is_placeholder
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import facts
from openpsm.process.queries import StageDefinition
from openpsm.projects import queries, rules
from openpsm.projects.models import Confirmation, Debt, Project
from openpsm.projects.operations.facts import refresh_facts
from openpsm.projects.operations.records import locked, require_open, require_reason

Kind = Confirmation.Kind


def confirm_node(
    *,
    project_id: int,
    node_key: str,
    by: User,
    at: datetime,
    evidence: str = "",
    attachment_id: int | None = None,
    activity_id: int | None = None,
    version: int | None = None,
) -> Confirmation:
    """Confirm a manual key node of the present stage, or one that is owed; text, a file or an activity is the evidence.

    Raises InvalidInput; DomainError "not-manual" for a computed node, "already-confirmed".
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        require_open(project)
        stage = _stage_with(project, node_key)
        word = _given(project, Kind.NODE, rules.confirmation_key(stage, node_key), by=by, at=at)
        _add_evidence(word, evidence, attachment_id, activity_id)
        _insert(word)
        refresh_facts(project_ids=[project.pk], at=at, by=by)
        events.record("project.node_confirmed", subject=project, by=by, at=at, **_said(word))
    return word


def state_fact(
    *,
    project_id: int,
    fact: str,
    by: User,
    at: datetime,
    evidence: str = "",
    attachment_id: int | None = None,
    activity_id: int | None = None,
    version: int | None = None,
) -> Confirmation:
    """State that a yes-or-no fact which nothing computes yet is true; text, a file or an activity is the evidence.

    Raises InvalidInput; DomainError "computed" for a fact with a provider, "already-confirmed".
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT, version=version)
        require_open(project)
        if fact not in facts.definitions():
            raise InvalidInput({"fact": _("There is no such fact.")})
        if fact not in facts.stated_facts():
            raise DomainError(_("This is computed from what is recorded; nobody can state it."), code="computed")
        word = _given(project, Kind.FACT, fact, by=by, at=at)
        _add_evidence(word, evidence, attachment_id, activity_id)
        _insert(word)
        refresh_facts(project_ids=[project.pk], at=at, by=by)
        events.record("project.fact_stated", subject=project, by=by, at=at, **_said(word))
    return word


def withdraw_confirmation(*, confirmation_id: int, reason: str, by: User, at: datetime) -> Confirmation:
    """Take a word back with a reason; it stays on record, and debts that it had settled are owed again."""
    with transaction.atomic():
        found = Confirmation.objects.select_related("project").get(pk=confirmation_id)
        project = locked(found.project_id, by=by, permission=Permission.PROJECT_EDIT)
        word = Confirmation.objects.select_for_update(no_key=True).get(pk=confirmation_id)
        if word.withdrawn_at is not None:
            raise DomainError(_("This was withdrawn already."), code="withdrawn")
        word.withdrawn_at, word.withdrawn_by, word.withdrawn_reason = at, by, require_reason(reason)[:300]
        word.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        _owe_again(project, word)
        refresh_facts(project_ids=[project.pk], at=at, by=by)
        data: dict[str, Any] = {"kind": word.kind, "key": word.key, "reason": word.withdrawn_reason}
        events.record("project.confirmation_withdrawn", subject=project, by=by, at=at, **data)
    return word


def _stage_with(project: Project, node_key: str) -> StageDefinition:
    """Return the present stage or one that owes the node, where it is a manual one."""
    process = queries.process_of(project)
    owing = Debt.objects.filter(project=project, settled_at=None, node_key=node_key).values_list("stage_id", flat=True)
    stages = [process.stage(pk) for pk in (project.stage_id, *(owing if project.debt_count else ()))]
    found = [(stage, node) for stage in stages if (node := stage.node(node_key)) is not None]
    if not found:
        raise InvalidInput({"node_key": _("The present stage has no such key node, and none is owed.")})
    stage, node = found[0]
    if not node.is_manual:
        raise DomainError(_("This key node is computed; a word cannot hold it."), code="not-manual")
    return stage


def _given(project: Project, kind: Confirmation.Kind, key: str, *, by: User, at: datetime) -> Confirmation:
    if Confirmation.objects.filter(project=project, kind=kind, key=key, withdrawn_at=None).exists():
        raise _already()
    return Confirmation(project=project, kind=kind, key=key, by=by, at=at)


def _already() -> DomainError:
    return DomainError(_("This has been confirmed already."), code="already-confirmed")


def _add_evidence(word: Confirmation, evidence: str, attachment_id: int | None, activity_id: int | None) -> None:
    word.evidence = evidence.strip()
    if word.evidence and is_placeholder(word.evidence):
        raise InvalidInput({"evidence": _("Say what happened, when, and who said it.")})
    if not word.evidence and attachment_id is None and activity_id is None:
        raise InvalidInput({"evidence": _("Evidence is needed: a text, a file or an activity.")})
    if attachment_id is not None:
        word.attachment = _attachment(word.project, attachment_id)
    if activity_id is not None:
        _require_activity(word.project, activity_id)
        word.activity_id = activity_id


def _attachment(project: Project, attachment_id: int) -> Attachment:
    own = {"root_type": Project._meta.label_lower, "root_id": project.pk, "deleted_at": None}
    found: Attachment | None = Attachment.objects.filter(pk=attachment_id, **own).first()
    if found is None:
        raise InvalidInput({"attachment": _("This project has no such file.")})
    return found


def _require_activity(project: Project, activity_id: int) -> None:
    activities = apps.get_model("activities", "Activity")._default_manager  # a layer above, reached by name
    done = activities.filter(pk=activity_id, project_id=project.pk, state="done", deleted_at=None)
    if not done.exists():
        raise InvalidInput({"activity": _("This project has no such done activity.")})


def _insert(word: Confirmation) -> None:
    try:
        with transaction.atomic():
            word.save(force_insert=True)
    except IntegrityError:  # somebody else was a moment faster
        raise _already() from None


def _said(word: Confirmation) -> dict[str, Any]:
    return {
        "key": word.key,
        "confirmation": word.pk,
        "evidence": word.evidence,
        "attachment": word.attachment_id,
        "activity": word.activity_id,
    }


def _owe_again(project: Project, word: Confirmation) -> None:
    """Open the debts again that were settled since the word was given and rest on it."""
    settled = Debt.objects.filter(project=project, settled_at__gte=word.at)
    resting = [debt.pk for debt in settled if _rests_on(debt, project, word)]
    if resting:
        Debt.objects.filter(pk__in=resting).update(settled_at=None)


def _rests_on(debt: Debt, project: Project, word: Confirmation) -> bool:
    stage = queries.process_of(project).stage(debt.stage_id)
    node = stage.node(debt.node_key)
    if node is None:
        return False
    return word.key in _keys(stage, debt.node_key, node.facts)


def _keys(stage: StageDefinition, node_key: str, names: Iterable[str]) -> set[str]:
    return {rules.confirmation_key(stage, node_key), *names}
