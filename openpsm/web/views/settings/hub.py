"""The entrance to the settings: what the person may change here."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from openpsm.exchange.demo import deleting
from openpsm.org import access
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page

P = Permission
#: Address, icon, words, what it is for, and the right it takes.
CARDS: tuple[tuple[str, str, Any, Any, Permission], ...] = (
    ("user-list", "users", _("Users"), _("Invite, change, deactivate; who holds which role."), P.USER_ADMIN),
    ("department-list", "sitemap", _("Departments"), _("The tree, and who manages what."), P.USER_ADMIN),
    ("role-list", "shield", _("Roles"), _("What each role allows."), P.ROLE_ADMIN),
    (
        "territory-list",
        "map-pin",
        _("Territories"),
        _("Who works which regions, industries and customers."),
        P.SETTINGS_ADMIN,
    ),
    ("parameter-list", "settings", _("Parameters"), _("Days, limits and marks that rules go by."), P.SETTINGS_ADMIN),
    ("custom-field-list", "tag", _("Custom fields"), _("Fields of your own on projects."), P.SETTINGS_ADMIN),
    ("process-list", "git-branch", _("Processes"), _("Stages and key nodes as they are published."), P.PROCESS_ADMIN),
    (
        "import-list",
        "upload",
        _("Imports"),
        _("Bring customers, projects and visits from Excel, and take a file back."),
        P.IMPORT,
    ),
    ("job-list", "clock", _("Jobs"), _("Mails and other work behind the screen."), P.JOB_VIEW),
    (
        "demo-delete",
        "trash",
        _("Demo company"),
        _("Delete it when you begin with customers of your own."),
        P.SETTINGS_ADMIN,
    ),
    ("audit", "history", _("Audit log"), _("Who did what, when; it cannot be changed."), P.AUDIT_VIEW),
)


@page()
def hub(request: UserRequest) -> HttpResponse:
    """Show the parts that the person's rights open; nothing is there for others."""
    own = access.reach(request.user)
    cards = [card for card in CARDS if own.holds_anywhere(card[4])]
    if not cards:
        raise Http404
    if not deleting.remaining(but=request.user):
        cards = [card for card in cards if card[0] != "demo-delete"]
    return render(request, "settings/hub.html", {"title": _("Settings"), "cards": cards})
