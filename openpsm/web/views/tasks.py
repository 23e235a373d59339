"""Tasks: opened, done, dropped, handed over."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import operations
from openpsm.org.models import Task, User
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell
from openpsm.web.forms.base import attempt
from openpsm.web.forms.projects import ReasonForm, posted_version
from openpsm.web.forms.tasks import CompleteForm, ReassignForm, TaskForm
from openpsm.web.places import open_place
from openpsm.web.undo import say_undoable
from openpsm.web.visitors import next_of


def _people(user: User) -> list[tuple[int, str]]:
    """Active colleagues by name, for choosing (1 query)."""
    rows = User.objects.visible_to(user).active().order_by("sort_key", "pk")
    return list(rows.values_list("pk", "name"))


def _find(request: UserRequest, pk: int) -> Task:
    rows = Task.objects.visible_to(request.user).select_related("owner", "created_by")
    task: Task = get_object_or_404(rows, pk=pk)
    return task


def _project(request: UserRequest, pk: int | str | None) -> Project | None:
    """The project of a task, if one may see it (1 query, none without)."""
    if pk is None or not str(pk).isdecimal() or len(str(pk)) > 18:
        return None
    return Project.objects.visible_to(request.user).filter(pk=pk).first()


@page(methods=("GET", "POST"))
def new(request: UserRequest) -> HttpResponse:
    """Open a task for oneself or a colleague, about a project if the address names one."""
    project = _project(request, request.POST.get("project") or request.GET.get("project"))
    initial = {"owner": request.user.pk, "project": project.pk if project else None}
    form = TaskForm(request.POST or None, people=_people(request.user), initial=initial)
    back = reverse("web:project-detail", args=[project.pk]) if project else reverse("web:today")
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "project"}
        given["owner_id"] = given.pop("owner")
        call: Callable[[], Task] = lambda: operations.open_task(  # noqa: E731 - one call, named for its length
            **given, subject=project, project=project, by=request.user, at=timezone.now()
        )
        if attempt(form, call) is not None:
            messages.success(request, _("The task is open."))
            return redirect(back)
    intro = _("About the project %(name)s.") % {"name": project.name} if project else ""
    context = {"form": form, "title": _("New task"), "intro": intro, "back": back, "action": _("Add the task")}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page()
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show one task with what can be done about it."""
    return _page(request, _find(request, pk))


def _page(request: UserRequest, task: Task, **forms: Any) -> HttpResponse:
    version = {"version": task.version}
    context: dict[str, Any] = {
        "title": task.title,
        "task": task,
        "project": _project(request, task.project_id),
        "place": open_place(task.subject_type, task.subject_id, request.user),
        "is_open": not (task.done_at or task.dropped_at),
        "crumbs": [(_("Today"), reverse("web:today"))],
        "complete_form": CompleteForm(initial=version, prefix=None, auto_id="complete_%s"),
        "drop_form": ReasonForm(initial=version, auto_id="drop_%s"),
        "reassign_form": ReassignForm(initial=version | {"owner": task.owner_id}, people=_people(request.user)),
    }
    return render(request, "today/task.html", context | forms, status=422 if forms else 200)


@page(methods=("POST",))
def complete(request: UserRequest, pk: int) -> HttpResponse:
    """Say that it is done. On Today one tap does it, and the row says so."""
    task, form = _find(request, pk), CompleteForm(request.POST, auto_id="complete_%s")
    is_valid = form.is_valid()
    is_done = is_valid and attempt(form, lambda: _call(operations.complete_task, request, pk, form)) is not None
    if request.htmx and "from_list" in request.POST:
        error = "" if is_done else " ".join(str(each) for messages_ in form.errors.values() for each in messages_)
        context = {"task": task, "error": error, "version": task.version + 1}
        return render(request, "today/_task_done.html", context, status=200)
    if not is_done:
        return _page(request, task, complete_form=form)
    _say_closed(request, pk, _("Done: %(title)s") % {"title": task.title})
    return redirect(next_of(request))


@page(methods=("POST",))
def drop(request: UserRequest, pk: int) -> HttpResponse:
    """Say that it will not be done, and why."""
    task, form = _find(request, pk), ReasonForm(request.POST, auto_id="drop_%s")
    if form.is_valid() and attempt(form, lambda: _call(operations.drop_task, request, pk, form)) is not None:
        _say_closed(request, pk, _("Dropped: %(title)s") % {"title": task.title})
        return redirect("web:today")
    return _page(request, task, drop_form=form)


def _say_closed(request: UserRequest, pk: int, text: str) -> None:
    """Say so, with a button that opens the task again."""
    version = Task.objects.visible_to(request.user).values_list("version", flat=True).get(pk=pk)
    say_undoable(request, text, "task-reopen", pk, version=version)


@page(methods=("POST",))
def reopen(request: UserRequest, pk: int) -> HttpResponse:
    """Take back that it was done or dropped."""
    _find(request, pk)
    call: dict[str, Any] = {"task_id": pk, "version": posted_version(request), "by": request.user, "at": timezone.now()}
    tell(request, lambda: operations.reopen_task(**call), _("The task is open again."))
    return redirect("web:task-detail", pk)


@page(methods=("POST",))
def reassign(request: UserRequest, pk: int) -> HttpResponse:
    """Hand it to somebody else, who is told."""
    task, form = _find(request, pk), ReassignForm(request.POST, people=_people(request.user))
    if form.is_valid():
        form.cleaned_data["owner_id"] = form.cleaned_data.pop("owner")
        if attempt(form, lambda: _call(operations.reassign_task, request, pk, form)) is not None:
            messages.success(request, _("Handed over: %(title)s") % {"title": task.title})
            return redirect("web:today")
    return _page(request, task, reassign_form=form)


def _call(operation: Callable[..., Task], request: UserRequest, pk: int, form: Any) -> Task:
    return operation(task_id=pk, by=request.user, at=timezone.now(), **form.cleaned_data)
