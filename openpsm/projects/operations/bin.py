"""The recycle bin. Rule: docs/business-rules.md#recycle-bin"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.locks import lock_rows
from openpsm.org.access import require
from openpsm.org.bin import require_kept
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process import facts
from openpsm.projects.models import Project
from openpsm.projects.operations.records import locked, save

#: Facts that tell of money: what they are true for is never deleted.
MONEY = ("contract.signed", "receipt.first_in")


def delete_project(*, project_id: int, by: User, at: datetime, version: int | None = None) -> Project:
    """Move a project to the recycle bin; one with gate reviews or money never goes there: drop it instead.

    Raises DomainError "has-history".
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_DELETE, version=version)
        answers = facts.ask([project.pk], today(at), names=MONEY)[project.pk]
        if project.reviews.exists() or any(answers[name].value for name in MONEY):
            message = _("A project with gate reviews or money stays on record. Drop it instead.")
            raise DomainError(message, code="has-history")
        project.deleted_at = at
        save(project, ["deleted_at"], at=at)
        events.record("project.deleted", subject=project, by=by, at=at, name=project.name)
    return project


def restore_project(*, project_id: int, by: User, at: datetime) -> Project:
    """Take a project out of the recycle bin: its owner or whoever may delete it, within 30 days (a parameter)."""
    with transaction.atomic():
        lock_rows(Project, [project_id])
        project: Project = Project.objects.in_bin_of(by).select_related("department").get(pk=project_id)
        if project.owner_id != by.pk or not by.is_active:
            require(by, Permission.PROJECT_DELETE, on=project)
        require_kept(project.deleted_at, at=at)
        project.deleted_at = None
        save(project, ["deleted_at"], at=at)
        events.record("project.restored", subject=project, by=by, at=at, name=project.name)
    return project
