"""The one way in which a record below a project is added, changed and taken away."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from openpsm.core.errors import DomainError
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest
from openpsm.web.forms.base import attempt


def edit(
    request: UserRequest,
    project: Project,
    form: forms.Form,
    call: Callable[[dict[str, Any]], object],
    *,
    title: Any,
    back: str,
    intro: Any = "",
) -> HttpResponse:
    """Show the form, make the one call, and go back to the tab `back`."""
    url = reverse(f"web:{back}", args=[project.pk])
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and attempt(form, lambda: call(form.cleaned_data)) is not None:
        return redirect(url)
    crumbs = [(project.name, reverse("web:project-detail", args=[project.pk]))]
    context = {"form": form, "title": title, "intro": intro, "crumbs": crumbs, "back": url}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


def act(request: UserRequest, project: Project, call: Callable[[], object], *, back: str) -> HttpResponse:
    """Make a call that needs no form; a refusal is shown on the tab it goes back to."""
    try:
        call()
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(f"web:{back}", project.pk)
