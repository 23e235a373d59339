"""Rivals in a project, and what the customer will judge by."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.buying import operations, queries
from openpsm.buying.models import Contender, Criterion
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.buying import ASPECTS, ContenderForm, CriterionForm
from openpsm.web.forms.projects import posted_version
from openpsm.web.views.buying import records
from openpsm.web.views.projects import frame

TAB = "project-competition"


@page()
def competition(request: UserRequest, pk: int) -> HttpResponse:
    """Rivals and criteria side by side."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "competition")
    contenders = queries.contenders(pk, user=request.user)
    context |= {
        "contenders": [(row, [(label, getattr(row, name)) for name, label in ASPECTS.items()]) for row in contenders],
        "aspects": list(ASPECTS.values()),
        "criteria": queries.criteria(pk, user=request.user),
    }
    return render(request, "buying/competition.html", context)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def add_contender(request: UserRequest, pk: int) -> HttpResponse:
    """Put a rival into the race."""
    project = frame.find(request, pk)
    form = ContenderForm(request.POST or None)

    def call(given: dict[str, Any]) -> object:
        values = {name: value for name, value in given.items() if name != "version"}
        return operations.add_contender(project_id=pk, by=request.user, at=timezone.now(), **values)

    return records.edit(request, project, form, call, title=_("Add a rival"), back=TAB)


def _contender(request: UserRequest, pk: int, contender_id: int) -> Contender:
    seen = Contender.objects.visible_to(request.user).filter(project_id=pk).select_related("competitor")
    contender: Contender = get_object_or_404(seen, pk=contender_id)
    return contender


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def change_contender(request: UserRequest, pk: int, contender_id: int) -> HttpResponse:
    """Change what we know of a rival."""
    project, contender = frame.find(request, pk), _contender(request, pk, contender_id)
    names = [*ASPECTS, "rank", "is_registered_earlier", "last_move", "note", "version"]
    form = ContenderForm(request.POST or None, initial={name: getattr(contender, name) for name in names})
    del form.fields["competitor_name"]

    def call(given: dict[str, Any]) -> object:
        return operations.update_contender(contender_id=contender.pk, by=request.user, at=timezone.now(), **given)

    return records.edit(request, project, form, call, title=contender.competitor.name, back=TAB)


@page(Permission.PROJECT_EDIT, methods=("POST",))
def remove_contender(request: UserRequest, pk: int, contender_id: int) -> HttpResponse:
    """Take a rival out of the race."""
    project, contender = frame.find(request, pk), _contender(request, pk, contender_id)
    version = posted_version(request)

    def call() -> object:
        return operations.remove_contender(
            contender_id=contender.pk, version=version, by=request.user, at=timezone.now()
        )

    return records.act(request, project, call, back=TAB)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def add_criterion(request: UserRequest, pk: int) -> HttpResponse:
    """Record what the customer will judge by."""
    project = frame.find(request, pk)
    form = CriterionForm(request.POST or None)

    def call(given: dict[str, Any]) -> object:
        values = {name: value for name, value in given.items() if name != "version"}
        return operations.add_criterion(project_id=pk, by=request.user, at=timezone.now(), **values)

    return records.edit(request, project, form, call, title=_("Add a criterion"), back=TAB)


def _criterion(request: UserRequest, pk: int, criterion_id: int) -> Criterion:
    criterion: Criterion = get_object_or_404(
        Criterion.objects.visible_to(request.user).filter(project_id=pk), pk=criterion_id
    )
    return criterion


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def change_criterion(request: UserRequest, pk: int, criterion_id: int) -> HttpResponse:
    """Change a criterion."""
    project, criterion = frame.find(request, pk), _criterion(request, pk, criterion_id)
    initial = {name: getattr(criterion, name) for name in CriterionForm.base_fields}
    form = CriterionForm(request.POST or None, initial=initial)

    def call(given: dict[str, Any]) -> object:
        return operations.update_criterion(criterion_id=criterion.pk, by=request.user, at=timezone.now(), **given)

    return records.edit(request, project, form, call, title=_("Criterion"), back=TAB)


@page(Permission.PROJECT_EDIT, methods=("POST",))
def remove_criterion(request: UserRequest, pk: int, criterion_id: int) -> HttpResponse:
    """Take a criterion away."""
    project, criterion = frame.find(request, pk), _criterion(request, pk, criterion_id)
    version = posted_version(request)

    def call() -> object:
        return operations.remove_criterion(
            criterion_id=criterion.pk, version=version, by=request.user, at=timezone.now()
        )

    return records.act(request, project, call, back=TAB)
