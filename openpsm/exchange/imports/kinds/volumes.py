"""What customers took month by month, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts import operations as accounts
from openpsm.accounts.models import AccountVolume
from openpsm.accounts.operations import NewVolume
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base
from openpsm.exchange.imports.kinds.base import Column, Context, Created, Draft, Kind, Values
from openpsm.exchange.imports.kinds.known import NAMES, resolve_accounts
from openpsm.org.permissions import Permission

_KEY = tuple[int, date, str]


def read_month(cell: str, factor: int) -> str:
    """A month, or a day of it: its first day."""
    plain = cell.strip()
    if len(plain) == 6 and plain.isdecimal():
        plain = f"{plain[:4]}-{plain[4:]}"
    return parsers.day(plain, factor)[:8] + "01"


def new_volume(values: Mapping[str, Any], source: str = "") -> NewVolume:
    """Return the row that the domain takes."""
    amount = values.get("amount")
    return NewVolume(
        account_id=values["account_id"],
        month=date.fromisoformat(values["month"]),
        product=values.get("product", ""),
        quantity=Decimal(values["quantity"]),
        unit=values.get("unit", ""),
        amount=Decimal(amount) if amount else None,
        currency=(values.get("currency") or "").upper(),
        source=source,
    )


def check_volumes(drafts: Sequence[Draft], ctx: Context) -> None:
    """Resolve the customers; a figure per customer, month and product (4 queries)."""
    resolve_accounts(drafts, ctx)
    ids = {draft.values.get("account_id") for draft in drafts}
    rows = AccountVolume.objects.visible_to(ctx.by).filter(account__in=ids)
    known: dict[_KEY, int] = {
        (account, month, product): pk
        for pk, account, month, product in rows.values_list("pk", "account_id", "month", "product")
    }
    this_month = timezone.localdate(ctx.at).replace(day=1)
    for draft in drafts:
        if not draft.errors:
            base.problems(draft, lambda values: accounts.check_new_volume(new_volume(values)))
        if not draft.errors:
            _match(draft, known, ctx, this_month)


def _match(draft: Draft, known: Mapping[_KEY, int], ctx: Context, this_month: date) -> None:
    row = new_volume(draft.values)
    key = (row.account_id, row.month, row.product.strip())
    earlier = ctx.twice(("volume", key), draft.number)
    if row.month > this_month:
        draft.errors["month"] = _("This day has not come yet.")
    elif earlier is not None:
        draft.errors["month"] = _("Row %(row)s says the same.") % {"row": earlier}
    elif key in known and ctx.update_by:
        draft.match_id = known[key]
    elif key in known:
        draft.errors["month"] = _("There is a figure for this customer and month already.")


def create_volumes(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Record the figures."""
    given = [new_volume(values, ctx.source) for _number, values in rows]
    return [(one.pk, one.version) for one in accounts.record_volumes(rows=given, by=ctx.by, at=ctx.at)]


def update_volume(pk: int, values: Values, ctx: Context) -> tuple[int, Values]:
    """Correct what the table says otherwise; empty cells change nothing."""
    row = new_volume(values)
    changes: Values = {"quantity": row.quantity, "unit": row.unit}
    if row.amount is not None:
        changes |= {"amount": row.amount} | ({"amount_currency": row.currency} if row.currency else {})
    before = AccountVolume.objects.visible_to(ctx.by).get(pk=pk)
    kept = {name: getattr(before, name) for name in changes}
    volume = accounts.update_volume(volume_id=pk, changes=changes, by=ctx.by, at=ctx.at)
    return volume.version, kept if volume.version != before.version else {}


def _restore(pk: int, version: int, before: Values, ctx: Context) -> Any:
    numbers = {name: Decimal(before[name]) for name in ("quantity", "amount") if before.get(name) is not None}
    return accounts.update_volume(volume_id=pk, version=version, changes={**before, **numbers}, by=ctx.by, at=ctx.at)


VOLUMES = Kind(
    key="volumes",
    label=gettext_lazy("Monthly volumes"),
    permissions=(Permission.ACCOUNT_EDIT, Permission.TAKE_OVER),
    columns=(
        Column("account", "客户名称", "Account", parsers.text(200), NAMES, True, "杭州远大机械有限公司"),
        Column("month", "月份", "Month", read_month, ("年月", "期间", "period", "日期"), True, "2026-10"),
        Column("product", "产品编码", "Product code", parsers.code(40), ("产品", "品种", "物料编码", "product")),
        Column(
            "quantity",
            "数量",
            "Quantity",
            parsers.number,
            ("销量", "方量", "用量", "供应量", "发货量", "volume", "qty"),
            True,
            "3000",
        ),
        Column("unit", "单位", "Unit", parsers.text(20), ("计量单位",), True, "方"),
        Column("amount", "金额", "Amount", parsers.amount, ("销售额", "含税金额", "amount")),
        Column("currency", "币种", "Currency", parsers.code(3), ("货币",)),
    ),
    match_fields=("month",),
    check=check_volumes,
    create=create_volumes,
    update=update_volume,
    restore=_restore,
    withdraw=lambda versions, ctx: accounts.withdraw_volumes(versions=versions, by=ctx.by, at=ctx.at),
)
