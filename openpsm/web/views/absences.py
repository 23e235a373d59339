"""Being away: who decides one's approvals meanwhile."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.org import operations, queries
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import tell
from openpsm.web.forms.approvals import AbsenceForm
from openpsm.web.forms.base import attempt
from openpsm.web.forms.projects import posted_version


@page(methods=("GET", "POST"))
def absence(request: UserRequest) -> HttpResponse:
    """Say when one is away and who stands in."""
    known = queries.absence_of(request.user)
    initial: dict[str, Any] = {}
    if known:
        initial = {name: getattr(known, name) for name in ("from_on", "back_on", "version")}
        initial["substitute_id"] = known.substitute_id
    form = AbsenceForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"by": request.user, "at": timezone.now()}
        if attempt(form, lambda: operations.set_absence(**given)) is not None:
            messages.success(request, _("Saved; your substitute has been told."))
            return redirect("web:profile")
    home = reverse("web:profile")
    intro = _("While you are away your substitute decides what waits for you. Nobody ever decides in their own case.")
    context = {"form": form, "title": _("Away"), "crumbs": [(_("My settings"), home)], "back": home, "intro": intro}
    context["action"] = _("Save")
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@page(methods=("POST",))
def end(request: UserRequest) -> HttpResponse:
    """Be there again."""
    call: dict[str, Any] = {"version": posted_version(request), "by": request.user, "at": timezone.now()}
    tell(request, lambda: operations.end_absence(**call), _("Welcome back: you decide for yourself again."))
    return redirect("web:profile")
