"""Deleting the demo company: from a trial to the real thing."""

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.exchange.demo import deleting
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import GraveForm, ask


class SureForm(GraveForm):
    """Nothing happens by one click."""

    is_sure = forms.BooleanField(label=gettext_lazy("I know that this cannot be undone"))


@page(Permission.SETTINGS_ADMIN, methods=("GET", "POST"))
def delete(request: UserRequest) -> HttpResponse:
    """Say what of the demo company is there, and delete it (7 queries to show it)."""
    demo = deleting.remaining(but=request.user)
    if not demo:
        raise Http404
    intro = _(
        "%(projects)s projects and %(accounts)s customers of the demo company go for good, with all that was written "
        "on them. Its %(users)s people can no longer sign in; the history keeps their names. What is your own stays."
    )
    counts = {"projects": len(demo.projects), "accounts": len(demo.accounts), "users": len(demo.users)}
    return ask(
        request,
        SureForm(request),
        lambda: deleting.delete_demo(by=request.user, at=timezone.now()),
        title=_("Delete the demo company"),
        done=_("The demo company is deleted. What you see now is your own."),
        back=reverse("web:settings"),
        crumbs=[(_("Settings"), reverse("web:settings"))],
        intro=intro % counts,
        action=_("Delete"),
        is_danger=True,
    )
