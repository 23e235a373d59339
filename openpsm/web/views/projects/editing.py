"""Changing a project: its fields, the customer's step, a word with evidence, team, parties and products."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core import attachments
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.org.permissions import Permission
from openpsm.process import facts
from openpsm.projects import operations, queries
from openpsm.projects.models import Project, ProjectMember
from openpsm.registrations import operations as registrations
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.base import attempt
from openpsm.web.forms.customers import attempt_claim
from openpsm.web.forms.projectparts import EditProjectForm, PartyForm, TeamForm
from openpsm.web.forms.projects import ConfirmForm, StepForm, posted_version
from openpsm.web.hits import shown_hits
from openpsm.web.undo import say_undoable
from openpsm.web.views.projects import frame


def _page(
    request: UserRequest,
    project: Project,
    form: forms.Form,
    title: str,
    *,
    template: str = "components/form_page.html",
    **extra: Any,
) -> HttpResponse:
    home = reverse("web:project-detail", args=[project.pk])
    context = {"form": form, "title": title, "crumbs": [(project.name, home)], "back": home, **extra}
    return render(request, template, context, status=422 if form.errors else 200)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change what is known of the project; a name that means another project is shown before anything is stored."""
    project = frame.find(request, pk)
    initial = {name: getattr(project, name) for name in EditProjectForm.base_fields}
    form = EditProjectForm(request.POST or None, user=request.user, initial=initial, custom=project.custom)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and attempt_claim(form, lambda: _change(request, pk, form)) is not None:
        return redirect("web:project-detail", pk)
    hits = shown_hits(form.hits, form.confirmed, can_use=False)
    return _page(request, project, form, _("Edit the project"), template="components/claim_form.html", hits=hits)


def _change(request: UserRequest, pk: int, form: EditProjectForm) -> Project:
    return registrations.change_project(
        project_id=pk,
        changes=form.changes(),
        confirmed_different=form.confirmed,
        version=form.cleaned_data["version"],
        by=request.user,
        at=timezone.now(),
    )


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def step(request: UserRequest, pk: int) -> HttpResponse:
    """State the customer's procurement step, with its source."""
    project = frame.find(request, pk)
    initial = {"version": project.version, "step_key": request.GET.get("step", ""), "on": today(timezone.now())}
    form = StepForm(request.POST or None, initial=initial, steps=queries.process_of(project).steps)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def call() -> Project:
            return operations.set_procurement_step(project_id=pk, by=request.user, at=timezone.now(), **given)

        if attempt(form, call) is not None:
            return redirect("web:project-detail", pk)
    intro = _("Where is the customer in their own purchase? This decides whether we are in step or behind.")
    return _page(request, project, form, _("The customer's step"), intro=intro)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def confirm(request: UserRequest, pk: int, key: str) -> HttpResponse:
    """Give one's word, with evidence, that a key node is held or a fact behind it is true."""
    project = frame.find(request, pk)
    node, fact = _node(project, key)
    form = ConfirmForm(request.POST or None, request.FILES or None, initial={"version": project.version})
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and attempt(form, lambda: _confirm(request, project, node, fact, form.cleaned_data)) is not None:
        return redirect("web:project-detail", pk)
    asked = facts.definitions()[fact].title if fact else node.label
    return _page(request, project, form, _("Confirm with evidence"), intro=asked, multipart=True)


def _node(project: Project, key: str) -> tuple[queries.NodeState, str]:
    """Find a key node of the present stage or among the debts, and the first fact of it that a person may state."""
    known = queries.kept_values(project)
    states = [*queries.kept_gate(project, known=known).nodes, *(debt.node for debt in queries.open_debts(project))]
    found = next((node for node in states if node.key == key), None)
    if found is None or (found.kind != "manual" and not found.statable):
        raise Http404
    return found, "" if found.kind == "manual" else found.statable[0]


def _confirm(
    request: UserRequest, project: Project, node: queries.NodeState, fact: str, given: dict[str, Any]
) -> object:
    now = timezone.now()
    call: dict[str, Any] = {"evidence": given["evidence"], "version": given["version"]}
    uploaded: UploadedFile[bytes] | None = given["file"]
    with transaction.atomic():  # a refused word leaves no file behind
        if uploaded:
            name = uploaded.name or ""
            kept = attachments.add_attachment(root=project, name=name, content=uploaded, by=request.user, at=now)
            call["attachment_id"] = kept.pk
        if fact:
            return operations.state_fact(project_id=project.pk, fact=fact, by=request.user, at=now, **call)
        return operations.confirm_node(project_id=project.pk, node_key=node.key, by=request.user, at=now, **call)


@page(Permission.PROJECT_TEAM, methods=("GET", "POST"))
def team(request: UserRequest, pk: int) -> HttpResponse:
    """Who of us works on the project."""
    project = frame.find(request, pk)
    members = list(queries.team(project))
    form = TeamForm(request.POST or None, user=request.user, initial={"version": project.version})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def call() -> object:
            return operations.set_team(project_id=pk, by=request.user, at=timezone.now(), **given)

        if attempt(form, call) is not None:
            return redirect("web:project-team", pk)
    home = reverse("web:project-detail", args=[pk])
    context = {"project": project, "members": members, "form": form, "title": _("Team")}
    context |= {"crumbs": [(project.name, home)], "back": home}
    return render(request, "projects/team.html", context, status=422 if form.errors else 200)


@page(Permission.PROJECT_TEAM, methods=("POST",))
def team_remove(request: UserRequest, pk: int, user_id: int) -> HttpResponse:
    """Take a colleague off the team."""
    frame.find(request, pk)
    old = ProjectMember.objects.filter(project=pk, user=user_id).values_list("role", flat=True).first()
    try:
        project = operations.set_team(
            project_id=pk,
            user_id=user_id,
            role=None,
            by=request.user,
            at=timezone.now(),
            version=posted_version(request),
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        back = {"user_id": user_id, "role": old, "version": project.version}
        say_undoable(request, _("No longer on the team."), "project-team", pk, **back)
    return redirect("web:project-team", pk)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def parties(request: UserRequest, pk: int) -> HttpResponse:
    """The companies that have a part in the project."""
    project = frame.find(request, pk)
    form = PartyForm(request.POST or None, user=request.user, initial={"version": project.version})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def call() -> object:
            return operations.set_party(project_id=pk, by=request.user, at=timezone.now(), **given)

        if attempt(form, call) is not None:
            return redirect("web:project-parties", pk)
    home = reverse("web:project-detail", args=[pk])
    context = {"project": project, "parties": list(queries.parties(project)), "form": form, "title": _("Parties")}
    context |= {"crumbs": [(project.name, home)], "back": home}
    return render(request, "projects/parties.html", context, status=422 if form.errors else 200)


@page(Permission.PROJECT_EDIT, methods=("POST",))
def party_remove(request: UserRequest, pk: int, account_id: int, role: str) -> HttpResponse:
    """Take a company out of the project."""
    frame.find(request, pk)
    part: dict[str, Any] = {"account_id": account_id, "role": role, "version": posted_version(request)}
    try:
        operations.remove_party(project_id=pk, by=request.user, at=timezone.now(), **part)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("web:project-parties", pk)
