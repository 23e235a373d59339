"""The tree of departments."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import operations, queries
from openpsm.org.models import Department
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import ask
from openpsm.web.forms import settings as forms
from openpsm.web.views.settings import choices

ADMIN = Permission.USER_ADMIN


def _crumbs() -> list[tuple[Any, str]]:
    return [(_("Settings"), reverse("web:settings")), (_("Departments"), reverse("web:department-list"))]


def _home() -> str:
    return reverse("web:department-list")


def _find(request: UserRequest, pk: int) -> Department:
    department: Department = get_object_or_404(Department.objects.visible_to(request.user), pk=pk)
    return department


@page(ADMIN)
def department_list(request: UserRequest) -> HttpResponse:
    """Show the tree with managers and members (3 queries beside the frame's)."""
    context = {
        "title": _("Departments"),
        "crumbs": _crumbs()[:1],
        "primary": (_("New department"), reverse("web:department-new")),
        "tree": queries.department_tree(request.user),
    }
    return render(request, "settings/departments.html", context)


@page(ADMIN, methods=("GET", "POST"))
def new(request: UserRequest) -> HttpResponse:
    """Add a department."""
    offered = choices.departments(request.user)
    form = forms.NewDepartmentForm(request, departments=offered, initial={"parent_id": request.GET.get("below")})
    return ask(
        request,
        form,
        lambda: operations.create_department(**form.values, by=request.user, at=timezone.now()),
        title=_("New department"),
        done=_("The department is there."),
        back=_home(),
        crumbs=_crumbs(),
    )


@page(ADMIN, methods=("GET", "POST"))
def rename(request: UserRequest, pk: int) -> HttpResponse:
    """Give it another name."""
    department = _find(request, pk)
    form = forms.RenameDepartmentForm(request, initial={"name": department.name, "version": department.version})
    return ask(
        request,
        form,
        lambda: operations.rename_department(department_id=pk, **form.values, by=request.user, at=timezone.now()),
        title=_("Rename “%(name)s”") % {"name": department.name},
        done=_("Saved."),
        back=_home(),
        crumbs=_crumbs(),
        action=_("Save"),
    )


@page(ADMIN, methods=("GET", "POST"))
def move(request: UserRequest, pk: int) -> HttpResponse:
    """Hang it with all below it somewhere else."""
    department = _find(request, pk)
    initial = {"parent": department.parent_id, "version": department.version}
    offered = choices.departments(request.user, besides=department)
    form = forms.MoveDepartmentForm(request, departments=offered, initial=initial)
    return ask(request, form, lambda: _moved(request, pk, form), **_moving(department))


def _moved(request: UserRequest, pk: int, form: forms.MoveDepartmentForm) -> Department:
    parent, version = form.values["parent"], form.values["version"]
    call = {"department_id": pk, "parent_id": parent, "version": version}
    return operations.move_department(**call, by=request.user, at=timezone.now())


def _moving(department: Department) -> dict[str, Any]:
    return {
        "title": _("Move “%(name)s”") % {"name": department.name},
        "done": _("The department with all below it has moved."),
        "back": _home(),
        "crumbs": _crumbs(),
        "intro": _("Everything below moves along. Managers above the new place see its projects from then on."),
        "action": _("Move"),
    }


@page(ADMIN, methods=("GET", "POST"))
def managers(request: UserRequest, pk: int) -> HttpResponse:
    """Say who manages it."""
    department = _find(request, pk)
    present = list(department.manager_links.values_list("user_id", flat=True))
    initial = {"managers": present, "version": department.version}
    form = forms.ManagersForm(request, people=choices.people(request.user), initial=initial)
    return ask(
        request,
        form,
        lambda: operations.set_managers(
            department_id=pk,
            user_ids=form.values["managers"],
            version=form.values["version"],
            by=request.user,
            at=timezone.now(),
        ),
        title=_("Managers of “%(name)s”") % {"name": department.name},
        done=_("Saved."),
        back=_home(),
        crumbs=_crumbs(),
        action=_("Save"),
    )


@page(ADMIN, methods=("GET", "POST"))
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Offer it no longer, or offer it again."""
    department = _find(request, pk)
    is_open = department.is_active
    operation = operations.close_department if is_open else operations.reopen_department
    form = forms.VersionForm(request, initial={"version": department.version})
    name = {"name": department.name}
    return ask(
        request,
        form,
        lambda: operation(department_id=pk, **form.values, by=request.user, at=timezone.now()),
        title=(_("Close “%(name)s”") if is_open else _("Reopen “%(name)s”")) % name,
        done=_("Saved."),
        back=_home(),
        crumbs=_crumbs(),
        intro=_("A closed department is offered no more for new people and records; what it holds stays.")
        if is_open
        else "",
    )
