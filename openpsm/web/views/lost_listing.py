"""Lost deals and lost customers: open to all sellers, of others' only reason, winner, destination and price."""

from typing import Any

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, LossReason, LossRecord
from openpsm.core.money import format_amount
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import ClosingReason, ClosingReport, Outcome, Project
from openpsm.web.access import UserRequest, page
from openpsm.web.lists.declaration import NOTHING, Column, Listing, Reader, Row, day_of, label_of
from openpsm.web.lists.filters import ChoiceFilter, DayFilter, TextFilter, choices_of, search
from openpsm.web.lists.page import show

OUTCOMES, REASONS = dict(Outcome.choices), dict(ClosingReason.choices)
ENDED = tuple(pair for pair in Outcome.choices if pair[0] in (Outcome.LOST, Outcome.DROPPED))


def _named(model: Any, path: str) -> Any:
    """Put the names of records that the reader sees into the rows, and take the ids of all others out (1 query)."""

    def prepare(rows: list[Row], reader: Reader) -> list[Row]:
        ids = {row[path] for row in rows}
        seen = dict(model.objects.visible_to(reader.user).filter(pk__in=ids).values_list("pk", "name")) if ids else {}
        for row in rows:
            row["seen_name"] = seen.get(row[path], "")
            row["seen_id"] = row.pop(path) if row["seen_name"] else None
        return rows

    return prepare


def _first(base: str, others: Any) -> Any:
    def cell(row: Row, _reader: Reader) -> Any:
        if not row["seen_name"]:
            return format_html('<span class="psm-muted">{}</span>', others)
        return format_html('<a class="psm-row" href="{}/{}">{}</a>', base, row["seen_id"], row["seen_name"])

    return cell


def _price(amount: str, currency: str, unit: str = "") -> Any:
    def cell(row: Row, reader: Reader) -> Any:
        if row[amount] is None:
            return NOTHING
        if unit:
            per = f"/{row[unit]}" if row[unit] else ""
            price, code = f"{row[amount].normalize():,f}", row[currency]
            return f"¥{price}{per}" if code == "CNY" else f"{code} {price}{per}"
        return format_amount(row[amount], row[currency], reader.user.amount_unit or "yuan")

    return cell


def ways(here: str, user: User) -> list[tuple[str, Any, str, str]]:
    """Lost deals, lost customers, for managers where they went, and the alerts about all of it."""
    seen = access.reach(user).holds_anywhere(Permission.REGISTRATION_ARBITRATE)
    where = ("/lost-deals/destinations", _("Where deals go"), "sitemap", "here" if here == "destinations" else "")
    return [
        ("/lost-deals", _("Lost deals"), "briefcase", "here" if here == "deals" else ""),
        ("/lost-customers", _("Lost customers"), "building", "here" if here == "customers" else ""),
        *([where] if seen else []),
        ("/alerts?open=on", _("Alerts"), "bell", "here" if here == "alerts" else ""),
    ]


LOST = Listing(
    key="lost-deals",
    title=_("Lost deals"),
    model=ClosingReport,
    url="/lost-deals",
    rows=lambda user: ClosingReport.objects.visible_to(user),
    columns=(
        Column(
            "project",
            _("Project"),
            ("project_id",),
            _first("/projects", _("a colleague's project")),
            lambda row, _reader: row["seen_name"] or None,
        ),
        Column("outcome", _("Outcome"), **label_of("outcome", lambda: OUTCOMES)),
        Column("reason", _("Reason"), **label_of("reason", lambda: REASONS)),
        Column("winner", _("Winner"), ("winner__name",)),
        Column(
            "price",
            _("Price"),
            ("winner_amount", "winner_currency"),
            _price("winner_amount", "winner_currency"),
            css="num",
        ),
        Column("destination", _("Where the customer went"), css="psm-wrap"),
        Column("at", _("Reported"), plain=day_of("at"), sort="at"),
    ),
    sorts={"at": "at"},
    default_sort="-at",
    filters=(
        search(_("Where the customer went"), lambda rows, value, _u: rows.filter(destination__icontains=value)),
        ChoiceFilter("outcome", _("Outcome"), choices=choices_of(ENDED)),
        ChoiceFilter("reason", _("Reason"), choices=choices_of(ClosingReason.choices)),
        TextFilter("winner", _("Winner"), "winner__name"),
        DayFilter("at", _("Reported"), is_instant=True),
    ),
    prepare=_named(Project, "project_id"),
    empty={
        "icon": "report",
        "title": _("No lost deal"),
        "text": _("What is lost or dropped stands here with reason, winner, price and destination, for all sellers."),
        "url": "/projects",
        "action": _("Projects"),
    },
    ways=lambda user: ways("deals", user),
)

CUSTOMERS = Listing(
    key="lost-customers",
    title=_("Lost customers"),
    model=LossRecord,
    url="/lost-customers",
    rows=lambda user: LossRecord.objects.visible_to(user).filter(withdrawn_at=None, reported_at__isnull=False),
    columns=(
        Column(
            "account",
            _("Account"),
            ("account_id",),
            _first("/accounts", _("a colleague's customer")),
            lambda row, _reader: row["seen_name"] or None,
        ),
        Column("reason", _("Main reason"), **label_of("reason", lambda: dict(LossReason.choices))),
        Column("winner", _("Winner"), ("winner__name",)),
        Column(
            "price",
            _("Price"),
            ("price", "price_currency", "price_unit"),
            _price("price", "price_currency", "price_unit"),
            css="num",
        ),
        Column("destination", _("Where the customer went"), css="psm-wrap"),
        Column("lost_on", _("Lost on")),
        Column("reported_at", _("Reported"), plain=day_of("reported_at"), sort="at"),
    ),
    sorts={"at": "reported_at?"},
    default_sort="-at",
    filters=(
        search(_("Where the customer went"), lambda rows, value, _u: rows.filter(destination__icontains=value)),
        ChoiceFilter("reason", _("Main reason"), choices=choices_of(LossReason.choices)),
        TextFilter("winner", _("Winner"), "winner__name"),
        DayFilter("reported_at", _("Reported"), is_instant=True),
    ),
    prepare=_named(Account, "account_id"),
    empty={
        "icon": "building",
        "title": _("No lost customer"),
        "text": _("Customers who left stand here with reason, winner, price and destination, for all sellers."),
        "url": "/accounts",
        "action": _("Accounts"),
    },
    ways=lambda user: ways("customers", user),
)


@page()
def lost_list(request: UserRequest) -> HttpResponse:
    """Lost and dropped projects, the latest first."""
    return show(request, LOST)


@page()
def lost_customers(request: UserRequest) -> HttpResponse:
    """Lost customers, the latest first."""
    return show(request, CUSTOMERS)
