"""What a search shows: the records found as lines with an address, pages of the guide, and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from openpsm.core.text import fold, search_text
from openpsm.insights import finding
from openpsm.insights.finding import Hit
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.frame import ENTRIES
from openpsm.web.templatetags.psm import day
from openpsm.web.views import guide
from openpsm.web.views.settings.hub import CARDS


@dataclass(frozen=True)
class Line:
    """One result: where it leads, its words, and a word that tells it from its like."""

    url: str
    title: str
    hint: str = ""
    icon: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Section:
    """The results of one kind; `more` leads to all of them."""

    title: str
    lines: list[Line] = field(default_factory=list)
    more: str = ""


@dataclass(frozen=True)
class Command:
    """Something to do or a page to go to; `permissions`, any of which opens it, empty for everybody."""

    name: str
    label: str | Promise
    icon: str
    permissions: tuple[Permission, ...] = ()


COMMANDS = (
    Command("activity-log", gettext_lazy("Log a visit or call"), "walk", (Permission.ACTIVITY_EDIT,)),
    Command("activity-plan", gettext_lazy("Plan an activity"), "calendar-due", (Permission.ACTIVITY_EDIT,)),
    Command(
        "registration-new",
        gettext_lazy("Register a customer or project"),
        "flag",
        (Permission.REGISTRATION_CREATE,),
    ),
    Command("contact-start", gettext_lazy("Add a contact"), "user-plus", (Permission.CONTACT_EDIT,)),
    Command("task-new", gettext_lazy("New task"), "clipboard-check"),
    Command("notification-list", gettext_lazy("Notifications"), "bell"),
    Command("bin", gettext_lazy("Recycle bin"), "trash"),
    Command("profile", gettext_lazy("My settings"), "user"),
    Command("token-new", gettext_lazy("Make a token"), "key"),
    Command("password", gettext_lazy("Change the password"), "lock"),
)

TITLES: dict[str, str | Promise] = {
    "project": gettext_lazy("Projects"),
    "account": gettext_lazy("Accounts"),
    "contact": gettext_lazy("Contacts"),
    "activity": gettext_lazy("My activities"),
    "product": gettext_lazy("Products"),
    "person": gettext_lazy("Colleagues"),
}
#: Lists that can show all that was found.
LISTS = {"project": "project-list", "account": "account-list", "product": "product-list"}
MOST_CHAPTERS = 4
MOST_COMMANDS = 5


def sections(text: str, *, user: User, most: int) -> list[Section]:
    """Return what is found for the text (the queries of `insights.finding.find`), commands first if they begin so."""
    if not fold(text):
        return []
    groups = finding.find(text, user=user, most=most)
    found = [_section(group, text) for group in groups]
    commands = _commands(text, user)
    own = [Section(_("Commands"), [line for _rank, line in commands][:MOST_COMMANDS])] if commands else []
    guide_lines = _chapters(text)
    rest = [Section(_("Guide"), guide_lines)] if guide_lines else []
    is_meant = bool(commands) and commands[0][0] == 0 and not (groups and groups[0].hits[0].rank == 0)
    return [*own, *found, *rest] if is_meant else [*found, *own, *rest]


def opened_lately(user: User) -> list[Section]:
    """Return what stands there before anything is typed: records opened last (4 queries), and what one does most."""
    lines = [line_of(hit) for hit in finding.recent(user)]
    lately = [Section(_("Opened lately"), lines)] if lines else []
    allowed = [_command_line(one) for one in COMMANDS if _may(user, one.permissions)]
    return [*lately, Section(_("Commands"), allowed[:MOST_COMMANDS])]


def _section(group: finding.Group, text: str) -> Section:
    more = ""
    if group.has_more and group.kind in LISTS:
        more = f"{reverse(f'web:{LISTS[group.kind]}')}?q={text}"
    return Section(str(TITLES[group.kind]), [line_of(hit) for hit in group.hits], more)


# --- records


def line_of(hit: Hit) -> Line:
    """Return the line of a record."""
    return _LINES[hit.kind](hit.record)


def _project(one: Any) -> Line:
    return Line(
        reverse("web:project-detail", args=[one.pk]), one.name, _joined(one.account.name, one.owner.name),
        "briefcase", one.grade,
    )  # fmt: skip


def _account(one: Any) -> Line:
    hint = _joined(one.short_name, one.owner.name if one.owner else _("public pool"))
    return Line(reverse("web:account-detail", args=[one.pk]), one.name, hint, "building")


def _contact(one: Any) -> Line:
    return Line(
        reverse("web:contact-detail", args=[one.pk]), one.name, _joined(one.title, one.account.name), "address-book"
    )


def _activity(one: Any) -> Line:
    title = _joined(capfirst(one.get_kind_display()), day(one.done_on or one.planned_on))
    hint = _joined(str(one.project or one.account), one.purpose or one.result[:60])
    return Line(reverse("web:activity-detail", args=[one.pk]), title, hint, "walk")


def _product(one: Any) -> Line:
    hint = _joined(one.code, one.line, "" if one.is_active else _("not on sale"))
    return Line(reverse("web:product-edit", args=[one.pk]), one.name, hint, "package")


def _person(one: Any) -> Line:
    hint = _joined(one.title, one.department.name if one.department else "")
    return Line(reverse("web:person", args=[one.pk]), one.name, hint, "user")


_LINES: dict[str, Callable[[Any], Line]] = {
    "project": _project,
    "account": _account,
    "contact": _contact,
    "activity": _activity,
    "product": _product,
    "person": _person,
}


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


# --- commands and the guide


def _may(user: User, permissions: Iterable[Permission]) -> bool:
    own, wanted = access.reach(user), tuple(permissions)
    return not wanted or any(own.holds_anywhere(one) for one in wanted)


def _all_commands() -> list[Command]:
    pages = [Command(entry.name, entry.label, entry.icon, entry.permissions) for entry in ENTRIES]
    settings = [Command(name, label, icon, (permission,)) for name, icon, label, _what, permission in CARDS]
    return [*COMMANDS, *pages, *settings]


@lru_cache(maxsize=200)
def _searched(label: str) -> str:
    return search_text(label, fold(label))


def _commands(text: str, user: User) -> list[tuple[int, Line]]:
    """Return the commands the user may give whose words hold the text: (0 for the beginning, else 1; line)."""
    key, found = fold(text), []
    for one in _all_commands():
        label = str(one.label)
        if key in _searched(label) and _may(user, one.permissions):
            found.append((0 if fold(label).startswith(key) else 1, _command_line(one)))
    return sorted(found, key=lambda pair: pair[0])


def _command_line(one: Command) -> Line:
    return Line(reverse(f"web:{one.name}"), str(one.label), "", one.icon)


def _chapters(text: str) -> list[Line]:
    """Return pages of the guide whose title, else whose text, holds the words."""
    sought = text.strip().casefold()
    if len(sought) < 2:
        return []
    language = "en" if (get_language() or "").startswith("en") else "zh"
    pages = guide.chapters(language)
    titled = [one for one in pages if sought in one.title.casefold()]
    told = [one for one in pages if one not in titled and sought in one.text.casefold()]
    return [
        Line(reverse("web:guide-page", args=[one.key]), one.title, guide.around(one.text, text.strip()), "book")
        for one in [*titled, *told][:MOST_CHAPTERS]
    ]
