"""Taking hold of a project: what every operation does first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Outcome, Project
from openpsm.projects.operations.totals import count_projects


def locked(project_id: int, *, by: User, permission: Permission, version: int | None = None) -> Project:
    """Lock and return a project with its debt counts (2 queries beside the reach, 1 more for members of the team).

    Raises Project.DoesNotExist when the user does not see it, NotAllowed, Stale.
    """
    lock_rows(Project, [project_id])
    seen = Project.objects.visible_to(by).with_debt_counts().select_related("department")
    project: Project = seen.get(pk=project_id)
    require(by, permission, on=project)
    require_version(project, version)
    return project


def require_open(project: Project) -> None:
    """Refuse work on a project that was lost or dropped."""
    if project.outcome in (Outcome.LOST, Outcome.DROPPED):
        raise DomainError(_("This project is closed. Reopen it first."), code="closed")


def require_reason(reason: str, *, field: str = "reason") -> str:
    """Return the stripped text; a blank or a placeholder such as “无” or “...” is refused."""
    text = reason.strip()
    if not text:
        raise InvalidInput({field: _("Please give a reason.")})
    if is_placeholder(text):
        raise InvalidInput(
            {field: _("“%(text)s” does not say anything. Please write what you know.") % {"text": text[:40]}}
        )
    return text


def save(project: Project, fields: Iterable[str], *, at: datetime) -> None:
    """Write the fields with a new version and the instant of the change (1 statement, 1 more where totals move)."""
    project.save(update_fields=[*fields, *bump(project, at=at)])
    count_projects([project])


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what differs as `{field: [old, new]}`, for the event."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}
