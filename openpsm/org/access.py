"""Who may do what on which record: one place for the skins, the operations and the querysets.

A permission counts on a record when the user holds it there (everywhere, in the record's department subtree, or on
that project) and stands in a working relation to the record: owner, team, manager of its department or of one above
it, or a reach over all records. Rule: docs/business-rules.md#access
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from openpsm.core.errors import NotAllowed
from openpsm.org.models import Department, User
from openpsm.org.permissions import Permission


class Owned(Protocol):
    """A record with an owner, a department and a team (`members`)."""

    pk: Any
    members: Any

    @property
    def owner_id(self) -> int | None: ...

    @property
    def department_id(self) -> int | None: ...


@dataclass(frozen=True)
class Reach:
    """What one user may do and where; paths are department paths, a subtree is a prefix."""

    everywhere: frozenset[str] = frozenset()
    below: tuple[tuple[str, frozenset[str]], ...] = ()
    on_project: dict[int, frozenset[str]] = field(default_factory=dict)
    managed: tuple[str, ...] = ()

    def holds(self, permission: Permission, *, path: str = "", project_id: int | None = None) -> bool:
        """Whether the permission is held everywhere, at the department `path`, or on that project."""
        return (
            permission in self.everywhere
            or any(permission in held and path.startswith(root) for root, held in self.below if path)
            or permission in self.on_project.get(project_id or 0, frozenset())
        )

    def holds_anywhere(self, permission: Permission) -> bool:
        """Whether the permission is held at all: decides about menus and pages, never about a record."""
        held: Iterable[frozenset[str]] = (s for _path, s in self.below)
        return permission in self.everywhere or any(permission in s for s in (*held, *self.on_project.values()))

    def manages(self, path: str) -> bool:
        """Whether the user manages the department of this path or one above it."""
        return bool(path) and any(path.startswith(root) for root in self.managed)


def reach(user: User) -> Reach:
    """Return the user's reach, kept on the user object for the length of a request (1 query the first time)."""
    if user._reach is None:
        user._reach = _load(user) if user.is_active else Reach()
    return user._reach


def forget(user: User) -> None:
    """Drop the kept reach, after roles or managers changed within the same request."""
    user._reach = None


#: Asked by every request: as written SQL it costs a fifth of what Django takes to put the same question together.
_REACH = """
    SELECT role.permissions, department.path, held.project_id
    FROM org_rolegrant held
    JOIN org_role role ON role.id = held.role_id
    LEFT JOIN org_department department ON department.id = held.department_id
    WHERE held.user_id = %s
    UNION ALL
    SELECT NULL, department.path, NULL
    FROM org_departmentmanager link
    JOIN org_department department ON department.id = link.department_id
    WHERE link.user_id = %s AND department.path IS NOT NULL
"""


def _load(user: User) -> Reach:
    everywhere: set[str] = set()
    below: dict[str, set[str]] = {}
    on_project: dict[int, set[str]] = {}
    managed: list[str] = []
    for permissions, path, project_id in _grants_and_departments(user):
        if permissions is None:
            managed.append(path)
        elif project_id:
            on_project.setdefault(project_id, set()).update(permissions)
        else:
            (below.setdefault(path, set()) if path else everywhere).update(permissions)
    return Reach(
        everywhere=frozenset(everywhere),
        below=tuple((path, frozenset(held)) for path, held in below.items()),
        on_project={pk: frozenset(held) for pk, held in on_project.items()},
        managed=tuple(sorted(managed)),
    )


def _grants_and_departments(user: User) -> list[tuple[list[str] | None, str, int | None]]:
    """Return (permissions, path, project) of each grant and (None, path, None) of each managed department."""
    with connection.cursor() as cursor:
        cursor.execute(_REACH, [user.pk, user.pk])
        return [(json.loads(held) if held else None, path or "", pk) for held, path, pk in cursor.fetchall()]


def visible(user: User, *, view_all: Permission, mine: Q, department: str = "department") -> Q | None:
    """Return the condition under which records with this path to a department are seen; None means all of them.

    `mine` says what ownership and team membership open; departments managed and departments in which `view_all`
    is held are added as prefixes of the department's path.
    """
    own = reach(user)
    if own.holds(view_all):
        return None
    paths = {*own.managed, *(path for path, held in own.below if view_all in held)}
    condition = mine
    return condition | Q(**{f"{department}__in": below(paths)}) if paths else condition


def below(paths: Collection[str]) -> QuerySet[Any, Any]:
    """Return the departments of these subtrees: as a set of ids, which an index on the department serves."""
    condition = Q()
    for path in sorted(paths):
        condition |= Q(path__startswith=path)
    return Department.objects.filter(condition).values("pk")


def is_member(user: User, record: Owned) -> bool:
    """Whether the user is owner or on the team (1 query unless the owner)."""
    return record.owner_id == user.pk or record.members.filter(user=user).exists()


def department_path(record: Owned) -> str:
    """Return the path of the record's department, empty without one."""
    department: Department | None = getattr(record, "department", None)
    return (department.path or "") if department else ""


def can(user: User, permission: Permission, *, on: Any = None, view_all: Permission | None = None) -> bool:
    """Whether the user may do it, on the record if one is given (0–1 queries beside the reach)."""
    own = reach(user)
    if not user.is_active:
        return False
    if on is None:
        return own.holds_anywhere(permission)
    path = department_path(on)
    project_id = on.pk if on._meta.label_lower == "projects.project" else None
    if not own.holds(permission, path=path, project_id=project_id):
        return False
    return _is_related(user, on, path, view_all or _view_all_of(on), project_id)


def _view_all_of(record: Model) -> Permission:
    is_account = record._meta.label_lower == "accounts.account"
    return Permission.ACCOUNT_VIEW_ALL if is_account else Permission.PROJECT_VIEW_ALL


def _is_related(user: User, record: Any, path: str, view_all: Permission, project_id: int | None) -> bool:
    own = reach(user)
    if own.manages(path) or own.holds(view_all, path=path, project_id=project_id):
        return True
    return is_member(user, record)


def require(user: User, permission: Permission, *, on: Any = None) -> None:
    """Raise NotAllowed unless the user may do it (on the record, if one is given)."""
    if not can(user, permission, on=on):
        raise NotAllowed(_("You are not allowed to do this here. Ask your manager or an administrator."))


def require_over(user: User, permission: Permission, *, path: str = "") -> None:
    """Raise NotAllowed unless the permission is held everywhere or over the department of this path.

    For people and departments, which have no owner; the empty path is that of the whole company.
    """
    if not user.is_active or not reach(user).holds(permission, path=path):
        raise NotAllowed(_("Only an administrator of this area may do this."))


def require_supervision(user: User, permission: Permission, *, on: Any) -> None:
    """Raise NotAllowed unless the user holds the permission there and stands above the record, not on it.

    For what nobody may do on their own records, such as overriding a gate: managers of the department or above,
    or a reach over all; never the owner.
    """
    own, path = reach(user), department_path(on)
    above = own.manages(path) or own.holds(_view_all_of(on), path=path)
    if on.owner_id == user.pk or not above or not own.holds(permission, path=path):
        raise NotAllowed(_("Only a manager of this department who does not own the record may do this."))
