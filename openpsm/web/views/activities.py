"""Visits, calls and everything else: the list, one entry, logging on one screen, planning."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.activities import operations, queries
from openpsm.activities.models import Activity
from openpsm.buying.models import Stakeholder
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.org.permissions import Permission
from openpsm.projects import queries as projects
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.activities import CancelForm, LogForm, PlanForm, person_choices
from openpsm.web.forms.base import attempt
from openpsm.web.forms.projects import posted_version
from openpsm.web.templatetags.psm import day as formatted
from openpsm.web.undo import say_undoable
from openpsm.web.views import comments, files

State = Activity.State


@page()
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """One activity with people, result and what may be done with it."""
    activity = get_object_or_404(queries.with_people(Activity.objects.visible_to(request.user)), pk=pk)
    context = {
        "activity": activity,
        "title": f"{capfirst(activity.get_kind_display())} {formatted(activity.done_on or activity.planned_on)}",
        "crumbs": [(_("Activities"), reverse("web:activity-list"))],
        "is_mine": activity.owner_id == request.user.pk,
        "is_planned": activity.state == State.PLANNED,
        "can_confirm": activity.state == State.DONE and not activity.is_confirmed,
        **files.context(activity, request.user),
        "panel": comments.panel(activity, request.user),
    }
    return render(request, "activities/detail.html", context)


def _subject(request: UserRequest) -> tuple[Project | None, Account | None]:
    """The visible project or account named in the address, else raise 404; (None, None) when none is named."""
    project_id, account_id = request.GET.get("project", ""), request.GET.get("account", "")
    if project_id:
        seen = Project.objects.visible_to(request.user).select_related("account")
        return get_object_or_404(seen, pk=_number(project_id)), None
    if account_id:
        return None, get_object_or_404(Account.objects.visible_to(request.user), pk=_number(account_id))
    return None, None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _people(project: Project | None, request: UserRequest) -> dict[str, Any]:
    if project is None:
        return {}
    people = Stakeholder.objects.visible_to(request.user).filter(project=project).order_by("pk")
    team = [(m.user_id, m.user.name) for m in projects.team(project) if m.user_id != request.user.pk]
    return {"people": person_choices(people), "colleagues": team}


@page(Permission.ACTIVITY_EDIT, methods=("GET", "POST"))
def log(request: UserRequest) -> HttpResponse:
    """Write down what was done, on one screen; without a project in the address, choose one first."""
    project, account = _subject(request)
    if project is None and account is None:
        return _choose(request, "web:activity-log", _("Log a visit or call"))
    initial = {"done_on": today(timezone.now()), "client_key": uuid.uuid4().hex, "kind": request.GET.get("kind", "")}
    form = LogForm(request.POST or None, initial=initial, **_people(project, request))
    if request.method == "POST" and form.is_valid():

        def call() -> Activity:
            return operations.log_activity(
                by=request.user,
                at=timezone.now(),
                project_id=project.pk if project else None,
                account_id=account.pk if account else None,
                also=form.told(),
                client_key=form.cleaned_data["client_key"],
                **form.values(),
            )

        if attempt(form, call) is not None:
            messages.success(request, _("Logged. The next step is on your list."))
            return redirect(_home(project, account))
    return _log_page(request, form, project, account, _("Log a visit or call"))


def _home(project: Project | None, account: Account | None) -> str:
    return f"/projects/{project.pk}" if project else f"/accounts/{account.pk}" if account else "/today"


def _log_page(
    request: UserRequest, form: forms.Form, project: Project | None, account: Account | None, title: str
) -> HttpResponse:
    about = project or account
    context = {"form": form, "title": title, "crumbs": [(str(about), _home(project, account))]}
    context["back"] = _home(project, account)
    return render(request, "activities/log.html", context, status=422 if form.errors else 200)


def _choose(request: UserRequest, target: str, title: str) -> HttpResponse:
    """Let the person choose one of their open projects, the latest first."""
    mine = Project.objects.visible_to(request.user).running().filter(members__user=request.user)
    rows = mine.select_related("account").order_by("-updated_at", "-pk")[:30]
    return render(request, "activities/choose.html", {"rows": rows, "target": reverse(target), "title": title})


@page(Permission.ACTIVITY_EDIT, methods=("GET", "POST"))
def plan(request: UserRequest) -> HttpResponse:
    """Plan a visit: its purpose and the wanted result before the way."""
    project, account = _subject(request)
    if project is None and account is None:
        return _choose(request, "web:activity-plan", _("Plan an activity"))
    form = PlanForm(request.POST or None, **_people(project, request))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        also = operations.Told(stakeholder_ids=given.pop("met", []), colleague_ids=given.pop("colleagues", []))

        def call() -> Activity:
            return operations.plan_activity(
                by=request.user,
                at=timezone.now(),
                project_id=project.pk if project else None,
                account_id=account.pk if account else None,
                also=also,
                **given,
            )

        if attempt(form, call) is not None:
            return redirect(_home(project, account))
    context = {"form": form, "title": _("Plan an activity"), "back": _home(project, account)}
    context["crumbs"] = [(str(project or account), _home(project, account))]
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page(Permission.ACTIVITY_EDIT, methods=("GET", "POST"))
def complete(request: UserRequest, pk: int) -> HttpResponse:
    """Turn a planned activity into a done one."""
    activity = get_object_or_404(Activity.objects.visible_to(request.user).select_related("project", "account"), pk=pk)
    initial = {"done_on": activity.planned_on, "kind": activity.kind, "version": activity.version}
    initial["met"] = list(activity.people.values_list("stakeholder_id", flat=True))
    form = LogForm(request.POST or None, initial=initial, **_people(activity.project, request))
    if request.method == "POST" and form.is_valid():

        def call() -> Activity:
            return operations.complete_activity(
                activity_id=pk,
                version=form.cleaned_data["version"],
                by=request.user,
                at=timezone.now(),
                also=form.told(),
                **form.values(),
            )

        if attempt(form, call) is not None:
            return redirect(_home(activity.project, activity.account))
    return _log_page(request, form, activity.project, activity.account, _("What came of it?"))


@page(Permission.ACTIVITY_EDIT, methods=("GET", "POST"))
def cancel(request: UserRequest, pk: int) -> HttpResponse:
    """Say that a planned activity will not take place."""
    activity = get_object_or_404(Activity.objects.visible_to(request.user), pk=pk)
    form = CancelForm(request.POST or None, initial={"version": activity.version})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def call() -> Activity:
            return operations.cancel_activity(activity_id=pk, by=request.user, at=timezone.now(), **given)

        if attempt(form, call) is not None:
            return redirect("web:activity-detail", pk)
    home = reverse("web:activity-detail", args=[pk])
    crumbs = [(_("Activities"), reverse("web:activity-list")), (capfirst(activity.get_kind_display()), home)]
    context = {"form": form, "title": _("Call it off"), "action": _("Call it off"), "crumbs": crumbs, "back": home}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page(methods=("POST",))
def confirm(request: UserRequest, pk: int) -> HttpResponse:
    """Tick a colleague's visit as having taken place."""
    get_object_or_404(Activity.objects.visible_to(request.user), pk=pk)
    version = posted_version(request)
    try:
        operations.confirm_activity(activity_id=pk, version=version, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("web:activity-detail", pk)


@page(Permission.ACTIVITY_EDIT, methods=("POST",))
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Delete an entry of one's own."""
    get_object_or_404(Activity.objects.visible_to(request.user), pk=pk)
    version = posted_version(request)
    try:
        operations.delete_activity(activity_id=pk, version=version, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("web:activity-detail", pk)
    say_undoable(request, _("The entry is in the recycle bin."), "bin-restore", "activity", pk)
    return redirect("web:activity-list")
