"""The list of pairs of accounts that look alike."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openpsm.duplicates.models import DuplicatePair, PairClass, PairState
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations.matching import REASONS
from openpsm.web.access import UserRequest, page
from openpsm.web.lists.declaration import NOTHING, Column, Group, Listing, Reader, Row, day_of, label_of
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, FlagFilter, PickedFilter, choices_of, search
from openpsm.web.lists.page import show

CLASSES, STATES = dict(PairClass.choices), dict(PairState.choices)
SCORES = (("90", "≥ 90"), ("80", "≥ 80"), ("70", "≥ 70"))


def _names(row: Row, _reader: Reader) -> Any:
    return format_html(
        '<a class="psm-row" href="/duplicates/{}">{}</a><div>{}</div>', row["pk"], row["one__name"], row["other__name"]
    )


def words_of(reasons: list[str]) -> str:
    """The reasons in the reader's language."""
    return _t(", ").join(str(REASONS.get(code, code)) for code in reasons)


def _why(row: Row, _reader: Reader) -> Any:
    return words_of(row["reasons"]) or None


def _owners(row: Row, _reader: Reader) -> Any:
    names = dict.fromkeys(name for name in (row["one__owner__name"], row["other__owner__name"]) if name)
    return " · ".join(names) or NOTHING


def _state(row: Row, _reader: Reader) -> Any:
    is_open = row["state"] == PairState.OPEN
    css, mark = ("is-missing", "○") if is_open else ("is-held", "✓")
    return format_html('<span class="{}">{} {}</span>', css, mark, STATES[row["state"]])


def _either(path: str, operator: str = "") -> Any:
    """Narrow to pairs of which either account has the value."""

    def narrow(rows: Any, value: Any, _user: User) -> Any:
        values = value.rstrip("0") or value if operator == "__startswith" else value
        return rows.filter(Q(**{f"one{path}{operator}": values}) | Q(**{f"other{path}{operator}": values}))

    return narrow


def _scored(rows: Any, value: list[str], _user: User) -> Any:
    return rows.filter(score__gte=min(map(int, value)))


DUPLICATES = Listing(
    key="duplicates",
    title=_("Duplicates"),
    model=DuplicatePair,
    url="/duplicates",
    home="/duplicates/{pk}",
    permission=Permission.ACCOUNT_MERGE,
    rows=lambda user: DuplicatePair.objects.visible_to(user),
    columns=(
        Column("pair", _("Accounts"), ("one__name", "other__name"), _names),
        Column("cls", _("Class"), **label_of("cls", lambda: CLASSES)),
        Column("score", _("Score"), sort="score", css="num"),
        Column("reasons", _("Why"), cell=lambda row, _r: words_of(row["reasons"]) or NOTHING, plain=_why),
        Column("owner", _("Owner"), ("one__owner__name", "other__owner__name"), _owners, _owners),
        Column("state", _("State"), cell=_state, plain=lambda row, _reader: str(STATES[row["state"]])),
        Column("remark", _("Remark"), is_default=False),
        Column("decided_by", _("Decided by"), ("decided_by__name",), is_default=False),
        Column("decided_at", _("Decided on"), plain=day_of("decided_at"), is_default=False),
        Column("created_at", _("Found on"), plain=day_of("created_at"), is_default=False),
    ),
    sorts={"score": "score", "newest": "id"},
    default_sort="-score",
    filters=(
        search(
            _("Name"),
            lambda rows, value, _user: rows.filter(Q(one__name__icontains=value) | Q(other__name__icontains=value)),
            "one",
        ),
        FlagFilter("open", _("To decide"), "state", lambda rows, _v, _u: rows.filter(state=PairState.OPEN), True),
        ChoiceFilter("cls", _("Class"), choices=choices_of(PairClass.choices)),
        ChoiceFilter("score", _("Score"), narrow_by=_scored, choices=choices_of(SCORES)),
        ChoiceFilter("state", _("State"), choices=choices_of(PairState.choices)),
        PickedFilter("region", _("Region"), "one", _either("__region", "__startswith"), source="divisions"),
        PickedFilter("owner", _("Owner"), "one", _either("__owner", "__in"), source="people"),
        PickedFilter("account", _("Account"), "one", _either("", "__in"), source="accounts"),
        DayFilter("created_at", _("Found on"), is_instant=True),
    ),
    groups=(
        Group("cls", _("Class"), "cls", "cls", lambda keys, _reader: {key: CLASSES[key] for key in keys}),
        Group("state", _("State"), "state", "state", lambda keys, _reader: {key: STATES[key] for key in keys}),
    ),
    empty={
        "icon": "git-branch",
        "title": _("No pairs found"),
        "text": _("Let the program compare all accounts with one another: it changes nothing, it only shows them."),
        "url": "/duplicates/search",
        "action": _("Search the whole base"),
    },
    primary=lambda _user: (_("Search the whole base"), reverse("web:duplicate-search"), "search"),
)


@page(Permission.ACCOUNT_MERGE)
def duplicate_list(request: UserRequest) -> HttpResponse:
    """Pairs of accounts that look alike, the most alike first."""
    return show(request, DUPLICATES)
