"""The pages of an account that are read: overview, activities, files, history."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, Sum, When, Window
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from openpsm.accounts.models import Account, Contact
from openpsm.accounts.rules import check_uscc
from openpsm.activities import queries as activities
from openpsm.org import field_rules
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Party, Project
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.custom import shown
from openpsm.web.history import history_of
from openpsm.web.views import comments as comment_views
from openpsm.web.views import files as file_views
from openpsm.web.views.accounts import frame

PERSONAL = {
    field.name: field for field in Contact._meta.fields if field.name in ("mobile", "phone", "email", "chat_name")
}
SHOWN_CONTACTS = 200
SHOWN_PROJECTS = 100


@dataclass(frozen=True)
class ShownContact:
    """A person as this reader may see them: `reach` holds label, value and link of what is open and known."""

    contact: Contact
    reach: list[tuple[str, str, str]]
    is_masked: bool


@page()
@frame.follows_merges
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the account with its people and projects (at most 10 queries with the frame)."""
    account = frame.find(request, pk)
    context = frame.context(request, account, "overview")
    projects, others = _projects(account, request.user)
    context |= {
        "names": list(account.names.order_by("kind", "pk")),
        "contacts": _contacts(account, request.user),
        "can_edit_contacts": context["is_related"] and frame.may(request.user, Permission.CONTACT_EDIT, account),
        "can_erase": context["is_related"] and frame.may(request.user, Permission.ACCOUNT_DELETE, account),
        "projects": projects,
        "other_projects": others,
        "warnings": check_uscc(account.uscc),
        "custom": shown(Account, account.custom),
    }
    return render(request, "accounts/overview.html", context)


def _contacts(account: Account, user: User) -> list[ShownContact]:
    rows = list(Contact.objects.live().filter(account=account).order_by("sort_key", "pk")[:SHOWN_CONTACTS])
    hidden = field_rules.hidden_many(user, rows)
    return [_shown(row, hidden[row.pk]) for row in rows]


def _shown(contact: Contact, hidden: set[str]) -> ShownContact:
    reach = []
    for name in PERSONAL:
        value = getattr(contact, name)
        if value and name not in hidden:
            scheme = {"email": "mailto:", "mobile": "tel:", "phone": "tel:"}.get(name, "")
            reach.append((str(PERSONAL[name].verbose_name), value, scheme and f"{scheme}{value}"))
    return ShownContact(contact, reach, bool(hidden & PERSONAL.keys()))


def _projects(account: Account, user: User) -> tuple[list[Project], int]:
    """Return the visible projects in which the account has a part, and how many others there are (1 query)."""
    here = Project.objects.live().filter(pk__in=Party.objects.filter(account=account).values("project_id"))
    seen = Project.objects.visible_to(user).filter(pk=OuterRef("pk")).order_by()
    rows: QuerySet[Any] = here.annotate(is_seen=Exists(seen))
    rows = rows.annotate(others=Window(Sum(Case(When(is_seen=True, then=0), default=1))))
    found = list(rows.select_related("stage", "owner").order_by("-is_seen", "-pk")[:SHOWN_PROJECTS])
    return [row for row in found if row.is_seen], found[0].others if found else 0


@page()
@frame.follows_merges
def account_activities(request: UserRequest, pk: int) -> HttpResponse:
    """Show what was done with the account lately."""
    account = frame.find(request, pk)
    context: dict[str, Any] = frame.context(request, account, "activities")
    context |= {"activities": activities.timeline(account, user=request.user)}
    return render(request, "accounts/activities.html", context)


@page()
@frame.follows_merges
def account_files(request: UserRequest, pk: int) -> HttpResponse:
    """Show the files of the account."""
    account = frame.find(request, pk)
    context = frame.context(request, account, "files") | file_views.context(account, request.user)
    return render(request, "accounts/files.html", context)


@page()
@frame.follows_merges
def account_history(request: UserRequest, pk: int) -> HttpResponse:
    """Show what happened to the account; `?before=` goes on with older entries."""
    account = frame.find(request, pk)
    before = request.GET.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 18 else None
    context = frame.context(request, account, "history")
    context |= {
        "history": history_of(account, user=request.user, before=number),
        "history_url": reverse("web:account-history", args=[pk]),
    }
    return render(request, "accounts/history.html", context)


@page()
@frame.follows_merges
def account_comments(request: UserRequest, pk: int) -> HttpResponse:
    """What colleagues wrote at the account."""
    account = frame.find(request, pk)
    context = frame.context(request, account, "comments")
    return render(request, "accounts/comments.html", context | {"panel": comment_views.panel(account, request.user)})
