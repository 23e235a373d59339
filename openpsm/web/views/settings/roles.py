"""Roles as a matrix of what they allow."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import operations, queries
from openpsm.org.models import Role
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import ask
from openpsm.web.forms.settings import EditRoleForm, GraveVersionForm, NewRoleForm
from openpsm.web.permissions import GROUPS
from openpsm.web.views.settings import choices

ADMIN = Permission.ROLE_ADMIN


def _crumbs() -> list[tuple[Any, str]]:
    return [(_("Settings"), reverse("web:settings")), (_("Roles"), reverse("web:role-list"))]


@page(ADMIN)
def role_list(request: UserRequest) -> HttpResponse:
    """Show what each role allows and how many hold it (2 queries beside the frame's)."""
    rows, holders = choices.roles(request.user), queries.role_holders()
    held = {role.pk: frozenset(role.permissions) for role in rows}
    groups = [
        (label, [(words, [permission.value in held[role.pk] for role in rows]) for permission, words in lines])
        for label, lines in GROUPS
    ]
    context = {
        "title": _("Roles"),
        "crumbs": _crumbs()[:1],
        "primary": (_("New role"), reverse("web:role-new")),
        "roles": [(role, choices.role_name(role), holders.get(role.pk, 0)) for role in rows],
        "groups": groups,
        "width": len(rows) + 1,
    }
    return render(request, "settings/roles.html", context)


@page(ADMIN, methods=("GET", "POST"))
def new(request: UserRequest) -> HttpResponse:
    """Add a role."""
    form = NewRoleForm(request)
    return ask(
        request,
        form,
        lambda: operations.create_role(**form.values, by=request.user, at=timezone.now()),
        title=_("New role"),
        done=_("The role is there; give it to somebody on the page of users."),
        back=reverse("web:role-list"),
        crumbs=_crumbs(),
    )


@page(ADMIN, methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change name and rights of a role, at once for everybody who holds it."""
    role = get_object_or_404(Role.objects.visible_to(request.user), pk=pk)
    shown = {"name_en": role.name_en, "name_zh": role.name_zh, "permissions": role.permissions}
    form = EditRoleForm(request, initial=shown | {"version": role.version})
    form.send(lambda: operations.update_role(role_id=pk, **form.values, by=request.user, at=timezone.now()))
    if form.is_done:
        messages.success(request, _("The role holds as changed from the next click on."))
        return redirect("web:role-list")
    context = {"title": choices.role_name(role), "form": form, "role": role, "crumbs": _crumbs()}
    return render(request, "settings/role.html", context, status=422 if form.errors else 200)


@page(ADMIN, methods=("GET", "POST"))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Remove a role that nobody holds."""
    role = get_object_or_404(Role.objects.visible_to(request.user), pk=pk)
    form = GraveVersionForm(request, initial={"version": role.version})
    return ask(
        request,
        form,
        lambda: operations.delete_role(role_id=pk, **form.values, by=request.user, at=timezone.now()),
        title=_("Delete the role “%(name)s”") % {"name": choices.role_name(role)},
        done=_("The role is deleted."),
        back=reverse("web:role-list"),
        crumbs=_crumbs(),
        intro=_("Only a role that nobody holds can be deleted."),
        action=_("Delete"),
        is_danger=True,
    )
