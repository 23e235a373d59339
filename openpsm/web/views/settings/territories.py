"""Territories: who works where."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account
from openpsm.org.models import Department, User
from openpsm.org.permissions import Permission
from openpsm.registrations import operations, territories
from openpsm.registrations.models import Territory
from openpsm.web.access import UserRequest, page
from openpsm.web.confirming import ask
from openpsm.web.forms import settings as forms
from openpsm.web.forms.territories import EditTerritoryForm, TerritoryForm, lines
from openpsm.web.views.settings import choices

ADMIN = Permission.SETTINGS_ADMIN


@dataclass(frozen=True)
class Shown:
    """One row of the list, in words."""

    territory: Territory
    regions: list[str]
    industries: list[str]
    customers: int
    who: list[str]


def _home() -> str:
    return reverse("web:territory-list")


def _crumbs() -> list[tuple[Any, str]]:
    return [(_("Settings"), reverse("web:settings")), (_("Territories"), _home())]


def _find(request: UserRequest, pk: int) -> Territory:
    found: Territory = get_object_or_404(Territory.objects.visible_to(request.user), pk=pk)
    return found


@page(ADMIN)
def territory_list(request: UserRequest) -> HttpResponse:
    """Show all, closed ones last (6 queries beside the frame's)."""
    context = {
        "title": _("Territories"),
        "crumbs": _crumbs()[:1],
        "primary": (_("New territory"), reverse("web:territory-new")),
        "rows": _shown(request.user),
    }
    return render(request, "settings/territories.html", context)


def _shown(user: User) -> list[Shown]:
    rows = Territory.objects.visible_to(user).order_by("-is_active", "name", "pk")
    found = list(rows.prefetch_related("people", "departments", "accounts"))
    words = territories.words_of(found)
    return [
        Shown(
            one,
            [words.get(code, code) for code in one.regions],
            [words.get(code, code) for code in one.industries],
            len(one.accounts.all()),
            [each.name for each in (*one.departments.all(), *one.people.all())],
        )
        for one in found
    ]


def _offered(user: User, territory: Territory | None = None) -> dict[str, Any]:
    """What is offered for choosing, and of people who have left those who are named already."""
    return {"departments": choices.departments(user), "people": choices.people(user)}


@page(ADMIN, methods=("GET", "POST"))
def new(request: UserRequest) -> HttpResponse:
    """Draw one."""
    form = TerritoryForm(request, **_offered(request.user))
    return ask(
        request,
        form,
        lambda: operations.create_territory(**form.values, by=request.user, at=timezone.now()),
        title=_("New territory"),
        done=_("The territory is there. It binds from now on; nobody loses a customer."),
        back=_home(),
        crumbs=_crumbs(),
        intro=_("Customers lie in it whose region and industry both fit, and those that are named."),
        action=_("Save"),
    )


@page(ADMIN, methods=("GET", "POST"))
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Draw it anew."""
    found = _find(request, pk)
    form = EditTerritoryForm(request, **_offered(request.user), initial=_initial(found, request.user))
    return ask(
        request,
        form,
        lambda: operations.update_territory(territory_id=pk, **form.values, by=request.user, at=timezone.now()),
        title=_("Change “%(name)s”") % {"name": found.name},
        done=_("Saved."),
        back=_home(),
        crumbs=_crumbs(),
        intro=_("Other bounds void the exceptions that were asked for or granted; customers stay with whom they are."),
        action=_("Save"),
    )


def _initial(found: Territory, user: User) -> dict[str, Any]:
    words = territories.words_of([found])
    seen = Account.objects.visible_to(user).filter(territories=found)
    people = User.objects.visible_to(user).filter(territories=found)
    departments = Department.objects.visible_to(user).filter(territories=found)
    return {
        "name": found.name,
        "version": found.version,
        "regions": lines(f"{code} {words.get(code, '')}".strip() for code in found.regions),
        "industries": lines(words.get(code, code) for code in found.industries),
        "account_ids": lines(seen.order_by("sort_key", "pk").values_list("name", flat=True)),
        "user_ids": list(people.values_list("pk", flat=True)),
        "department_ids": list(departments.values_list("pk", flat=True)),
    }


@page(ADMIN, methods=("GET", "POST"))
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Let it bind nobody any more, or bind again."""
    found = _find(request, pk)
    is_open = found.is_active
    operation = operations.close_territory if is_open else operations.reopen_territory
    form = forms.VersionForm(request, initial={"version": found.version})
    return ask(
        request,
        form,
        lambda: operation(territory_id=pk, **form.values, by=request.user, at=timezone.now()),
        title=(_("End it: “%(name)s”") if is_open else _("Reopen it: “%(name)s”")) % {"name": found.name},
        done=_("Saved."),
        back=_home(),
        crumbs=_crumbs(),
        intro=_("A closed territory binds nobody; exceptions that wait are void.") if is_open else "",
        action=_("End it") if is_open else _("Reopen it"),
    )
