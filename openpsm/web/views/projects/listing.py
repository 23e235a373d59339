"""The list of projects: all that a row can show, and what narrows, sorts and groups it."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from openpsm.accounts.models import Account, Division
from openpsm.core.dates import today
from openpsm.core.money import CENT, format_amount
from openpsm.core.paging import Kept
from openpsm.org import access
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.process.queries import default_definition, definition
from openpsm.projects.models import Outcome, Project, PurchasingForm
from openpsm.projects.queries import totals
from openpsm.web.access import UserRequest, page
from openpsm.web.forms.board import MARK_CHOICES
from openpsm.web.lists import groups
from openpsm.web.lists.declaration import (
    NOTHING,
    Column,
    Group,
    Listing,
    Reader,
    Row,
    day_of,
    label_of,
    link,
    money,
    percent,
)
from openpsm.web.lists.filters import (
    YES_NO,
    AmountFilter,
    ChoiceFilter,
    DayFilter,
    DepartmentFilter,
    FlagFilter,
    PickedFilter,
    TextFilter,
    choices_of,
    mine,
    search,
)
from openpsm.web.lists.page import show
from openpsm.web.views.projects import list_acts as acts

GRADES = {one: format_html('<b class="psm-grade {0}"><b>{0}</b></b>', one) for one in "ABCD"}
STAGE = ("stage_id", "process_version_id", "stage_entered_at", "outcome", "is_on_hold")


def stages(_reader: Reader) -> Sequence[tuple[str, Any]]:
    """The stages of the default process (1 query per request)."""
    return [(str(stage.id), stage.title) for stage in default_definition().stages]


def _stage(row: Row, reader: Reader) -> Any:
    """The stage with its days, or how the project ended."""
    hold = " · " + str(_("on hold")) if row["is_on_hold"] else ""
    if row["outcome"] != Outcome.OPEN:
        return f"{Outcome(row['outcome']).label}{hold}"
    stage, days = _stage_of(row), _days(row, reader)
    is_late = days > stage.expected_days
    late = " ⚠ " + str(_("over time")) if is_late else ""
    text = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    css = "is-amber" if is_late else "psm-muted"
    return format_html("<span>{} <small class={}>{}{}</small>{}</span>", stage.title, css, text, late, hold)


def _stage_of(row: Row) -> Any:
    return definition(row["process_version_id"]).stage(row["stage_id"])


def _days(row: Row, reader: Reader) -> int:
    return (reader.on - today(row["stage_entered_at"])).days


def _step(row: Row, _reader: Reader) -> Any:
    step = row["step_id"] and definition(row["process_version_id"]).step(row["step_id"])
    return step.title if step else NOTHING


def _next(row: Row, _reader: Reader) -> Any:
    if not row["next_step"]:
        return NOTHING
    step = Truncator(row["next_step"]).chars(30)
    return format_html("<span>{} <small>{}</small></span>", step, row["next_on"] or "")


def _next_text(row: Row, _reader: Reader) -> str | None:
    return f"{row['next_step']} {row['next_on'] or ''}".strip() or None


def _stated(path: str) -> dict[str, Any]:
    """A percentage that counts only where somebody stated one."""
    return {
        "cell": lambda row, _reader: NOTHING if row["possibility"] is None else f"{row[path]}%",
        "plain": lambda row, _reader: None if row["possibility"] is None else row[path],
    }


def _weighted(row: Row, _reader: Reader) -> Decimal | None:
    if row["possibility"] is None:
        return None
    return Decimal(row["amount"] * row["probability"] / 100).quantize(CENT, ROUND_HALF_UP)


def _weighted_cell(row: Row, reader: Reader) -> Any:
    amount = _weighted(row, reader)
    unit = reader.user.amount_unit or "yuan"
    return NOTHING if amount is None else format_amount(amount, row["amount_currency"], unit)


def _region(row: Row, _reader: Reader) -> Any:
    return row.get("region_name") or row["region"] or NOTHING


def _signed(row: Row, _reader: Reader) -> Any:
    value = row["boss_attitude"]
    return NOTHING if value is None else f"{value:+d}".replace("-", "−")


def _prepare(rows: list[Row], _reader: Reader) -> list[Row]:
    """Name the regions, where they are shown (1 query)."""
    codes = {row["region"] for row in rows if row.get("region")}
    if codes:
        names = dict(Division.objects.filter(pk__in=codes).values_list("code", "full_name"))
        for row in rows:
            row["region_name"] = names.get(row["region"], row["region"])
    return rows


def _register(user: User) -> tuple[Any, str] | None:
    allowed = access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE)
    return (_("Register a project"), reverse("web:registration-new")) if allowed else None


def _accounts(keys: list[Any], reader: Reader) -> Mapping[Any, Any]:
    return dict(Account.objects.visible_to(reader.user).filter(pk__in=keys).values_list("pk", "name"))


def _stage_names(keys: list[Any], _reader: Reader) -> Mapping[Any, Any]:
    return {stage.id: stage.title for stage in default_definition().stages if stage.id in keys}


def _stalled(rows: Any, _value: Any, user: User) -> Any:
    return rows.stalled(Reader.now(user).on)


def _with_debts(rows: Any, _value: Any, _user: User) -> Any:
    return rows.with_debts()


COLUMNS = (
    Column("name", _("Project"), ("name", "account__name"), link("/projects/{pk}", below="account__name"), sort="name"),
    Column("stage", _("Stage"), STAGE, _stage, lambda row, _reader: _stage_of(row).title),
    Column("grade", _("Grade"), cell=lambda row, _reader: GRADES.get(row["grade"], NOTHING)),
    Column(
        "amount",
        _("Amount"),
        ("amount", "amount_currency"),
        money("amount"),
        sort="amount",
        css="num",
        edit=acts.AMOUNT,
    ),
    Column("probability", _("Win probability"), ("probability", "possibility"), css="num", **_stated("probability")),
    Column("tender_on", _("Tender"), sort="tender", edit=acts.TENDER),
    Column("next", _("Next step"), ("next_step", "next_on"), _next, _next_text),
    Column("owner", _("Owner"), ("owner__name",)),
    Column("account", _("Customer"), ("account__name",), is_default=False),
    Column("department", _("Department"), ("department__name",), is_default=False),
    Column("outcome", _("Outcome"), is_default=False, **label_of("outcome", lambda: dict(Outcome.choices))),
    Column("order_on", _("Order expected"), sort="order", is_default=False, edit=acts.ORDER),
    Column("currency", _("Currency"), ("amount_currency",), is_default=False),
    Column("possibility", _("Stated possibility"), css="num", is_default=False, **percent("possibility")),
    Column(
        "weighted",
        _("Weighted amount"),
        ("amount", "amount_currency", "probability", "possibility"),
        _weighted_cell,
        _weighted,
        css="num",
        is_default=False,
    ),
    Column("step", _("Customer's step"), ("step_id", "process_version_id"), _step, _step, is_default=False),
    Column("days", _("Days in the stage"), ("stage_entered_at",), _days, _days, css="num", is_default=False),
    Column("stage_due_on", _("Stage planned until"), is_default=False),
    Column("is_on_hold", _("On hold"), is_default=False),
    Column("hold_until", _("On hold until"), is_default=False),
    Column("region", _("Region"), cell=_region, plain=_region, is_default=False),
    Column("site", _("Site"), is_default=False, edit=acts.SITE),
    Column("product_line", _("Product line"), is_default=False, edit=acts.LINE),
    Column(
        "purchasing_form",
        _("Purchasing form"),
        is_default=False,
        edit=acts.FORM,
        **label_of("purchasing_form", lambda: dict(PurchasingForm.choices)),
    ),
    Column("tender_number", _("Tender number"), is_default=False, edit=acts.NUMBER),
    Column("next_step", _("Next step, its text"), is_default=False, edit=acts.NEXT_STEP),
    Column("next_on", _("Next step, its day"), is_default=False, edit=acts.NEXT_ON),
    Column("boss_attitude", _("The boss's attitude"), cell=_signed, css="num", is_default=False),
    Column("is_non_standard", _("Non-standard product"), is_default=False),
    Column("is_grade_pinned", _("Grade pinned"), is_default=False),
    Column("news_on", _("First news"), is_default=False),
    Column("news_source", _("Source of the news"), is_default=False),
    Column("note", _("Note"), cell=lambda row, _r: Truncator(row["note"]).chars(60) or NOTHING, is_default=False),
    Column("created_at", _("Created on"), plain=day_of("created_at"), sort="created", is_default=False),
    Column("updated_at", _("Changed on"), plain=day_of("updated_at"), is_default=False),
)


def _with_mark(rows: Any, value: list[str], user: User) -> Any:
    return rows.with_mark(value[0], Reader.now(user).on)


FILTERS = (
    search(_("Name, pinyin or initials")),
    mine(),
    ChoiceFilter("stage", _("Stage"), "stage_id", choices=stages, is_number=True),
    ChoiceFilter("outcome", _("Outcome"), choices=choices_of(Outcome.choices)),
    ChoiceFilter("grade", _("Grade"), choices=choices_of([(letter, letter) for letter in "ABCD"])),
    AmountFilter("amount", _("Amount")),
    PickedFilter("owner", _("Owner"), source="people"),
    DepartmentFilter("department", _("Department")),
    PickedFilter("account", _("Customer"), source="accounts"),
    PickedFilter(
        "member",
        _("On the team"),
        "members",
        lambda rows, value, _user: rows.filter(members__user=value[0]),
        source="people",
    ),
    DayFilter("tender_on", _("Tender")),
    DayFilter("order_on", _("Order expected")),
    DayFilter("next_on", _("Next step, its day")),
    DayFilter("created_at", _("Created on"), is_instant=True),
    FlagFilter("stalled", _("Stalled"), "stage_due_on", _stalled, True),
    ChoiceFilter(
        "mark",
        _("Mark"),
        "id",
        _with_mark,
        choices=choices_of([("running", pgettext_lazy("projects", "running")), *MARK_CHOICES]),
    ),
    FlagFilter("debts", _("With debts"), "id", _with_debts),
    ChoiceFilter("is_on_hold", _("On hold"), choices=choices_of(YES_NO), is_yes_no=True),
    ChoiceFilter("purchasing_form", _("Purchasing form"), choices=choices_of(PurchasingForm.choices)),
    PickedFilter("region", _("Region"), source="divisions", starts_with=True),
    TextFilter("product_line", _("Product line")),
    TextFilter("tender_number", _("Tender number")),
    TextFilter("site", _("Site")),
)


def ways(here: str) -> list[tuple[str, Any, str, str]]:
    """The ways to look at projects: address, label, icon, and which of them one looks at."""
    known = (
        ("list", _("List"), "list"),
        ("board", _("Board"), "layout-kanban"),
        ("calendar", _("Calendar"), "calendar-due"),
    )
    addresses = {"list": "project-list", "board": "project-board", "calendar": "project-calendar"}
    return [
        (reverse(f"web:{addresses[key]}"), label, icon, "here" if key == here else "") for key, label, icon in known
    ]


PROJECTS = Listing(
    key="projects",
    title=_("Projects"),
    model=Project,
    url="/projects",
    home="/projects/{pk}",
    rows=lambda user: Project.objects.visible_to(user),
    columns=COLUMNS,
    sorts={
        "amount": "amount",
        "name": "sort_key",
        "created": "created_at",
        "tender": "tender_on?",
        "order": "order_on?",
    },
    default_sort="-amount",
    filters=FILTERS,
    groups=(
        Group("owner", _("Owner"), "owner_id", "owner", groups.people),
        Group("department", _("Department"), "department_id", "department", groups.departments),
        Group("stage", _("Stage"), "stage_id", "stage", _stage_names),
        Group("grade", _("Grade"), "grade", "grade", groups.themselves),
        Group("account", _("Customer"), "account_id", "account", _accounts),
        Group("tender", _("Month of the tender"), "tender_on", "tender_on", groups.months, is_month=True),
        Group("order", _("Month of the order"), "order_on", "order_on", groups.months, is_month=True),
    ),
    kept=Kept(
        totals.seen,
        totals.beyond,
        frozenset({"owner_id", "department_id", "stage_id", "owner", "department", "stage"}),
    ),
    actions=acts.ACTIONS,
    amount="amount",
    has_custom=True,
    prepare=_prepare,
    empty={
        "icon": "briefcase",
        "title": _("No project yet"),
        "text": _(
            "A project begins with its registration: the name is checked, and nobody else works on it from then on."
        ),
        "url": "/registrations/new",
        "action": _("Register a project"),
    },
    primary=_register,
    ways=lambda _user: ways("list"),
)


@page()
def project_list(request: UserRequest) -> HttpResponse:
    """Projects that the person may see, by amount unless asked otherwise."""
    return show(request, PROJECTS)
