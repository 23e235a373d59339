"""Accounts as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts import operations as accounts
from openpsm.accounts.models import Account, AccountKind, AccountName, Division, Industry
from openpsm.accounts.operations import NewAccount
from openpsm.accounts.rules import check_uscc, normal_uscc
from openpsm.core.errors import DomainError
from openpsm.core.text import fold
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base, custom
from openpsm.exchange.imports.kinds.alike import match_account, require_still_new, warn_of_alike
from openpsm.exchange.imports.kinds.base import AUTHOR, CREATED_ON, Column, Context, Created, Draft, Kind, Values
from openpsm.exchange.imports.kinds.known import NAMES, Known
from openpsm.org.permissions import Permission


def _division(ctx: Context) -> Callable[[str], str]:
    """Return what finds the code of a place by code, name or full name (1 query an import)."""
    places: dict[str, str] | None = ctx.lists.get("divisions")
    if places is None:
        places = ctx.lists["divisions"] = {}
        for code, name, full in Division.objects.order_by("-level").values_list("code", "name", "full_name"):
            places |= {code: code, name: code, full: code}

    def find(text: str) -> str:
        plain = "".join(text.split())
        for one in (plain, f"{plain}市", f"{plain}省"):
            if one in places:
                return places[one]
        raise ValidationError(_("There is no place “%(name)s” in the list of regions.") % {"name": text[:60]})

    return find


def _industry(ctx: Context) -> Callable[[str], str]:
    classes: dict[str, str] | None = ctx.lists.get("industries")
    if classes is None:
        rows = Industry.objects.order_by("-level").values_list("code", "name")
        classes = ctx.lists["industries"] = {key: code for code, name in rows for key in (code, name, f"{code} {name}")}

    def find(text: str) -> str:
        if text not in classes:
            raise ValidationError(_("“%(name)s” is no class of GB/T 4754.") % {"name": text[:60]})
        return classes[text]

    return find


def _place(draft: Draft, ctx: Context) -> None:
    """The region is a code; province and city stand for it where it is not given, and an unknown one is only said."""
    find = _division(ctx)
    city, province = draft.values.pop("city", ""), draft.values.pop("province", "")
    if draft.values.get("region"):
        base.resolve(draft, "region", "region", find)
        return
    for key, texts in (("city", (province + city, city)), ("province", (province,))):
        problem = ""
        for text in filter(None, texts if city or key == "province" else ()):
            try:
                draft.values["region"] = find(text)
            except ValidationError as error:
                problem = error.messages[0]
            else:
                return
        if problem:
            draft.warnings[key] = problem


#: Columns with other names, by the kind of name.
OTHER_NAMES = (("former", "former_name"), ("english", "english_name"))


def new_account(values: Mapping[str, Any]) -> NewAccount:
    """Return the row that the domain takes."""
    texts = ("name", "short_name", "uscc", "region", "address", "industry", "domain", "phone", "note")
    owner_id, in_pool = values.get("owner_id"), bool(values.get("in_pool"))
    return NewAccount(
        **{name: values.get(name, "") for name in texts},
        kind=values.get("kind", AccountKind.BUYER.value),
        country=values.get("country", "CN"),
        parent_id=values.get("parent_id"),
        owner_id=owner_id,
        is_in_pool=in_pool and not owner_id,
        is_unassigned=not owner_id and not in_pool,
        custom=custom.values_of(dict(values)),
        other_names=tuple((kind, values[key]) for kind, key in OTHER_NAMES if values.get(key)),
        names_source=AccountName.Source.IMPORT,
        origin=base.origin(values),
    )


def check_accounts(drafts: Sequence[Draft], ctx: Context) -> None:
    """Resolve, check and match accounts (a handful of queries a batch). Nothing is ever merged: alike is only said."""
    names = [draft.values.get("name", "") for draft in drafts]
    parents = [draft.values.get("parent", "") for draft in drafts]
    known = Known.of(ctx.by, [*names, *parents], [*parents, *(draft.values.get("uscc", "") for draft in drafts)])
    for draft in drafts:
        _normal_code(draft)
        base.resolve(draft, "owner", "owner_id", lambda text: ctx.user(text).pk)
        base.resolve(draft, "parent", "parent_id", lambda text: _parent(text, known, ctx))
        base.resolve(draft, "industry", "industry", _industry(ctx))
        _place(draft, ctx)
        base.check_origin(draft, ctx)
        match_account(draft, known, ctx)
        if not draft.errors:
            base.problems(draft, lambda values: accounts.check_new_account(new_account(values)))
    warn_of_alike(drafts, ctx)


def _normal_code(draft: Draft) -> None:
    """Codes are stored in capitals without blanks; what is odd about one is said and never blocks."""
    text = draft.values.get("uscc", "")
    code = draft.values["uscc"] = normal_uscc(text)
    if code != text:
        draft.warnings["uscc"] = _("Written in another way; taken as %(code)s.") % {"code": code}
    for warning in check_uscc(code):
        draft.warnings["uscc"] = warning


def _parent(text: str, known: Known, ctx: Context) -> Any:
    """The parent stands in the database, or in an earlier row of this file: then it is looked up when it is there."""
    key, code = fold(text)[:200], normal_uscc(text)
    if key in known.by_name or code in known.by_code:
        return known.one(text)
    if hash(("name", key)) in ctx.seen or hash(("uscc", code)) in ctx.seen:
        return {"name": text}
    raise ValidationError(
        _("There is no customer “%(name)s” that you see, nor in a row above this one.") % {"name": text[:60]}
    )


def create_accounts(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Make accounts; a parent from the same file is looked up now that it is there."""
    require_still_new(rows, ctx)
    made: dict[int, Created] = {}
    pending = list(rows)
    while pending:
        parents = {values["parent_id"]["name"] for _n, values in pending if isinstance(values.get("parent_id"), dict)}
        known = Known.of(ctx.by, parents, parents) if parents else Known()
        ready = [(number, row) for number, values in pending if (row := _with_parent(values, known)) is not None]
        if not ready:
            raise DomainError(_("The parent company was not taken."), row=pending[0][0])
        new = accounts.create_accounts(rows=[new_account(row) for _n, row in ready], by=ctx.by, at=ctx.at)
        made |= {number: (one.pk, one.version) for (number, _row), one in zip(ready, new, strict=True)}
        pending = [one for one in pending if one[0] not in made]
    return [made[number] for number, _values in rows]


def foresee_accounts(rows: Sequence[Values]) -> None:
    """Compute the search keys ahead: half of the work."""
    accounts.foresee_keys([new_account(values) for values in rows])


def _with_parent(values: Values, known: Known) -> Values | None:
    """Return the values with the parent's id; None while a parent from this file is not there yet."""
    if not isinstance(values.get("parent_id"), dict):
        return values
    text = values["parent_id"]["name"]
    found = known.by_name.get(fold(text)[:200]) or known.by_code.get(normal_uscc(text)) or set()
    return {**values, "parent_id": next(iter(found))} if len(found) == 1 else None


_ACCOUNT_FIELDS = (
    "name",
    "short_name",
    "kind",
    "uscc",
    "country",
    "region",
    "address",
    "industry",
    "domain",
    "phone",
    "note",
)


def update_account(pk: int, values: Values, ctx: Context) -> tuple[int, Values]:
    """Change what the table says otherwise; empty cells change nothing."""
    changes = {name: values[name] for name in _ACCOUNT_FIELDS if values.get(name) not in (None, "")}
    if custom.values_of(values):
        changes["custom"] = custom.values_of(values)
    before = Account.objects.visible_to(ctx.by).get(pk=pk)
    kept: dict[str, Any] = {name: getattr(before, name) for name in changes}
    account = accounts.update_account(account_id=pk, changes=changes, by=ctx.by, at=ctx.at)
    learnt = accounts.learn_names(account, _learnable(values, before, account), source=_IMPORT, by=ctx.by, at=ctx.at)
    if learnt:
        kept[_LEARNT] = " ".join(str(one.pk) for one in learnt)
    return account.version, kept if account.version != before.version else {}


_IMPORT = AccountName.Source.IMPORT
#: Under this key an updated row keeps the names that the account got by it.
_LEARNT = "learnt_names"


def _learnable(values: Values, before: Account, account: Account) -> list[tuple[str, str]]:
    """Return the names that a row teaches: those of its columns, and what the account was called before it."""
    pairs = [(kind, values.get(key, "")) for kind, key in OTHER_NAMES]
    if account.strict_key != before.strict_key:
        pairs.append((AccountName.Kind.FORMER.value, before.name))
    if account.short_name != before.short_name:
        pairs.append((AccountName.Kind.SHORT.value, before.short_name))
    return pairs


def restore_account(pk: int, version: int, before: Values, ctx: Context) -> None:
    """Put back what an update replaced, and forget the names that came with it."""
    changes = dict(before)
    learnt = [int(pk) for pk in changes.pop(_LEARNT, "").split()]
    with transaction.atomic():
        account = accounts.update_account(account_id=pk, changes=changes, version=version, by=ctx.by, at=ctx.at)
        accounts.forget_names(account, learnt, by=ctx.by, at=ctx.at)


ACCOUNTS = Kind(
    key="accounts",
    label=gettext_lazy("Accounts"),
    permissions=(Permission.ACCOUNT_CREATE, Permission.TAKE_OVER),
    columns=(
        Column("name", "客户名称", "Name", parsers.text(200), NAMES, True, "杭州远大机械有限公司"),
        Column(
            "uscc",
            "统一社会信用代码",
            "Credit code",
            parsers.code(30),
            ("信用代码", "税号", "纳税人识别号", "code", "uscc"),
        ),
        Column("short_name", "简称", "Short name", parsers.text(60), ("客户简称",)),
        Column("kind", "客户类型", "Kind", parsers.choice(AccountKind), ("类型", "客户性质")),
        Column("country", "国家", "Country", parsers.text(2)),
        Column("region", "地区", "Region", parsers.text(60), ("区域", "所在地区", "行政区划")),
        Column("province", "省份", "Province", parsers.text(60), ("省",)),
        Column("city", "城市", "City", parsers.text(60), ("市", "所在城市")),
        Column("address", "地址", "Address", parsers.text(200), ("公司地址", "详细地址", "联系地址", "注册地址")),
        Column("industry", "行业", "Industry", parsers.text(100), ("所属行业", "行业代码")),
        Column("domain", "网址", "Web site", parsers.text(100), ("官网", "网站", "域名", "domain", "website")),
        Column("phone", "总机", "Switchboard", parsers.text(40), ("公司电话", "电话", "联系电话", "phone")),
        Column(
            "parent", "上级单位", "Parent company", parsers.text(200), ("母公司", "集团", "所属集团", "subsidiary_of")
        ),
        Column("owner", "负责人", "Owner", parsers.text(60), ("销售负责人", "业务员", "客户负责人", "归属人", "owner")),
        Column("in_pool", "公海", "In the pool", parsers.flag, ("是否公海",)),
        Column("former_name", "曾用名", "Former name", parsers.text(200)),
        Column("english_name", "英文名称", "English name", parsers.text(200), ("英文名",)),
        Column("note", "备注", "Note", parsers.text(), ("说明", "remark", "remarks")),
        AUTHOR,
        CREATED_ON,
    ),
    match_fields=("name", "uscc"),
    check=check_accounts,
    create=create_accounts,
    foresee=foresee_accounts,
    update=update_account,
    restore=restore_account,
    withdraw=lambda versions, ctx: accounts.withdraw_accounts(versions=versions, by=ctx.by, at=ctx.at),
    model="accounts.Account",
)
