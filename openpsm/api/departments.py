"""Departments: the tree in which people and records stand."""

from typing import Annotated

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field, StringConstraints

from openpsm.api.auth import ApiRequest
from openpsm.api.frame import OPEN, area, permission
from openpsm.api.lists import Listing, Row
from openpsm.api.schemas import NO_NUL, Flag, Id, In, ListQuery, Out, Page, sorts
from openpsm.org import operations
from openpsm.org.models import Department, DepartmentManager, User
from openpsm.org.permissions import Permission

router = area("departments")
DepartmentName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]


class DepartmentOut(Out):
    """A department; its managers manage everything below it too."""

    id: int
    version: int
    name: str
    parent_id: int | None
    is_active: bool
    manager_ids: list[int]


class DepartmentQuery(ListQuery):
    """Filters of departments."""

    parent_id: Id | None = None
    is_active: Flag | None = None
    sort: Annotated[str, sorts("id", "name")] = "id"


class DepartmentIn(In):
    """A new department, at the root without parent."""

    name: DepartmentName
    parent_id: Id | None = None


class RenameIn(In):
    """Another name."""

    name: DepartmentName


class MoveIn(In):
    """Another place in the tree; null is the root."""

    parent_id: Id | None


class ManagersIn(In):
    """All managers of the department."""

    user_ids: Annotated[list[Id], Field(max_length=100)]


def _with_managers(rows: list[Row], _user: User) -> list[Row]:
    """Add the managers (1 query)."""
    ids = [row["id"] for row in rows]
    found = DepartmentManager.objects.filter(department__in=ids).order_by("pk")
    links = list(found.values_list("department_id", "user_id"))
    for row in rows:
        row["manager_ids"] = [user_id for pk, user_id in links if pk == row["id"]]
    return rows


DEPARTMENTS = Listing(
    Department,
    DepartmentOut,
    made=frozenset({"manager_ids"}),
    finish=_with_managers,
    sorts={"id": "id", "name": "name"},
)


@router.get("", response=Page[DepartmentOut])
@permission(OPEN)
def departments(request: ApiRequest, query: Query[DepartmentQuery]) -> HttpResponse:
    """List the departments."""
    return DEPARTMENTS.page(request, query)


@router.post("", response={201: DepartmentOut})
@permission(Permission.USER_ADMIN)
def create(request: ApiRequest, body: DepartmentIn) -> HttpResponse:
    """Add a department."""
    made = operations.create_department(by=request.auth, at=timezone.now(), **body.model_dump())
    return DEPARTMENTS.written(request, made, status=201)


@router.get("/{id:pk}", response=DepartmentOut)
@permission(OPEN)
def department(request: ApiRequest, pk: Id) -> HttpResponse:
    """Show a department."""
    return DEPARTMENTS.show(request, pk)


@router.patch("/{id:pk}", response=DepartmentOut)
@permission(Permission.USER_ADMIN, versioned=True)
def rename(request: ApiRequest, pk: Id, body: RenameIn) -> HttpResponse:
    """Rename a department."""
    found = operations.rename_department(
        department_id=pk, version=request.version, name=body.name, by=request.auth, at=timezone.now()
    )
    return DEPARTMENTS.written(request, found)


@router.post("/{id:pk}/move", response=DepartmentOut)
@permission(Permission.USER_ADMIN, versioned=True)
def move(request: ApiRequest, pk: Id, body: MoveIn) -> HttpResponse:
    """Move a department with everything below it."""
    found = operations.move_department(
        department_id=pk, parent_id=body.parent_id, version=request.version, by=request.auth, at=timezone.now()
    )
    return DEPARTMENTS.written(request, found)


@router.post("/{id:pk}/managers", response=DepartmentOut)
@permission(Permission.USER_ADMIN, versioned=True)
def managers(request: ApiRequest, pk: Id, body: ManagersIn) -> HttpResponse:
    """Say who manages a department."""
    found = operations.set_managers(
        department_id=pk, user_ids=body.user_ids, version=request.version, by=request.auth, at=timezone.now()
    )
    return DEPARTMENTS.written(request, found)


@router.post("/{id:pk}/close", response=DepartmentOut)
@permission(Permission.USER_ADMIN, versioned=True)
def close(request: ApiRequest, pk: Id) -> HttpResponse:
    """Offer a department no longer for new people and records."""
    found = operations.close_department(department_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return DEPARTMENTS.written(request, found)


@router.post("/{id:pk}/reopen", response=DepartmentOut)
@permission(Permission.USER_ADMIN, versioned=True)
def reopen(request: ApiRequest, pk: Id) -> HttpResponse:
    """Offer a closed department again."""
    found = operations.reopen_department(department_id=pk, version=request.version, by=request.auth, at=timezone.now())
    return DEPARTMENTS.written(request, found)
