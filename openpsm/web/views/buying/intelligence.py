"""What is known of a project, and what is not known yet."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.buying import operations, queries, vocabulary
from openpsm.buying.models import IntelligenceItem
from openpsm.buying.models.market import SIX_ELEMENTS
from openpsm.core.dates import today
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.buying import ChangeIntelligenceForm, IntelligenceForm
from openpsm.web.forms.projects import posted_version
from openpsm.web.views.buying import records
from openpsm.web.views.projects import frame

TAB = "project-intelligence"


@page()
def intelligence(request: UserRequest, pk: int) -> HttpResponse:
    """The six elements with how far each is known, then every item with its source."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "intelligence")
    found = queries.information(pk, user=request.user)
    states = dict(IntelligenceItem.State.choices)
    context |= {
        "information": found,
        "elements": [
            {
                "key": element.value,
                "name": element.label,
                "state": found.elements.get(element.value, "unknown"),
                "state_name": states[found.elements.get(element.value, "unknown")],
                "questions": vocabulary.entry("elements", element.value).get("questions", []),
            }
            for element in SIX_ELEMENTS
        ],
        "answered": sum(1 for e in SIX_ELEMENTS if found.elements.get(e.value) in ("known", "partly")),
        "today": today(timezone.now()),
    }
    return render(request, "buying/intelligence.html", context)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Record what is known, or by when one will ask."""
    project = frame.find(request, pk)
    initial = {"kind": request.GET.get("kind", ""), "got_on": today(timezone.now())}
    form = IntelligenceForm(request.POST or None, initial=initial)

    def call(given: dict[str, Any]) -> object:
        values = {name: value for name, value in given.items() if name != "version"}
        return operations.add_intelligence(project_id=pk, by=request.user, at=timezone.now(), **values)

    intro = _("Known or partly known needs a text and a source. Unknown is an honest answer: say by when you will ask.")
    return records.edit(request, project, form, call, title=_("Record information"), back=TAB, intro=intro)


def _find(request: UserRequest, pk: int, item_id: int) -> IntelligenceItem:
    seen = IntelligenceItem.objects.visible_to(request.user).filter(project_id=pk).select_related("author__department")
    item: IntelligenceItem = get_object_or_404(seen, pk=item_id)
    return item


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def change(request: UserRequest, pk: int, item_id: int) -> HttpResponse:
    """Correct an item."""
    project, item = frame.find(request, pk), _find(request, pk, item_id)
    queries.hide_inside_sources([item], user=request.user)
    initial = {name: getattr(item, name) for name in ChangeIntelligenceForm.base_fields}
    form = ChangeIntelligenceForm(request.POST or None, initial=initial)

    def call(given: dict[str, Any]) -> object:
        return operations.update_intelligence(item_id=item.pk, by=request.user, at=timezone.now(), **given)

    return records.edit(request, project, form, call, title=item.get_kind_display(), back=TAB)


@page(Permission.PROJECT_EDIT, methods=("POST",))
def confirm(request: UserRequest, pk: int, item_id: int) -> HttpResponse:
    """Say that an item was checked and is right."""
    project, item = frame.find(request, pk), _find(request, pk, item_id)
    version = posted_version(request)

    def call() -> object:
        return operations.confirm_intelligence(item_id=item.pk, by=request.user, at=timezone.now(), version=version)

    return records.act(request, project, call, back=TAB)


@page(Permission.PROJECT_EDIT, methods=("POST",))
def remove(request: UserRequest, pk: int, item_id: int) -> HttpResponse:
    """Take an item away."""
    project, item = frame.find(request, pk), _find(request, pk, item_id)
    version = posted_version(request)

    def call() -> object:
        return operations.remove_intelligence(item_id=item.pk, version=version, by=request.user, at=timezone.now())

    return records.act(request, project, call, back=TAB)
