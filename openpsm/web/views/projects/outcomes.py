"""Moves that need a reason: back, hold, resume, win, lose, drop, reopen, delete, pin the grade."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openpsm.org.permissions import Permission
from openpsm.projects import operations, queries
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest, page
from openpsm.web.forms import projects as project_forms
from openpsm.web.forms.base import attempt
from openpsm.web.undo import say_undoable
from openpsm.web.views.projects import frame

Operation = Callable[..., Any]


def _ask(
    request: UserRequest,
    pk: int,
    form_class: type[forms.Form],
    operation: Operation,
    *,
    title: Any,
    intro: Any = "",
    after: str = "",
    is_danger: bool = False,
    undo: Any = None,
) -> HttpResponse:
    """Show a form for one operation on the project; on success go to `after`, by default back to the project.

    `undo` is what to say of a project that went to the bin, with a button that brings it back.
    """
    project = frame.find(request, pk)
    home = reverse("web:project-detail", args=[pk])
    form = form_class(request.POST or None, initial={"version": project.version}, **_choices(form_class, project))
    if request.method == "POST" and form.is_valid():
        call = form.cleaned_data
        if attempt(form, lambda: operation(project_id=pk, by=request.user, at=timezone.now(), **call)) is not None:
            if undo is not None:
                say_undoable(request, undo, "bin-restore", "project", pk)
            return redirect(after or home)
    context = {
        "form": form,
        "title": title,
        "intro": intro,
        "crumbs": [(project.name, home)],
        "back": home,
        "is_danger": is_danger,
        "action": title,
    }
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


def _choices(form_class: type[forms.Form], project: Project) -> dict[str, Any]:
    if form_class is not project_forms.BackForm:
        return {}
    process = queries.process_of(project)
    return {"stages": process.before(process.stage(project.stage_id).position)}


@page(Permission.PROJECT_ADVANCE, methods=("GET", "POST"))
def back(request: UserRequest, pk: int) -> HttpResponse:
    """Return to an earlier stage."""
    intro = _("The gates of that stage and after it have to be passed again.")
    return _ask(
        request, pk, project_forms.BackForm, operations.go_back, title=_("Back to an earlier stage"), intro=intro
    )


@page(Permission.PROJECT_CLOSE, methods=("GET", "POST"))
def hold(request: UserRequest, pk: int) -> HttpResponse:
    """Put the project on hold."""
    return _ask(request, pk, project_forms.HoldForm, operations.hold, title=_("Put on hold"))


@page(Permission.PROJECT_CLOSE, methods=("GET", "POST"))
def resume(request: UserRequest, pk: int) -> HttpResponse:
    """Go on with a project on hold."""
    return _ask(request, pk, project_forms.ReasonForm, operations.resume, title=_("Resume"))


@page(Permission.PROJECT_CLOSE, methods=("GET", "POST"))
def reopen(request: UserRequest, pk: int) -> HttpResponse:
    """Open a lost or dropped project again."""
    return _ask(request, pk, project_forms.ReasonForm, operations.reopen, title=_("Reopen"))


@page(Permission.PROJECT_ADVANCE, methods=("GET", "POST"))
def win(request: UserRequest, pk: int) -> HttpResponse:
    """Try every gate up to the one that wins, or override them in the open."""
    intro = _("Every gate up to the signed contract is tried. A manager may override closed ones with a reason.")
    return _ask(request, pk, project_forms.WinForm, operations.win, title=_("Won"), intro=intro)


@page(Permission.PROJECT_CLOSE, methods=("GET", "POST"))
def lose(request: UserRequest, pk: int) -> HttpResponse:
    """Report a lost project."""
    intro = _(
        "All sellers see reason, winner, price and where the customer went: so nobody loses to the same thing twice."
    )
    return _ask(request, pk, project_forms.LoseForm, operations.lose, title=_("Report as lost"), intro=intro)


@page(Permission.PROJECT_CLOSE, methods=("GET", "POST"))
def drop(request: UserRequest, pk: int) -> HttpResponse:
    """Drop a project."""
    intro = _("An early, documented drop is not a lost deal: it counts as effort saved.")
    return _ask(request, pk, project_forms.DropForm, operations.drop, title=_("Drop the project"), intro=intro)


@page(Permission.GRADE_PIN, methods=("GET", "POST"))
def grade(request: UserRequest, pk: int) -> HttpResponse:
    """Pin the grade, or let it be computed again."""
    return _ask(request, pk, project_forms.GradeForm, _grade, title=_("Pin the grade"))


def _grade(*, grade: str, **rest: Any) -> Project:
    if not grade:
        rest.pop("reason")
        return operations.unpin_grade(**rest)
    return operations.pin_grade(grade=grade, **rest)


@page(Permission.PROJECT_DELETE, methods=("GET", "POST"))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Move the project to the recycle bin."""
    intro = _("It goes to the recycle bin for 30 days. A project with gate reviews cannot be deleted: drop it instead.")
    return _ask(
        request,
        pk,
        project_forms.VersionForm,
        operations.delete_project,
        title=_("Delete the project"),
        intro=intro,
        after=reverse("web:project-list"),
        is_danger=True,
        undo=_("The project is in the recycle bin."),
    )
