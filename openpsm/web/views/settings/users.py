"""Users: inviting, changing, access, roles held."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import operations, queries
from openpsm.org.models import RoleGrant, User
from openpsm.org.operations import NewUser
from openpsm.org.operations.people import ADMINISTERED
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import GraveForm, ask
from openpsm.web.forms.settings import EditPersonForm, GrantForm, GraveVersionForm, InviteForm
from openpsm.web.views.settings import choices

ADMIN = Permission.USER_ADMIN


def _crumbs(user: User | None = None) -> list[tuple[Any, str]]:
    crumbs = [(_("Settings"), reverse("web:settings")), (_("Users"), reverse("web:user-list"))]
    return crumbs + ([(user.name, reverse("web:user-edit", args=[user.pk]))] if user else [])


def _find(request: UserRequest, pk: int) -> User:
    user: User = get_object_or_404(User.objects.visible_to(request.user).select_related("department"), pk=pk)
    return user


@page(ADMIN, methods=("GET", "POST"))
def invite(request: UserRequest) -> HttpResponse:
    """Add a user; an initial password is shown once, on the page that answers."""
    offered = [(role.key, choices.role_name(role)) for role in choices.roles(request.user)]
    form = InviteForm(request, departments=choices.departments(request.user), roles=offered)
    made = form.send(lambda: operations.invite_user(new=_new(form), by=request.user, at=timezone.now()))
    if made is not None:
        return _password(request, made.user, made.password, _("%(name)s is invited") % {"name": made.user.name})
    title, back = _("Invite somebody"), reverse("web:user-list")
    context = {"form": form, "title": title, "action": _("Invite"), "crumbs": _crumbs(), "back": back}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


def _new(form: InviteForm) -> NewUser:
    return NewUser(**form.values | {"role_keys": tuple(form.values["role_keys"])})


def _password(request: UserRequest, user: User, password: str, title: str) -> HttpResponse:
    context = {"title": title, "crumbs": _crumbs(user), "person": user, "password": password}
    return render(request, "settings/password.html", context)


@page(ADMIN, methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change what is kept about a user, and see what they hold (4 queries more than the frame's)."""
    user = _find(request, pk)
    shown = {name: getattr(user, name) for name in ADMINISTERED}
    form = EditPersonForm(
        request, departments=choices.departments(request.user), initial=shown | {"version": user.version}
    )
    form.send(lambda: _update(request, user, form))
    if form.is_done:
        return _back(request, user, _("Saved."))
    context = {"title": user.name, "form": form, "person": user, "crumbs": _crumbs(), "grants": _grants(user)}
    return render(request, "settings/user.html", context, status=422 if form.errors else 200)


def _update(request: UserRequest, user: User, form: EditPersonForm) -> User:
    wanted = {name: value for name, value in form.values.items() if name in form.changed_data and name != "version"}
    version = form.values["version"]
    if not wanted:
        return user
    return operations.update_user(user_id=user.pk, version=version, changes=wanted, by=request.user, at=timezone.now())


def _grants(user: User) -> list[tuple[RoleGrant, str]]:
    return [(grant, choices.role_name(grant.role)) for grant in queries.grants_of(user.pk)]


def _back(request: UserRequest, user: User, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect("web:user-edit", user.pk)


@page(ADMIN, methods=("GET", "POST"))
def deactivate(request: UserRequest, pk: int) -> HttpResponse:
    """Take away access."""
    user = _find(request, pk)
    form = GraveVersionForm(request, initial={"version": user.version})
    at = timezone.now()
    return ask(
        request,
        form,
        lambda: operations.deactivate_user(user_id=pk, version=form.values["version"], by=request.user, at=at),
        title=_("Deactivate"),
        done=_("%(name)s can no longer sign in.") % {"name": user.name},
        back=reverse("web:user-edit", args=[pk]),
        crumbs=_crumbs(user),
        intro=_(
            "All sessions end with the next click, tokens and reset links die. Projects, accounts and tasks stay in "
            "this name until they are handed over."
        ),
        is_danger=True,
    )


@page(ADMIN, methods=("GET", "POST"))
def reactivate(request: UserRequest, pk: int) -> HttpResponse:
    """Let somebody in again, with a new initial password."""
    user = _find(request, pk)
    form = GraveVersionForm(request, initial={"version": user.version})
    at = timezone.now()
    made = form.send(
        lambda: operations.reactivate_user(user_id=pk, version=form.values["version"], by=request.user, at=at)
    )
    if made is not None:
        return _password(request, user, made.password, _("%(name)s may sign in again") % {"name": user.name})
    intro = _("The old roles hold again. A new initial password is shown to you once.")
    return _sure(request, user, form, _("Reactivate"), intro)


@page(ADMIN, methods=("GET", "POST"))
def reset(request: UserRequest, pk: int) -> HttpResponse:
    """Give somebody a new initial password."""
    user = _find(request, pk)
    form = GraveVersionForm(request, initial={"version": user.version})
    at = timezone.now()
    password = form.send(
        lambda: operations.reset_by_administrator(user_id=pk, version=form.values["version"], by=request.user, at=at)
    )
    if password is not None:
        return _password(request, user, password, _("New password for %(name)s") % {"name": user.name})
    intro = _("A new initial password is shown to you once. All sessions and tokens of this person end.")
    return _sure(request, user, form, _("Reset the password"), intro)


def _sure(request: UserRequest, user: User, form: GraveForm, title: str, intro: str) -> HttpResponse:
    context = {"form": form, "title": title, "action": title, "intro": intro, "crumbs": _crumbs(user)}
    context["back"] = reverse("web:user-edit", args=[user.pk])
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page(ADMIN, methods=("GET", "POST"))
def grant(request: UserRequest, pk: int) -> HttpResponse:
    """Let somebody hold a role, everywhere or in a department."""
    user = _find(request, pk)
    offered = [(role.pk, choices.role_name(role)) for role in choices.roles(request.user)]
    form = GrantForm(request, roles=offered, departments=choices.departments(request.user))
    return ask(
        request,
        form,
        lambda: operations.grant_role(user_id=pk, **form.values, by=request.user, at=timezone.now()),
        title=_("Give a role"),
        done=_("The role holds from the next click on."),
        back=reverse("web:user-edit", args=[pk]),
        crumbs=_crumbs(user),
    )


@page(ADMIN, methods=("GET", "POST"))
def revoke(request: UserRequest, pk: int, grant_id: int) -> HttpResponse:
    """Take a role away."""
    user = _find(request, pk)
    held = next((one for one in queries.grants_of(pk) if one.pk == grant_id), None)
    if held is None:
        raise Http404
    role = choices.role_name(held.role)
    return ask(
        request,
        GraveForm(request),
        lambda: operations.revoke_role(grant_id=grant_id, by=request.user, at=timezone.now()),
        title=_("Take the role away"),
        done=_("The role is taken away."),
        back=reverse("web:user-edit", args=[pk]),
        crumbs=_crumbs(user),
        intro=_("%(name)s no longer holds “%(role)s”, from the next click on.") % {"name": user.name, "role": role},
        is_danger=True,
    )
