"""Visits, calls and everything else that was done or planned before, as a table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.activities import operations
from openpsm.activities.models import Activity, ActivityKind
from openpsm.activities.operations import OldActivity
from openpsm.core.dates import today
from openpsm.core.text import fold
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base
from openpsm.exchange.imports.kinds.base import AUTHOR, CREATED_ON, Column, Context, Created, Draft, Kind, Values
from openpsm.exchange.imports.kinds.known import resolve_accounts
from openpsm.exchange.imports.kinds.people import stored_day
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project

_TEXTS = ("purpose", "result", "next_step", "place")
_DAYS = ("planned_on", "done_on", "next_on")


def old_activity(values: Mapping[str, Any]) -> OldActivity:
    """Return the row that the domain takes."""
    days: dict[str, Any] = {name: stored_day(values.get(name)) for name in _DAYS}
    return OldActivity(
        account_id=values["account_id"],
        owner_id=values["owner_id"],
        project_id=values.get("project_id"),
        kind=values.get("kind", ActivityKind.VISIT.value),
        **{name: values.get(name, "") for name in _TEXTS},
        **days,
        hours=Decimal(values["hours"]) if values.get("hours") else None,
        cost=Decimal(values["cost"]) if values.get("cost") else None,
        client_key=values.get("client_key", ""),
        origin=base.origin(values),
    )


def check_activities(drafts: Sequence[Draft], ctx: Context) -> None:
    """Resolve customer, project and author; the same entry of the same person is there already (at most 5 queries)."""
    resolve_accounts(drafts, ctx)
    _resolve_projects(drafts, ctx)
    for draft in drafts:
        base.resolve(draft, "owner", "owner_id", lambda text: ctx.user(text).pk)
        base.check_origin(draft, ctx)
        if not draft.errors:
            base.problems(draft, lambda values: operations.check_old_activity(old_activity(values), today(ctx.at)))
            draft.values["client_key"] = _key(draft.values)
    keys = {draft.values["client_key"] for draft in drafts if "client_key" in draft.values}
    known = set(Activity.objects.filter(client_key__in=keys).values_list("client_key", flat=True))
    for draft in drafts:
        key = draft.values.get("client_key")
        earlier = ctx.twice(key, draft.number) if key else None
        if key in known:
            draft.errors[""] = _("This entry was imported already.")
        elif earlier is not None:
            draft.errors[""] = _("Row %(row)s says the same.") % {"row": earlier}


def _resolve_projects(drafts: Sequence[Draft], ctx: Context) -> None:
    resolve_accounts(drafts, ctx, "project_account")
    keys = {fold(draft.values["project"])[:200] for draft in drafts if draft.values.get("project")}
    rows = Project.objects.visible_to(ctx.by).filter(strict_key__in=keys) if keys else Project.objects.none()
    known: dict[tuple[int, str], list[int]] = {}
    for account, key, pk in rows.values_list("account_id", "strict_key", "pk"):
        known.setdefault((account, key), []).append(pk)
    for draft in drafts:
        account = draft.values.pop("project_account_id", None) or draft.values.get("account_id", 0)
        base.resolve(draft, "project", "project_id", partial(_project, account=account, known=known))


def _project(text: str, account: int, known: Mapping[tuple[int, str], list[int]]) -> int:
    found = known.get((account, fold(text)[:200]), [])
    if len(found) != 1:
        raise ValidationError(_("This customer has no project “%(name)s” that you see.") % {"name": text[:60]})
    return found[0]


def _key(values: Values) -> str:
    """Return what names this entry wherever it comes from again."""
    told = {name: values.get(name) for name in ("account_id", "project_id", "owner_id", "kind", *_TEXTS, *_DAYS)}
    return "import:" + hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:50]


def create_activities(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Take them over."""
    given = [old_activity(values) for _number, values in rows]
    made = operations.take_over_activities(rows=given, by=ctx.by, at=ctx.at, source=ctx.source)
    return [(one.pk, one.version) for one in made]


ACTIVITIES = Kind(
    key="activities",
    label=gettext_lazy("Activities"),
    permissions=(Permission.ACTIVITY_EDIT, Permission.TAKE_OVER),
    columns=(
        Column(
            "account",
            "客户名称",
            "Account",
            parsers.text(200),
            ("客户", "公司名称", "拜访客户", "拜访单位"),
            True,
            "杭州远大机械有限公司",
        ),
        Column("project", "项目名称", "Project", parsers.text(200), ("项目", "关联项目")),
        Column("project_account", "项目客户", "Account of the project", parsers.text(200), ("项目所属客户",)),
        Column(
            "owner", "负责人", "Who", parsers.text(60), ("跟进人", "拜访人", "业务员", "销售", "owner"), True, "lina"
        ),
        Column(
            "kind",
            "类型",
            "Kind",
            parsers.choice(ActivityKind, 电话="call", 上门拜访="visit"),
            ("跟进方式", "活动类型", "拜访方式"),
        ),
        Column(
            "done_on",
            "完成日期",
            "Done on",
            parsers.day,
            ("日期", "拜访日期", "跟进日期", "跟进时间", "date"),
            False,
            "2026-05-12",
        ),
        Column("planned_on", "计划日期", "Planned for", parsers.day, ()),
        Column("purpose", "目的", "Purpose", parsers.text(200), ("主题", "拜访目的", "subject")),
        Column("result", "结果", "Result", parsers.text(), ("跟进内容", "拜访结果", "内容", "跟进记录")),
        Column("next_step", "下一步", "Next step", parsers.text(200), ("下步计划",)),
        Column("next_on", "下一步日期", "Next step on", parsers.day, ("下次跟进时间", "下次拜访日期")),
        Column("place", "地点", "Place", parsers.text(200), ("拜访地点",)),
        Column("hours", "工时", "Hours", parsers.number, ("耗时",)),
        Column("cost", "费用", "Cost", parsers.amount, ("花费",)),
        AUTHOR,
        CREATED_ON,
    ),
    match_fields=(),
    check=check_activities,
    create=create_activities,
    withdraw=lambda versions, ctx: operations.withdraw_activities(versions=versions, by=ctx.by, at=ctx.at),
    chunk=100,
)
