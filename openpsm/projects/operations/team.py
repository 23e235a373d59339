"""Who of us works on a project, and who owns it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.org.models import Department, User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project, ProjectMember, TeamRole
from openpsm.projects.operations.records import locked, require_reason, save


def set_team(
    *, project_id: int, user_id: int, role: str | None, by: User, at: datetime, version: int | None = None
) -> Project:
    """Give somebody a part in the team, change it, or with `role` None take it away.

    The owner changes by `change_owner` only. Raises InvalidInput, DomainError "owner-stays".
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_TEAM, version=version)
        if user_id == project.owner_id or role == TeamRole.OWNER:
            raise DomainError(_("The owner changes by handing the project over."), code="owner-stays")
        if role is not None and role not in TeamRole.values:
            raise InvalidInput({"role": _("There is no such part in the team.")})
        member = ProjectMember.objects.filter(project=project, user_id=user_id).first()
        old = member.role if member else None
        if old == role:
            return project
        _set_member(project, user_id, role, old)
        save(project, [], at=at)
        events.record("project.team_changed", subject=project, by=by, at=at, user=user_id, old=old, new=role)
    return project


def _set_member(project: Project, user_id: int, role: str | None, old: str | None) -> None:
    rows = ProjectMember.objects.filter(project=project, user_id=user_id)
    if role is None:
        rows.delete()
    elif old is not None:
        rows.update(role=role)
    else:
        _active(user_id, field="user")
        ProjectMember.objects.create(project=project, user_id=user_id, role=role)


def _active(user_id: int, *, field: str) -> User:
    user: User | None = User.objects.filter(pk=user_id, is_active=True).select_related("department").first()
    if user is None:
        raise InvalidInput({field: _("There is no such active user.")})
    return user


def change_owner(
    *,
    project_id: int,
    owner_id: int,
    reason: str,
    by: User,
    at: datetime,
    old_owner_role: str | None = None,
    version: int | None = None,
) -> Project:
    """Hand the project to another owner and to that owner's department; the old one leaves the team or gets a part.

    Raises InvalidInput when the new owner is not active or belongs to no department.
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_TEAM, version=version)
        reason, old = require_reason(reason), project.owner_id
        if owner_id == old:
            raise DomainError(_("This is the owner already."), code="unchanged")
        owner = _active(owner_id, field="owner")
        if owner.department is None:
            raise InvalidInput({"owner": _("%(name)s does not belong to a department.") % {"name": owner}})
        if old_owner_role is not None and old_owner_role not in set(TeamRole.values) - {TeamRole.OWNER.value}:
            raise InvalidInput({"old_owner_role": _("There is no such part in the team.")})
        _swap(project, owner, owner.department, old_owner_role)
        save(project, ["owner", "department"], at=at)
        data: dict[str, Any] = {"old": old, "new": owner_id, "reason": reason, "old_owner_role": old_owner_role}
        events.record("project.owner_changed", subject=project, by=by, at=at, **data)
    return project


def _swap(project: Project, owner: User, department: Department, old_owner_role: str | None) -> None:
    """Exchange the owner's row first: the database allows one owner at a time."""
    rows = ProjectMember.objects.filter(project=project)
    rows.filter(user_id__in=[project.owner_id, owner.pk]).delete()
    links = [ProjectMember(project=project, user=owner, role=TeamRole.OWNER)]
    if old_owner_role:
        links.append(ProjectMember(project=project, user_id=project.owner_id, role=old_owner_role))
    ProjectMember.objects.bulk_create(links)
    project.owner, project.department = owner, department
