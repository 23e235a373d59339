"""Roles and who holds them: nobody gives themself rights, nobody hands out what governs the installation without
holding it, and the last administrator is kept. Rule: docs/business-rules.md#access
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.versions import bump, require_version
from openpsm.org import access, rules
from openpsm.org.models import Department, Role, RoleGrant, User
from openpsm.org.permissions import Permission

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def create_role(*, key: str, name_en: str, name_zh: str, permissions: Collection[str], by: User, at: datetime) -> Role:
    """Add a role. Raises NotAllowed (also for permissions above one's own), InvalidInput."""
    with transaction.atomic():
        access.require_over(by, Permission.ROLE_ADMIN)
        _require_within_own(permissions, by)
        errors = _name_errors(name_en, name_zh) | _permission_errors(permissions)
        if not _KEY.fullmatch(key) or Role.objects.filter(key=key).exists():
            errors["key"] = [_("Give a key of small letters, digits and hyphens that no other role has.")]
        _refuse(errors)
        stamps = {"created_at": at, "updated_at": at, "created_by": by}
        role = Role.objects.create(key=key, name_en=name_en, name_zh=name_zh, permissions=sorted(permissions), **stamps)
        events.record("role.created", subject=role, by=by, at=at, key=key, permissions=role.permissions)
    return role


def update_role(
    *,
    role_id: int,
    version: int | None,
    name_en: str | None = None,
    name_zh: str | None = None,
    permissions: Collection[str] | None = None,
    by: User,
    at: datetime,
) -> Role:
    """Rename a role or change what it allows, at once for everybody who holds it.

    Adding to a role that one holds oneself is refused, and so is what would leave no administrator.
    """
    with transaction.atomic():
        access.require_over(by, Permission.ROLE_ADMIN)
        role = _one_of(lock_roles(), role_id)
        require_version(role, version)
        old = set(role.permissions)
        wanted = old if permissions is None else set(permissions)
        _require_within_own(wanted ^ old, by)
        _require_not_own(role, wanted - old, by)
        role.name_en, role.name_zh = name_en or role.name_en, name_zh or role.name_zh
        _refuse(_name_errors(role.name_en, role.name_zh) | _permission_errors(wanted))
        role.permissions = sorted(wanted)
        role.save(update_fields=["name_en", "name_zh", "permissions", *bump(role, at=at)])
        keep_an_administrator()
        changes: dict[str, Any] = {"added": sorted(wanted - old), "removed": sorted(old - wanted)}
        events.record("role.updated", subject=role, by=by, at=at, key=role.key, **changes)
    access.forget(by)
    return role


def _require_not_own(role: Role, added: Collection[str], by: User) -> None:
    if added and RoleGrant.objects.filter(role=role, user=by).exists():
        raise NotAllowed(_("Nobody gives rights to themself: let another administrator do this."))


def delete_role(*, role_id: int, version: int | None, by: User, at: datetime) -> None:
    """Remove a role that nobody holds."""
    with transaction.atomic():
        access.require_over(by, Permission.ROLE_ADMIN)
        role = _one_of(lock_roles(), role_id)
        require_version(role, version)
        if role.grants.exists():
            raise DomainError(_("Somebody still holds this role."), code="role-in-use")
        events.record("role.deleted", subject=role, by=by, at=at, key=role.key, permissions=role.permissions)
        role.delete()


def grant_role(
    *,
    user_id: int,
    role_id: int,
    department_id: int | None = None,
    project_id: int | None = None,
    by: User,
    at: datetime,
) -> RoleGrant:
    """Let a user hold a role everywhere, in a department's subtree, or on one project.

    The granter administers users there, is not the user, and holds every permission of the role that governs the
    installation. A grant that exists is returned as it is.
    """
    with transaction.atomic():
        role = _one_of(lock_roles(), role_id)
        user: User = User.objects.active().select_for_update(no_key=True).get(pk=user_id)
        department = Department.objects.get(pk=department_id) if department_id else None
        require_grantable([role], user=user, path=(department.path or "") if department else "", by=by)
        if department and project_id:
            raise InvalidInput({"": [_("A role is held in a department or on a project, not both.")]})
        scope = {"department": department, "project_id": project_id}
        grant, is_new = RoleGrant.objects.get_or_create(
            user=user, role=role, **scope, defaults={"granted_at": at, "granted_by": by}
        )
        if is_new:
            data: dict[str, Any] = {"role": role.key, "department": department_id, "project": project_id}
            events.record("role.granted", subject=user, by=by, at=at, **data)
    return grant


def revoke_role(*, grant_id: int, by: User, at: datetime) -> None:
    """Take a role away, with the next request; the last administrator stays."""
    with transaction.atomic():
        lock_roles()
        grant = RoleGrant.objects.select_related("user", "role", "department").get(pk=grant_id)
        path = (grant.department.path or "") if grant.department else ""
        access.require_over(by, Permission.USER_ADMIN, path=path)
        _require_within_own(grant.role.permissions, by)
        grant.delete()
        keep_an_administrator()
        data: dict[str, Any] = {"role": grant.role.key, "department": grant.department_id, "project": grant.project_id}
        events.record("role.revoked", subject=grant.user, by=by, at=at, **data)
    access.forget(by)


def lock_roles() -> dict[int, Role]:
    """All roles by id, locked: changes of who administers follow one another (1 query)."""
    return {role.pk: role for role in Role.objects.select_for_update(no_key=True).order_by("pk")}


def _one_of(roles: dict[int, Role], role_id: int) -> Role:
    if role_id not in roles:
        raise Role.DoesNotExist
    return roles[role_id]


def require_grantable(roles: Iterable[Role], *, user: User | None, path: str, by: User) -> None:
    """Raise NotAllowed unless `by` may hand out these roles over the department of this path (empty: everywhere)."""
    access.require_over(by, Permission.USER_ADMIN, path=path)
    if user is not None and user.pk == by.pk:
        raise NotAllowed(_("Nobody gives rights to themself: let another administrator do this."))
    for role in roles:
        _require_within_own(role.permissions, by)


def require_not_above(user: User, by: User) -> None:
    """Raise NotAllowed if the user governs more of the installation than `by` (2 queries)."""
    held = RoleGrant.objects.filter(user=user).values_list("role__permissions", flat=True)
    _require_within_own({permission for permissions in held for permission in permissions}, by)


def keep_an_administrator() -> None:
    """Raise DomainError if no active user may now administer both users and roles everywhere (1 query).

    Called after the change, inside its transaction and under `lock_roles`.
    """
    held: dict[int, set[str]] = {}
    everywhere = RoleGrant.objects.filter(department=None, project_id=None, user__is_active=True)
    for user_id, permissions in everywhere.values_list("user_id", "role__permissions"):
        held.setdefault(user_id, set()).update(permissions)
    if not any(permissions >= rules.ADMINISTRATOR for permissions in held.values()):
        raise DomainError(_("This would leave nobody who administers users and roles."), code="last-administrator")


def _require_within_own(permissions: Iterable[str], by: User) -> None:
    if rules.beyond(permissions, access.reach(by).everywhere):
        raise NotAllowed(_("This gives or touches rights above your own: let another administrator do this."))


def _name_errors(name_en: str, name_zh: str) -> dict[str, list[str]]:
    names = {"name_en": name_en, "name_zh": name_zh}
    return {
        field: [_("Give a name of at most 60 characters.")]
        for field, name in names.items()
        if not name.strip() or len(name) > 60
    }


def _permission_errors(permissions: Iterable[str]) -> dict[str, list[str]]:
    unknown = rules.unknown_permissions(permissions)
    message = _("There is no permission %(names)s.") % {"names": ", ".join(sorted(unknown))}
    return {"permissions": [message]} if unknown else {}


def _refuse(errors: dict[str, list[str]]) -> None:
    if errors:
        raise InvalidInput(errors)
