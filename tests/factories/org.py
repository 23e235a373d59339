"""Departments, users, roles and tasks. The shipped roles are there already (fixture `installed`)."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import count
from typing import Any

from openpsm.core.text import sort_key
from openpsm.org.models import Department, DepartmentManager, Role, RoleGrant, Task, User
from tests.factories import AT

PASSWORD = "correct horse battery"
_numbers = count(1)


def make_department(name: str = "", *, parent: Department | None = None, managers: Iterable[User] = ()) -> Department:
    """A department with its path; below `parent` if one is given."""
    department = Department.objects.create(name=name or f"Department {next(_numbers)}", parent=parent)
    department.path = f"{parent.path if parent else '/'}{department.pk}/"
    department.save(update_fields=["path"])
    for user in managers:
        DepartmentManager.objects.create(department=department, user=user)
    return department


def make_user(
    username: str = "",
    *,
    name: str = "",
    roles: Iterable[str] = ("seller",),
    department: Department | None = None,
    manages: Department | None = None,
    password: str = PASSWORD,
    at: datetime = AT,
    **fields: Any,
) -> User:
    """A user with the shipped roles of these keys, held everywhere; `manages` makes a manager of that department."""
    username = username or f"user{next(_numbers)}"
    user = User(username=username, name=name or username, department=department or manages, created_at=at, **fields)
    user.sort_key = sort_key(user.name)
    user.set_password(password)
    user.save()
    for key in roles:
        grant_role(user, key, at=at)
    if manages:
        DepartmentManager.objects.create(department=manages, user=user)
    return user


def grant_role(
    user: User, key: str, *, department: Department | None = None, project_id: int | None = None, at: datetime = AT
) -> RoleGrant:
    """Let the user hold a shipped role everywhere, in a department or on one project."""
    role = Role.objects.get(key=key)
    user._reach = None
    return RoleGrant.objects.create(user=user, role=role, department=department, project_id=project_id, granted_at=at)


def make_role(key: str, permissions: Iterable[str]) -> Role:
    """A role beside the shipped ones."""
    return Role.objects.create(key=key, name_en=key, name_zh=key, permissions=sorted(permissions))


def make_task(owner: User, *, title: str = "Call them", due_on: date | None = None, **fields: Any) -> Task:
    """An open task."""
    return Task.objects.create(owner=owner, title=title, due_on=due_on, created_at=AT, updated_at=AT, **fields)
