"""Fields that a customer adds to projects."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core import custom
from openpsm.core.models import CustomField
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import ask, tell
from openpsm.web.forms.settings import CustomFieldForm

ADMIN = Permission.SETTINGS_ADMIN


@page(ADMIN)
def custom_field_list(request: UserRequest) -> HttpResponse:
    """Show the fields of projects, inactive ones last (1 query beside the frame's)."""
    context = {
        "title": _("Custom fields"),
        "crumbs": [(_("Settings"), reverse("web:settings"))],
        "primary": (_("New field"), reverse("web:custom-field-new")),
        "fields": custom.all_definitions(Project),
    }
    return render(request, "settings/custom_fields.html", context)


@page(ADMIN, methods=("GET", "POST"))
def new(request: UserRequest) -> HttpResponse:
    """Define a field."""
    form, home = CustomFieldForm(request), reverse("web:custom-field-list")
    return ask(
        request,
        form,
        lambda: _define(request, form),
        title=_("New field on projects"),
        done=_("The field is there: it stands in the form of every project."),
        back=home,
        crumbs=[(_("Settings"), reverse("web:settings")), (_("Custom fields"), home)],
        action=_("Add the field"),
    )


def _define(request: UserRequest, form: CustomFieldForm) -> CustomField:
    access.require_over(request.user, ADMIN)
    return custom.define_field(model=Project, **form.definition, by=request.user, at=timezone.now())


@page(ADMIN, methods=("POST",))
def switch(request: UserRequest, pk: int) -> HttpResponse:
    """Offer a field no longer, or again."""
    field = next((each for each in custom.all_definitions(Project) if each.pk == pk), None)
    if field is None:
        raise Http404
    active = request.POST.get("active") == "1"
    words = _("“%(name)s” is offered again.") if active else _("“%(name)s” is offered no more; its values stay.")
    tell(request, lambda: _switch(request, pk, active), words % {"name": field.label})
    return redirect("web:custom-field-list")


def _switch(request: UserRequest, pk: int, active: bool) -> CustomField:
    access.require_over(request.user, ADMIN)
    return custom.set_active(field_id=pk, active=active, by=request.user, at=timezone.now())
