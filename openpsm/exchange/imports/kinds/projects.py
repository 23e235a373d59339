"""Projects as a table: running ones and closed ones, taken over at their stage with their days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.catalog.models import Product
from openpsm.core.dates import today
from openpsm.core.errors import DomainError
from openpsm.core.money import default_currency
from openpsm.core.text import fold
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base, custom
from openpsm.exchange.imports.kinds.base import AUTHOR, CREATED_ON, Column, Context, Created, Draft, Kind, Values
from openpsm.exchange.imports.kinds.known import resolve_accounts
from openpsm.exchange.imports.kinds.people import stored_day
from openpsm.org.permissions import Permission
from openpsm.process import queries as processes
from openpsm.projects import operations
from openpsm.projects.models import ClosingReason, Outcome, Project, PurchasingForm
from openpsm.projects.operations import NewProject, TakenOver
from openpsm.projects.operations.takeover import problems_of_entry, stage_of
from openpsm.registrations.operations import lock

_TEXTS = (
    *("name", "product_line", "site", "region", "tender_source", "tender_number", "purchasing_form"),
    *("possibility_reason", "news_source", "note"),
)
_DAYS = ("tender_on", "order_on", "news_on")
#: What the domain calls a field and the table's column for it.
_COLUMNS = {"stage_key": "stage", "entered_at": "entered_on", "ended_at": "ended_on", "amount_currency": "currency"}


def taken_over(values: Mapping[str, Any], number: int, ctx: Context) -> TakenOver:
    """Return the row that the domain takes."""
    entered = values.get("entered_on") or values.get("created_on") or values.get("ended_on")
    days: dict[str, Any] = {name: stored_day(values.get(name)) for name in _DAYS}
    project = NewProject(
        **{name: values.get(name, "") for name in _TEXTS},
        **days,
        account_id=values.get("account_id", 0),
        owner_id=values.get("owner_id"),
        amount=Decimal(values.get("amount", 0)),
        currency=values.get("currency", default_currency()),
        possibility=values.get("possibility"),
        products=tuple((pk, None) for pk in values.get("product_ids", ())),
        custom=custom.values_of(dict(values)),
    )
    return TakenOver(
        project=project,
        stage_key=values.get("stage_key", ""),
        entered_at=_moment(entered, ctx) if entered else ctx.at,
        row=number,
        outcome=values.get("outcome", ""),
        ended_at=_moment(values["ended_on"], ctx) if values.get("ended_on") else None,
        reason=values.get("reason", ""),
        reason_text=values.get("reason_text", ""),
        destination=values.get("destination", ""),
        origin=base.origin(values),
    )


def _moment(day: str, ctx: Context) -> datetime:
    """Noon of the day; of this day, if it is still before noon, this moment."""
    noon = base.instant(day)
    return min(noon, ctx.at) if day == today(ctx.at).isoformat() else noon


def check_projects(drafts: Sequence[Draft], ctx: Context) -> None:
    """Resolve customer, owner, product and stage; refuse what is there already (at most 5 queries)."""
    resolve_accounts(drafts, ctx)
    products, stages = _products(ctx), _stages(ctx)
    for draft in drafts:
        is_over = draft.values.get("outcome", Outcome.OPEN) != Outcome.OPEN
        base.resolve(draft, "owner", "owner_id", partial(_owner, ctx=ctx, is_over=is_over))
        base.resolve(draft, "product", "product_ids", partial(_several, find=products))
        base.resolve(draft, "stage", "stage_key", stages)
        base.check_origin(draft, ctx)
        if draft.values.get("possibility") is not None:
            draft.values.setdefault(
                "possibility_reason", _("Taken over from %(source)s") % {"source": ctx.source[:200]}
            )
        if not draft.errors.keys() - {"account"}:
            _check_fields(draft, ctx)
    _match(drafts, ctx)


def _owner(text: str, ctx: Context, is_over: bool) -> int:
    """What is over may belong to somebody who has left."""
    user = ctx.user(text)
    if not (user.is_active or is_over) or user.department_id is None:
        raise ValidationError(_("%(name)s has left or belongs to no department.") % {"name": user})
    return user.pk


def _several(text: str, find: Callable[[str], int]) -> list[int]:
    """One product, or several with semicolons between them."""
    try:
        return [find(text)]
    except ValidationError:
        parts = [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
        if len(parts) < 2:
            raise
    return list(dict.fromkeys(map(find, parts)))


def _products(ctx: Context) -> Callable[[str], int]:
    """Return what finds a product by code or name (1 query an import); near misses are named, not taken."""
    known: dict[str, int] | None = ctx.lists.get("products")
    if known is None:
        known, near = dict[str, int](), dict[str, str]()
        rows = Product.objects.visible_to(ctx.by).order_by("is_active")  # of one name the one on sale
        for pk, code, name in rows.values_list("pk", "code", "name"):
            known |= {name.casefold(): pk, code.casefold(): pk}
            near |= {fold(name): name, fold(code): code}
        ctx.lists |= {"products": known, "near": near}

    def find(text: str) -> int:
        found = known.get(text.casefold())
        if found is None:
            guess = ctx.lists["near"].get(fold(text))
            said = (
                _("There is no product “%(name)s”. Is “%(guess)s” meant?")
                if guess
                else _("There is no product “%(name)s”.")
            )
            raise ValidationError(said % {"name": text[:60], "guess": guess})
        return int(found)

    return find


def _stages(ctx: Context) -> Callable[[str], str]:
    """Return what finds a stage of the default process by key or by its name in either language."""
    known: dict[str, str] | None = ctx.lists.get("stages")
    if known is None:
        stages = processes.default_definition().stages
        known = ctx.lists["stages"] = {
            str(name).casefold(): stage.key for stage in stages for name in (stage.key, *stage.name.values())
        }

    def find(text: str) -> str:
        if text.casefold() not in known:
            raise ValidationError(_("There is no stage “%(name)s”.") % {"name": text[:60]})
        return known[text.casefold()]

    return find


def _check_fields(draft: Draft, ctx: Context) -> None:
    row, process = taken_over(draft.values, draft.number, ctx), processes.default_definition()
    errors = operations.check_new_project(row.project)
    stage = stage_of(process, row.stage_key, row.outcome)
    errors |= problems_of_entry(process, stage, row, ctx.at) if stage else {"stage_key": _("There is no such stage.")}
    if row.outcome in (Outcome.LOST, Outcome.DROPPED) and row.ended_at is None:
        draft.warnings["ended_on"] = _("No day on which it ended: that of its stage is taken.")
    owner = draft.values.get("owner_id") or ctx.by.pk
    if owner == ctx.by.pk and ctx.by.department_id is None:
        errors["owner"] = _("Say who owns the project: you belong to no department yourself.")
    for key, text in errors.items():
        draft.errors.setdefault(_COLUMNS.get(key, key), text)
    if row.project.order_on and row.project.order_on < today(ctx.at) and row.outcome in ("", Outcome.OPEN):
        draft.warnings["order_on"] = _("This day is past, yet the project is open.")


def _match(drafts: Sequence[Draft], ctx: Context) -> None:
    """The same name at the same customer, or the same tender number there, is the same project (1 query)."""
    ids = {draft.values.get("account_id") for draft in drafts if draft.values.get("name")}
    keys = {fold(draft.values["name"])[:200] for draft in drafts if draft.values.get("name")}
    numbers = {draft.values["tender_number"] for draft in drafts if draft.values.get("tender_number")}
    seen = Project.objects.visible_to(ctx.by).filter(account__in=ids)
    columns = ("account_id", "strict_key", "pk")
    by_name = {(account, key): pk for account, key, pk in seen.filter(strict_key__in=keys).values_list(*columns)}
    columns = ("account_id", "tender_number", "pk")
    rows = seen.filter(tender_number__in=numbers).values_list(*columns) if numbers else ()
    by_number = {(account, number): pk for account, number, pk in rows}
    for draft in drafts:
        if draft.values.get("account_id") and draft.values.get("name"):
            _match_one(draft, by_name, by_number, ctx)


def _match_one(
    draft: Draft, by_name: Mapping[tuple[int, str], int], by_number: Mapping[tuple[int, str], int], ctx: Context
) -> None:
    account, number = draft.values["account_id"], draft.values.get("tender_number", "")
    key = (account, fold(draft.values["name"])[:200])
    known = by_number.get((account, number)) if ctx.update_by == "tender_number" else by_name.get(key)
    earlier = ctx.twice(key, draft.number)
    if earlier is not None:
        draft.errors["name"] = _("Row %(row)s has the same project.") % {"row": earlier}
    elif known and ctx.update_by:
        draft.match_id = known
    elif known:
        draft.errors["name"] = _("This project exists already.")
    elif number and (account, number) in by_number:
        draft.warnings["tender_number"] = _("Another project of this customer has this tender number.")


def create_projects(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Take them over; the same project of a customer may have been registered since the check (2 queries)."""
    lock()
    keys = {(values["account_id"], fold(values["name"])[:200]): number for number, values in rows}
    seen = Project.objects.visible_to(ctx.by).filter(account__in={account for account, _key in keys})
    for key in seen.filter(strict_key__in={key for _a, key in keys}).values_list("account_id", "strict_key"):
        if key in keys:
            raise DomainError(_("This project has been registered meanwhile."), row=keys[key])
    given = [taken_over(values, number, ctx) for number, values in rows]
    made = operations.take_over_projects(rows=given, by=ctx.by, at=ctx.at, source=ctx.source)
    return [(one.pk, one.version) for one in made]


def foresee_projects(rows: Sequence[Values]) -> None:
    """Spell the names ahead."""
    operations.foresee_names(values["name"] for values in rows)


def update_project(pk: int, values: Values, ctx: Context) -> tuple[int, Values]:
    """Change what the table says otherwise; stage, outcome and owner have doors of their own."""
    changes: Values = {name: values[name] for name in _TEXTS if values.get(name) and name != "possibility_reason"}
    changes |= {name: stored_day(values[name]) for name in _DAYS if values.get(name)}
    if values.get("amount"):
        changes["amount"] = Decimal(values["amount"])
    if custom.values_of(values):
        changes["custom"] = custom.values_of(values)
    before = Project.objects.visible_to(ctx.by).get(pk=pk)
    kept = {name: getattr(before, name) for name in changes}
    project = operations.update_project(project_id=pk, changes=changes, by=ctx.by, at=ctx.at)
    return project.version, kept if project.version != before.version else {}


def _stored(before: Values) -> Values:
    found: Values = {name: stored_day(value) if name in _DAYS else value for name, value in before.items()}
    return found | ({"amount": Decimal(found["amount"])} if "amount" in found else {})


PROJECTS = Kind(
    key="projects",
    label=gettext_lazy("Projects"),
    permissions=(Permission.TAKE_OVER,),
    columns=(
        Column(
            "name",
            "项目名称",
            "Project",
            parsers.text(200),
            ("名称", "项目", "商机名称", "name", "opportunity_id"),
            True,
            "3号线润滑改造",
        ),
        Column(
            *("account", "客户名称", "Account", parsers.text(200)),
            ("客户", "公司名称", "采购单位", "采购人", "甲方", "业主", "buyer", "buyer_or_title", "partner_name"),
            True,
            "杭州远大机械有限公司",
        ),
        Column(
            "owner", "负责人", "Owner", parsers.text(60), ("项目负责人", "业务员", "销售", "sales_agent"), False, "lina"
        ),
        Column("stage", "阶段", "Stage", parsers.text(60), ("项目阶段", "销售阶段"), False, ""),
        Column("entered_on", "进入阶段日期", "In the stage since", parsers.day, ("engage_date", "阶段日期")),
        Column(
            "outcome",
            "结果",
            "Outcome",
            parsers.choice(
                Outcome, 中标="won", 丢标="lost", 失单="lost", 赢="won", 输="lost", 进行中="open", 关闭="dropped"
            ),
            ("项目状态", "状态", "deal_stage"),
        ),
        Column("ended_on", "结束日期", "Ended on", parsers.day, ("关闭日期", "close_date")),
        Column("reason", "结束原因", "Closing reason", parsers.choice(ClosingReason), ("丢单原因", "失败原因")),
        Column("reason_text", "原因说明", "Reason in words", parsers.text(), ()),
        Column("destination", "客户去向", "Went to", parsers.text(200), ("中标单位", "winner")),
        Column(
            "amount",
            "金额",
            "Amount",
            parsers.amount,
            ("项目金额", "预计金额", "预算", "预算金额", "close_value", "amount_10k_yuan", "amount_max"),
            False,
            "240万",
        ),
        Column("currency", "币种", "Currency", parsers.text(3), ("货币",)),
        Column("possibility", "可能性", "Possibility", parsers.whole(0, 100), ("赢率", "成功率", "把握度")),
        Column("possibility_reason", "可能性依据", "Reason of the possibility", parsers.text(300), ()),
        Column("product", "产品", "Product", parsers.text(200), ("产品名称", "主要产品")),
        Column("product_line", "产品线", "Product line", parsers.text(60), ()),
        Column("site", "项目地点", "Site", parsers.text(200), ("地点", "工地", "装置")),
        Column("region", "地区代码", "Region code", parsers.text(6), ()),
        Column(
            "tender_on",
            "预计招标日期",
            "Tender on",
            parsers.day,
            ("招标日期", "预计招标时间", "expected", "预计采购时间"),
        ),
        Column("tender_source", "招标信息来源", "Source of the tender date", parsers.text(200), ()),
        Column("tender_number", "招标编号", "Tender number", parsers.text(80), ("项目编号", "标书编号")),
        Column("order_on", "预计签单日期", "Order on", parsers.day, ("预计成交日期", "预计签约日期", "expected close")),
        Column("purchasing_form", "采购方式", "Purchasing form", parsers.choice(PurchasingForm), ("招标方式",)),
        Column("news_on", "首次获悉日期", "First news on", parsers.day, ()),
        Column("news_source", "信息来源", "Source of the news", parsers.text(200), ("来源", "线索来源")),
        Column("note", "备注", "Note", parsers.text(), ("说明", "remark", "need", "采购需求")),
        AUTHOR,
        CREATED_ON,
    ),
    match_fields=("name", "tender_number"),
    check=check_projects,
    create=create_projects,
    foresee=foresee_projects,
    update=update_project,
    restore=lambda pk, version, before, ctx: operations.update_project(
        project_id=pk, version=version, changes=_stored(before), by=ctx.by, at=ctx.at
    ),
    withdraw=lambda versions, ctx: operations.withdraw_projects(versions=versions, by=ctx.by, at=ctx.at),
    model="projects.Project",
)
