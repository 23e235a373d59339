"""Who sees a record: the question of `visible_to` put the other way round, for those who are to be told something.

It says the same as the querysets; tests hold the two together. Rule: docs/business-rules.md#comments
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from openpsm.accounts.models import Account, AccountMember
from openpsm.activities.models import Activity
from openpsm.org.models import DepartmentManager, Role, RoleGrant, User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project, ProjectMember

Record = Project | Account | Activity


def audience(record: Record) -> QuerySet[User]:
    """Return the active users who see the record (2–4 queries, whatever there is)."""
    condition = Q(pk__in=[]) if _is_gone(record) else _seeing(record)
    rows: QuerySet[User] = User.objects.active().filter(condition)
    return rows


def _is_gone(record: Record) -> bool:
    if isinstance(record, Activity):
        project, account = record.project, record.account
        return bool(record.deleted_at or account.deleted_at or (project and project.deleted_at))
    return record.deleted_at is not None


def _seeing(record: Record) -> Q:
    roles = {role.pk: set(role.permissions) for role in Role.objects.all()}
    if isinstance(record, Project):
        return _of_projects([record], roles)
    return _of_account(record, roles) if isinstance(record, Account) else _of_activity(record, roles)


Roles = dict[int, set[str]]


def _holders(roles: Roles, permission: Permission, where: Q) -> Q:
    held = [pk for pk, permissions in roles.items() if permission in permissions]
    return Q(pk__in=RoleGrant.objects.filter(where, role__in=held).values("user_id"))


def _above(paths: Collection[str | None], roles: Roles, permission: Permission) -> Q:
    """Managers of these departments or of one above them, and who holds the permission there or everywhere."""
    steps = {int(step) for path in paths for step in (path or "").split("/") if step}
    managers = DepartmentManager.objects.filter(department__in=steps).values("user_id")
    nowhere = Q(department=None, project_id=None)
    return Q(pk__in=managers) | _holders(roles, permission, nowhere | Q(department__in=steps))


def _of_projects(projects: Collection[Project], roles: Roles) -> Q:
    ids = [one.pk for one in projects]
    members = Q(pk__in=ProjectMember.objects.filter(project__in=ids).values("user_id"))
    granted = _holders(roles, Permission.PROJECT_VIEW_ALL, Q(project_id__in=ids))
    paths = {one.department.path for one in projects}
    return members | granted | _above(paths, roles, Permission.PROJECT_VIEW_ALL)


def _of_account(account: Account, roles: Roles) -> Q:
    path = account.department.path if account.department else None
    found = Q(pk__in=AccountMember.objects.filter(account=account).values("user_id"))
    found |= _above({path}, roles, Permission.ACCOUNT_VIEW_ALL)
    projects = list(Project.objects.live().filter(parties__account=account).select_related("department").distinct())
    if projects:
        found |= _of_projects(projects, roles)
    if account.owner_id is None and not account.is_unassigned:
        found |= _holders(roles, Permission.REGISTRATION_CREATE, Q())
    return found


def _of_activity(activity: Activity, roles: Roles) -> Q:
    found = Q(pk=activity.owner_id) | _above({activity.department.path}, roles, Permission.PROJECT_VIEW_ALL)
    if activity.project is not None:
        return found | _of_projects([activity.project], roles)
    return found | Q(pk__in=AccountMember.objects.filter(account=activity.account_id).values("user_id"))
