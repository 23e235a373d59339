"""The tree of departments and their managers. Rule: docs/business-rules.md#access"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.versions import bump, require_version
from openpsm.org import access, rules
from openpsm.org.models import Department, DepartmentManager, User
from openpsm.org.permissions import Permission


def create_department(*, name: str, parent_id: int | None = None, by: User, at: datetime) -> Department:
    """Add a department at the root or below another one. Raises NotAllowed, InvalidInput."""
    with transaction.atomic():
        parent = _locked(parent_id) if parent_id else None
        start = _path(parent) if parent else "/"
        access.require_over(by, Permission.USER_ADMIN, path=start if parent else "")
        stamps = {"created_at": at, "updated_at": at, "created_by": by}
        department = Department(name=_clean_name(name, parent_id), parent=parent, **stamps)
        department.save()
        department.path = f"{start}{department.pk}/"
        _require_room(len(department.path))
        department.save(update_fields=["path"])
        events.record("department.created", subject=department, by=by, at=at, called=department.name, parent=parent_id)
    return department


def create_departments(*, rows: Sequence[tuple[str, int | None]], by: User, at: datetime) -> list[Department]:
    """Add departments given as (name, id of the one above), in order; one event each, a fixed number of statements."""
    with transaction.atomic():
        above = {one.pk: one for one in Department.objects.select_for_update(no_key=True).filter(pk__in=_above(rows))}
        for _name, parent_id in rows:
            access.require_over(by, Permission.USER_ADMIN, path=_path(above[parent_id]) if parent_id else "")
        stamps = {"created_at": at, "updated_at": at, "created_by": by}
        made = [Department(name=name, parent_id=pk, **stamps) for name, pk in _clean_names(rows)]
        Department.objects.bulk_create(made)
        for one in made:
            one.path = f"{_path(above[one.parent_id]) if one.parent_id else '/'}{one.pk}/"
            _require_room(len(one.path))
        Department.objects.bulk_update(made, ["path"])
        record = [events.EventRow(subject=one, data={"called": one.name, "parent": one.parent_id}) for one in made]
        events.record_many("department.created", record, by=by, at=at)
    return made


def _above(rows: Sequence[tuple[str, int | None]]) -> set[int]:
    return {parent_id for _name, parent_id in rows if parent_id}


def _clean_names(rows: Sequence[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    """Return the names without double blanks; raises InvalidInput "<row>.name" for those that cannot be (1 query)."""
    clean = [(" ".join(name.split()), parent_id) for name, parent_id in rows]
    siblings = Q(parent__in=_above(rows)) | Q(parent=None)
    taken = set(Department.objects.filter(siblings).values_list("name", "parent_id"))
    errors: dict[str, list[str]] = {}
    for number, (name, parent_id) in enumerate(clean, 1):
        if not name or len(name) > 100:
            errors[f"{number}.name"] = [_("Give a name of at most 100 characters.")]
        elif (name, parent_id) in taken:
            errors[f"{number}.name"] = [_("There is already a department of this name here.")]
        taken.add((name, parent_id))
    if errors:
        raise InvalidInput(errors)
    return clean


def withdraw_departments(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Close imported departments that nobody has changed and that nobody is in; returns their ids."""
    closed: set[int] = set()
    with transaction.atomic():
        for department in Department.objects.filter(pk__in=versions).order_by("-path"):
            in_use = department.members.filter(is_active=True).exists()
            in_use = in_use or department.children.filter(is_active=True).exists()
            if department.version == versions[department.pk] and not in_use:
                close_department(department_id=department.pk, version=department.version, by=by, at=at)
                closed.add(department.pk)
    return closed


def rename_department(*, department_id: int, version: int | None, name: str, by: User, at: datetime) -> Department:
    """Give a department another name, unique among its siblings."""
    with transaction.atomic():
        department = _administered(department_id, version, by)
        old, department.name = department.name, _clean_name(name, department.parent_id, besides=department_id)
        department.save(update_fields=["name", *bump(department, at=at)])
        events.record("department.renamed", subject=department, by=by, at=at, old=old, new=department.name)
    return department


def move_department(
    *, department_id: int, parent_id: int | None, version: int | None, by: User, at: datetime
) -> Department:
    """Hang a department with all below it under another one, or at the root (None).

    The paths of the whole subtree are rewritten in one statement, whatever its size. Refused below itself, and where
    the mover would come to see more by it.
    """
    with transaction.atomic():
        tree = _locked_tree()
        department, parent = tree.get(department_id), tree.get(parent_id) if parent_id else None
        if department is None or (parent_id and parent is None):
            raise Department.DoesNotExist
        require_version(department, version)
        old, start = _path(department), _path(parent) if parent else "/"
        _require_move(department, old, start if parent else "", by)
        _clean_name(department.name, parent_id, besides=department_id)
        new = f"{start}{department_id}/"
        _rewrite(old, new)
        before, department.parent, department.path = department.parent_id, parent, new
        department.save(update_fields=["parent", *bump(department, at=at)])
        events.record("department.moved", subject=department, by=by, at=at, old=before, new=parent_id)
    access.forget(by)
    return department


def _require_move(department: Department, old: str, start: str, by: User) -> None:
    access.require_over(by, Permission.USER_ADMIN, path=old)
    access.require_over(by, Permission.USER_ADMIN, path=start)
    if start.startswith(old):
        raise InvalidInput({"parent": [_("A department cannot stand below itself.")]})
    own = access.reach(by)
    roots = {*own.managed, *(path for path, _held in own.below)}
    if any(start.startswith(root) and not old.startswith(root) for root in roots):
        raise NotAllowed(_("You would come to see more yourself: let another administrator do this."))


def _rewrite(old: str, new: str) -> None:
    """Give all paths below `old` the new beginning (2 statements)."""
    subtree = Department.objects.below(old)
    longest = subtree.aggregate(longest=Max(Length("path")))["longest"]
    _require_room(longest - len(old) + len(new))
    subtree.update(path=Concat(Value(new), Substr("path", len(old) + 1)))


def set_managers(
    *, department_id: int, user_ids: Collection[int], version: int | None, by: User, at: datetime
) -> Department:
    """Say who manages a department; nobody makes themself a manager. Managers see all of its projects."""
    with transaction.atomic():
        department = _administered(department_id, version, by)
        wanted = set(User.objects.active().filter(pk__in=user_ids).values_list("pk", flat=True))
        if wanted != set(user_ids):
            raise InvalidInput({"managers": [_("Choose active users.")]})
        old = set(department.manager_links.values_list("user_id", flat=True))
        if by.pk in wanted - old:
            raise NotAllowed(_("Nobody gives rights to themself: let another administrator do this."))
        department.manager_links.exclude(user_id__in=wanted).delete()
        links = [DepartmentManager(department=department, user_id=pk) for pk in sorted(wanted - old)]
        DepartmentManager.objects.bulk_create(links)
        department.save(update_fields=bump(department, at=at))
        changes: dict[str, Any] = {"old": sorted(old), "new": sorted(wanted)}
        events.record("department.managers_set", subject=department, by=by, at=at, **changes)
    access.forget(by)
    return department


def close_department(*, department_id: int, version: int | None, by: User, at: datetime) -> Department:
    """Offer a department no longer for new people and records; refused while active people or departments are in it."""
    with transaction.atomic():
        department = _administered(department_id, version, by)
        if department.members.filter(is_active=True).exists() or department.children.filter(is_active=True).exists():
            raise DomainError(_("There are still people or departments in it."), code="department-in-use")
        return _set_active(department, False, by, at)


def reopen_department(*, department_id: int, version: int | None, by: User, at: datetime) -> Department:
    """Offer a closed department again."""
    with transaction.atomic():
        return _set_active(_administered(department_id, version, by), True, by, at)


def _set_active(department: Department, is_active: bool, by: User, at: datetime) -> Department:
    department.is_active = is_active
    department.save(update_fields=["is_active", *bump(department, at=at)])
    name = "department.reopened" if is_active else "department.closed"
    events.record(name, subject=department, by=by, at=at)
    return department


def _administered(department_id: int, version: int | None, by: User) -> Department:
    department = _locked(department_id)
    access.require_over(by, Permission.USER_ADMIN, path=_path(department))
    require_version(department, version)
    return department


def _locked(department_id: int) -> Department:
    locked: Department = Department.objects.select_for_update(no_key=True).get(pk=department_id)
    return locked


def _locked_tree() -> dict[int, Department]:
    """All departments, locked in one order: two moves at once could otherwise make a circle."""
    return {each.pk: each for each in Department.objects.select_for_update(no_key=True).order_by("pk")}


def _path(department: Department) -> str:
    return department.path or ""


def _require_room(length: int) -> None:
    if length > rules.MAX_PATH:
        raise InvalidInput({"parent": [_("The tree of departments would become too deep.")]})


def _clean_name(name: str, parent_id: int | None, *, besides: int | None = None) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > 100:
        raise InvalidInput({"name": [_("Give a name of at most 100 characters.")]})
    same = Department.objects.filter(parent=parent_id, name=clean).exclude(pk=besides)
    if same.exists():
        raise InvalidInput({"name": [_("There is already a department of this name here.")]})
    return clean
