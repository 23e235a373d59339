"""The project page: key nodes, what is missing and where to mend it, where it stands, what was done lately."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from openpsm.activities import queries as activities
from openpsm.core.errors import DomainError
from openpsm.insights import diagnosis
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects import operations, queries
from openpsm.projects.models import Outcome, Project
from openpsm.projects.operations import GateBlocked
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.custom import shown
from openpsm.web.forms.projects import posted_version
from openpsm.web.views.projects import frame

SHOWN_ACTIONS = 3
CLOSED = (Outcome.LOST, Outcome.DROPPED)
SHOWN_ACTIVITIES = 20


@dataclass(frozen=True)
class ShownNode:
    """A key node with the place where it is mended."""

    state: queries.NodeState
    url: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.state, name)


@page()
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the project (10 queries whatever it holds)."""
    return _overview(request, frame.find(request, pk))


@page(methods=("POST",))
def advance(request: UserRequest, pk: int) -> HttpResponse:
    """Try the gate; stays on the page and says what is missing when it is closed."""
    frame.find(request, pk)
    try:
        operations.advance_stage(
            project_id=pk,
            by=request.user,
            at=timezone.now(),
            version=posted_version(request),
            override_reason=request.POST.get("override_reason", ""),
        )
    except GateBlocked as error:
        return _overview(request, frame.find(request, pk), gate_error=str(error), status=409)
    except DomainError as error:
        return _overview(request, frame.find(request, pk), gate_error=str(error), status=409)
    return redirect("web:project-detail", pk)


def _overview(request: UserRequest, project: Project, *, gate_error: str = "", status: int = 200) -> HttpResponse:
    context = frame.context(request, project, "overview")
    gate = queries.kept_gate(project, known=context["facts"])
    context |= {
        "gate": gate,
        "nodes": [ShownNode(node, place_of(project, node)) for node in gate.nodes],
        "gate_error": gate_error,
        "can_override": can_override(request, project),
        "activities": activities.latest(project, limit=SHOWN_ACTIVITIES),
        "closing": queries.closing_report(project) if project.outcome in CLOSED else None,
        **_diagnosis(project, context["facts"], SHOWN_ACTIONS),
    }
    return render(request, "projects/overview.html", context, status=status)


def _diagnosis(project: Project, facts: dict[str, Any], shown: int | None) -> dict[str, Any]:
    found = diagnosis.diagnose(project, at=timezone.now(), known=facts)
    more = shown is not None and len(found.next_actions) > shown
    return {"diagnosis": found, "next_actions": found.next_actions[:shown], "more_actions": more}


@page()
def short(request: UserRequest, pk: int) -> HttpResponse:
    """The card "in short": what the project page loads after itself, and a page of its own without JavaScript."""
    project = frame.find(request, pk)
    context = {
        "project": project,
        "title": project.name,
        "can_edit": access.can(request.user, Permission.PROJECT_EDIT, on=project),
        "members": list(queries.team(project)),
        "parties": list(queries.parties(project)),
        "custom": shown(Project, project.custom),
    }
    return render(request, "projects/_figures.html" if request.htmx else "projects/short.html", context)


def place_of(project: Project, node: queries.NodeState) -> str:
    name = frame.PLACES.get(node.place)
    return reverse(f"web:{name}", args=[project.pk]) if name else ""


def can_override(request: UserRequest, project: Project) -> bool:
    own, path = access.reach(request.user), access.department_path(project)
    above = own.manages(path) or own.holds(Permission.PROJECT_VIEW_ALL, path=path)
    return above and project.owner_id != request.user.pk and own.holds(Permission.GATE_OVERRIDE, path=path)


@page()
def stage(request: UserRequest, pk: int, key: str) -> HttpResponse:
    """Show the guidance, work items and key nodes of any stage, without moving."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "overview")
    chosen = queries.process_of(project).stage_called(key)
    if chosen is None:
        raise Http404
    confirmations = queries.node_confirmations(project.pk, [chosen])
    nodes = queries.node_states(chosen, facts=context["facts"], confirmations=confirmations)
    shown = [ShownNode(node, place_of(project, node)) for node in nodes]
    return render(request, "projects/stage.html", {**context, "stage": chosen, "nodes": shown})


@page()
def whole_diagnosis(request: UserRequest, pk: int) -> HttpResponse:
    """Show the full ordered list of next actions."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "overview")
    context |= _diagnosis(project, context["facts"], None)
    return render(request, "projects/diagnosis.html", context)
