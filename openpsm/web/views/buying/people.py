"""The people of the buying decision."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Contact
from openpsm.buying import operations, queries, vocabulary
from openpsm.buying.models import Stakeholder, SupporterLabel
from openpsm.core.dates import today
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.projects import queries as projects
from openpsm.projects.models import Project
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.buying import AttitudeForm, LabelForm, StakeholderForm
from openpsm.web.forms.projects import posted_version
from openpsm.web.views.buying import records
from openpsm.web.views.projects import frame

TAB = "project-people"


@page()
def people(request: UserRequest, pk: int) -> HttpResponse:
    """List everybody in the decision with attitude, power, cover, and what is missing."""
    project = frame.find(request, pk)
    context = frame.context(request, project, "people")
    found = queries.people(pk, user=request.user)
    roles = dict(vocabulary.choices("buying_roles"))
    context |= {
        "people": found,
        "rows": [(row, [roles.get(key, key) for key in row.stakeholder.buying_roles]) for row in found.rows],
        "supporters": queries.supporters(context["facts"]),
        "missing_kinds": [
            vocabulary.label("supporter_kinds", kind) for kind in queries.supporters(context["facts"]).missing
        ],
        "can_label": access.reach(request.user).holds_anywhere(Permission.INSIDER_VIEW) and context["can_edit"],
    }
    return render(request, "buying/people.html", context)


def _choices(request: UserRequest, project: Project, besides: int | None = None) -> dict[str, Any]:
    """People to choose from: contacts of the project's companies, others of the decision, our team."""
    companies = {project.account_id, *projects.parties(project).values_list("account_id", flat=True)}
    contacts = Contact.objects.visible_to(request.user).filter(account__in=companies).order_by("sort_key", "pk")
    others = Stakeholder.objects.visible_to(request.user).filter(project=project).exclude(pk=besides)
    return {
        "contacts": [(row.pk, f"{row.name} {row.title}") for row in contacts[:500]],
        "people": [(row.pk, f"{row.name} {row.title}") for row in others.order_by("pk")],
        "colleagues": [(member.user_id, member.user.name) for member in projects.team(project)],
    }


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def add(request: UserRequest, pk: int) -> HttpResponse:
    """Put a person, or a post whose holder is unknown, into the decision."""
    project = frame.find(request, pk)
    form = StakeholderForm(request.POST or None, **_choices(request, project))

    def call(given: dict[str, Any]) -> object:
        values = {name: value for name, value in given.items() if name != "version"}
        return operations.add_stakeholder(project_id=pk, by=request.user, at=timezone.now(), **values)

    intro = _("Who has a say over there? Find who decides, who judges, who buys, and who can stop it.")
    return records.edit(request, project, form, call, title=_("Add a person"), back=TAB, intro=intro)


def _find(request: UserRequest, pk: int, person_id: int) -> Stakeholder:
    seen = Stakeholder.objects.visible_to(request.user).filter(project_id=pk)
    person: Stakeholder = get_object_or_404(seen, pk=person_id)
    return person


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def change(request: UserRequest, pk: int, person_id: int) -> HttpResponse:
    """Change what is known of a person."""
    project, person = frame.find(request, pk), _find(request, pk, person_id)
    initial = {name: getattr(person, name) for name in StakeholderForm.base_fields}
    form = StakeholderForm(request.POST or None, initial=initial, **_choices(request, project, person.pk))

    def call(given: dict[str, Any]) -> object:
        return operations.update_stakeholder(stakeholder_id=person.pk, by=request.user, at=timezone.now(), **given)

    return records.edit(request, project, form, call, title=person.name, back=TAB)


@page(Permission.PROJECT_EDIT, methods=("GET", "POST"))
def attitude(request: UserRequest, pk: int, person_id: int) -> HttpResponse:
    """State how a person stands towards us, and why we think so."""
    project, person = frame.find(request, pk), _find(request, pk, person_id)
    initial = {"version": person.version, "value": person.attitude, "seen_on": today(timezone.now())}
    form = AttitudeForm(request.POST or None, initial=initial)

    def call(given: dict[str, Any]) -> object:
        return operations.set_attitude(stakeholder_id=person.pk, by=request.user, at=timezone.now(), **given)

    title = _("Attitude of %(name)s") % {"name": person.name}
    return records.edit(request, project, form, call, title=title, back=TAB)


@page(Permission.INSIDER_VIEW, methods=("GET", "POST"))
def label(request: UserRequest, pk: int, person_id: int) -> HttpResponse:
    """Name a person our insider, sponsor or coach; only one's own line of command sees it."""
    project, person = frame.find(request, pk), _find(request, pk, person_id)
    form = LabelForm(request.POST or None)

    def call(given: dict[str, Any]) -> object:
        return operations.label_supporter(stakeholder_id=person.pk, by=request.user, at=timezone.now(), **given)

    intro = _("Seen by you and your managers only; everybody else sees a number.")
    title = _("Supporter: %(name)s") % {"name": person.name}
    return records.edit(request, project, form, call, title=title, back=TAB, intro=intro)


@page(Permission.INSIDER_VIEW, methods=("POST",))
def end_label(request: UserRequest, pk: int, label_id: int) -> HttpResponse:
    """Say that somebody supports us no longer."""
    project = frame.find(request, pk)
    found = SupporterLabel.objects.visible_to(request.user).filter(stakeholder__project=project)
    chosen = get_object_or_404(found, pk=label_id)
    reason, version = request.POST.get("reason", ""), posted_version(request)

    def call() -> object:
        return operations.end_label(
            label_id=chosen.pk, reason=reason, by=request.user, at=timezone.now(), version=version
        )

    return records.act(request, project, call, back=TAB)


@page(Permission.PROJECT_EDIT, methods=("POST",))
def remove(request: UserRequest, pk: int, person_id: int) -> HttpResponse:
    """Take a person out of the decision."""
    project, person = frame.find(request, pk), _find(request, pk, person_id)
    version = posted_version(request)

    def call() -> object:
        return operations.remove_stakeholder(
            stakeholder_id=person.pk, version=version, by=request.user, at=timezone.now()
        )

    return records.act(request, project, call, back=TAB)
