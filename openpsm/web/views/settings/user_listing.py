"""The list of users."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openpsm.core.text import sort_key
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.web.access import UserRequest, page
from openpsm.web.lists import groups
from openpsm.web.lists.declaration import Column, Group, Listing, Reader, Row, day_of, link
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, DepartmentFilter, choices_of, search
from openpsm.web.lists.page import show

STATES = (("yes", _("active")), ("no", _("deactivated")))


def _named(rows: Any, text: str, _user: User) -> Any:
    """By a part of the name, of the user name, or of the pinyin."""
    return rows.filter(Q(name__icontains=text) | Q(username__icontains=text) | Q(sort_key__startswith=sort_key(text)))


def _state(row: Row, _reader: Reader) -> Any:
    if row["is_active"]:
        return format_html('<span class="is-held">✓ {}</span>', _t("active"))
    return format_html('<span class="psm-muted">✕ {}</span>', _t("deactivated"))


def _last(row: Row, _reader: Reader) -> Any:
    at = row["last_login"]
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else _t("never")


USERS = Listing(
    key="users",
    title=_("Users"),
    model=User,
    url="/settings/users",
    home="/settings/users/{pk}",
    permission=Permission.USER_ADMIN,
    rows=lambda user: User.objects.visible_to(user),
    columns=(
        Column("name", pgettext_lazy("of a person", "Name"), cell=link("/settings/users/{pk}"), sort="name"),
        Column("username", _("User name"), sort="username"),
        Column("department", _("Department"), ("department__name",)),
        Column("title", _("Post")),
        Column("last_login", _("Last signed in"), cell=_last, plain=day_of("last_login")),
        Column("state", _("State"), ("is_active",), _state),
        Column("phone", _("Mobile phone"), is_default=False),
        Column("email", _("E-mail"), is_default=False),
        Column("joined_on", _("Joined on"), is_default=False),
        Column("created_at", _("Created on"), plain=day_of("created_at"), is_default=False),
        Column("left_at", _("Left on"), plain=day_of("left_at"), is_default=False),
    ),
    sorts={"name": "sort_key", "username": "username"},
    default_sort="name",
    filters=(
        search(pgettext_lazy("of a person", "Name"), _named),
        DepartmentFilter("department", _("Department")),
        ChoiceFilter("active", _("State"), "is_active", choices=choices_of(STATES), is_yes_no=True),
        DayFilter("last_login", _("Last signed in"), is_instant=True),
    ),
    groups=(Group("department", _("Department"), "department_id", "department", groups.departments),),
    empty={"icon": "users", "title": _("No user here"), "text": ""},
    primary=lambda _user: (_("Invite somebody"), reverse("web:user-invite")),
    crumbs=lambda: [(_("Settings"), reverse("web:settings"))],
)


@page(Permission.USER_ADMIN)
def user_list(request: UserRequest) -> HttpResponse:
    """All users by name."""
    return show(request, USERS)
