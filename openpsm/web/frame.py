"""The left bar and what stands around every page."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from openpsm.org import access, notice
from openpsm.org.models import User
from openpsm.org.permissions import Permission


@dataclass(frozen=True)
class Entry:
    """One line of the menu; `permissions` any of which shows it, empty for everybody."""

    name: str
    label: Any
    icon: str
    permissions: tuple[Permission, ...] = ()


ENTRIES = (
    Entry("today", _("Today"), "calendar-due"),
    Entry("project-list", _("Projects"), "briefcase"),
    Entry("account-list", _("Accounts"), "building"),
    Entry("registration-list", _("Registrations"), "flag"),
    Entry("duplicate-list", _("Duplicates"), "git-branch", (Permission.ACCOUNT_MERGE,)),
    Entry("activity-list", _("Activities"), "walk"),
    Entry("product-list", _("Products"), "package"),
    Entry("guide", _("Guide"), "book"),
    Entry(
        "settings",
        _("Settings"),
        "settings",
        (
            Permission.USER_ADMIN,
            Permission.ROLE_ADMIN,
            Permission.SETTINGS_ADMIN,
            Permission.PROCESS_ADMIN,
            Permission.IMPORT,
        ),
    ),
)

#: So many entries stand in the bottom bar of a phone, the others on the page "More".
ON_A_PHONE = 4


def menu_for(user: User, path: str) -> dict[str, Any]:
    """Return the menu that the user's rights allow, and the unread count (1 query beside the reach)."""
    own = access.reach(user)
    shown = [e for e in ENTRIES if not e.permissions or any(own.holds_anywhere(p) for p in e.permissions)]
    menu = [(e, url := reverse(f"web:{e.name}"), path == url or path.startswith(url + "/")) for e in shown]
    unread, told = notice.unread_and_notice(user)
    return {
        "menu": menu,
        "is_more": not any(is_here for _entry, _url, is_here in menu[:ON_A_PHONE]),
        "unread": unread,
        "announcement": told,
        "theme": user.theme or "light",
        "can_register": own.holds_anywhere(Permission.REGISTRATION_CREATE),
        "can_add_contact": own.holds_anywhere(Permission.CONTACT_EDIT),
        "can_log": own.holds_anywhere(Permission.ACTIVITY_EDIT),
    }
