"""Other names of accounts, and the people there, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openpsm.accounts import operations as accounts
from openpsm.accounts.models import Account, AccountName, Contact
from openpsm.accounts.operations import NewContact, NewName
from openpsm.accounts.rules import normal_phone
from openpsm.core.text import fold
from openpsm.exchange.imports import parsers
from openpsm.exchange.imports.kinds import base, custom
from openpsm.exchange.imports.kinds.base import AUTHOR, CREATED_ON, Column, Context, Created, Draft, Kind, Values
from openpsm.exchange.imports.kinds.known import NAMES, resolve_accounts
from openpsm.org.permissions import Permission

# --- other names


def check_aliases(drafts: Sequence[Draft], ctx: Context) -> None:
    """Resolve the customer, refuse names that it has (5 queries)."""
    resolve_accounts(drafts, ctx)
    ids = {draft.values.get("account_id") for draft in drafts}
    has = set(AccountName.objects.filter(account__in=ids).values_list("account_id", "strict_key"))
    has |= set(Account.objects.visible_to(ctx.by).filter(pk__in=ids).values_list("pk", "strict_key"))
    for draft in drafts:
        if draft.errors:
            continue
        base.problems(draft, lambda values: accounts.check_new_name(_new_name(values)), columns={"name": "alias"})
        key = (draft.values["account_id"], fold(draft.values.get("alias", ""))[:200])
        earlier = ctx.twice(key, draft.number)
        if key in has:
            draft.errors["alias"] = _("The account already has this name.")
        elif earlier is not None:
            draft.errors["alias"] = _("Row %(row)s says the same.") % {"row": earlier}


def _new_name(values: Mapping[str, Any]) -> NewName:
    return NewName(values["account_id"], values.get("alias", ""), values.get("kind", AccountName.Kind.ALIAS.value))


def create_aliases(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Add the names."""
    given = [_new_name(values) for _number, values in rows]
    return [(one.pk, 1) for one in accounts.add_account_names(rows=given, by=ctx.by, at=ctx.at)]


ALIASES = Kind(
    key="aliases",
    label=gettext_lazy("Other names of accounts"),
    permissions=(Permission.ACCOUNT_EDIT, Permission.TAKE_OVER),
    columns=(
        Column("account", "客户名称", "Account", parsers.text(200), (*NAMES, "full_name", "name", "信用代码"), True),
        Column(
            "alias",
            "别名",
            "Other name",
            parsers.text(200),
            ("简称", "曾用名", "英文名", "其他名称", "alias", "name_en"),
            True,
        ),
        Column(
            "kind",
            "别名类型",
            "Kind of name",
            parsers.choice(AccountName.Kind, short_2018="short", 简称="short"),
            ("类型",),
        ),
    ),
    match_fields=(),
    check=check_aliases,
    create=create_aliases,
    withdraw=lambda versions, ctx: accounts.remove_account_names(ids=list(versions), by=ctx.by, at=ctx.at),
)


# --- contacts

_PERSON = ("name", "title", "unit", "phone", "mobile", "email", "chat_name", "note", "purpose")


def new_contact(values: Mapping[str, Any]) -> NewContact:
    """Return the row that the domain takes."""
    texts = {name: values.get(name, "") for name in _PERSON}
    return NewContact(
        account_id=values["account_id"], **texts, custom=custom.values_of(dict(values)), origin=base.origin(values)
    )


def check_contacts(drafts: Sequence[Draft], ctx: Context) -> None:
    """Resolve the customer; the same name with the same number or mail, or without any, is there already."""
    resolve_accounts(drafts, ctx)
    ids = {draft.values.get("account_id") for draft in drafts}
    people: dict[tuple[int, str], list[Contact]] = {}
    for one in Contact.objects.visible_to(ctx.by).filter(account__in=ids):
        people.setdefault((one.account_id, fold(one.name)), []).append(one)
    for draft in drafts:
        base.check_origin(draft, ctx)
        if not draft.errors:
            base.problems(draft, lambda values: accounts.check_new_contact(new_contact(values)))
        if not draft.errors:
            _match_contact(draft, people, ctx)


def _reach(values: Mapping[str, Any]) -> set[str]:
    numbers = {normal_phone(values.get(key) or "") for key in ("phone", "mobile")} - {""}
    return numbers | ({values["email"].casefold()} if values.get("email") else set())


def _match_contact(draft: Draft, people: Mapping[tuple[int, str], list[Contact]], ctx: Context) -> None:
    key = (draft.values["account_id"], fold(draft.values["name"]))
    reach = _reach(draft.values)
    same = [one for one in people.get(key, []) if not reach or not _reach(vars(one)) or reach & _reach(vars(one))]
    place = ("", "") if reach else tuple(fold(draft.values.get(name) or "") for name in ("unit", "title"))
    earlier = ctx.twice((key, tuple(sorted(reach)), place), draft.number)
    if earlier is not None:
        draft.errors["name"] = _("Row %(row)s says the same.") % {"row": earlier}
    elif same and not ctx.update_by:
        draft.errors["name"] = _("This person is there already.")
    elif len(same) > 1:
        draft.errors["name"] = ngettext("%(n)s person answers to this.", "%(n)s people answer to this.", len(same)) % {
            "n": len(same)
        }
    elif same:
        draft.match_id = same[0].pk


def create_contacts(rows: Sequence[tuple[int, Values]], ctx: Context) -> list[Created]:
    """Make the people."""
    given = [new_contact(values) for _number, values in rows]
    return [(one.pk, one.version) for one in accounts.create_contacts(rows=given, by=ctx.by, at=ctx.at)]


def update_contact(pk: int, values: Values, ctx: Context) -> tuple[int, Values]:
    """Change what the table says otherwise; empty cells change nothing."""
    changes = {name: values[name] for name in _PERSON if values.get(name)}
    if custom.values_of(values):
        changes["custom"] = custom.values_of(values)
    before = Contact.objects.visible_to(ctx.by).get(pk=pk)
    kept = {name: getattr(before, name) for name in changes}
    contact = accounts.update_contact(contact_id=pk, changes=changes, by=ctx.by, at=ctx.at)
    return contact.version, kept if contact.version != before.version else {}


CONTACTS = Kind(
    key="contacts",
    label=gettext_lazy("Contacts"),
    permissions=(Permission.CONTACT_EDIT, Permission.TAKE_OVER),
    columns=(
        Column(
            "account", "客户名称", "Account", parsers.text(200), (*NAMES, "partner_name"), True, "杭州远大机械有限公司"
        ),
        Column(
            "name",
            "姓名",
            "Name",
            parsers.text(60),
            ("联系人", "联系人姓名", "contact name", "contact_name"),
            True,
            "王军",
        ),
        Column("title", "职务", "Post", parsers.text(100), ("职位", "岗位", "title", "position", "function")),
        Column("unit", "部门", "Department", parsers.text(100), ("所在部门", "科室")),
        Column("mobile", "手机", "Mobile", parsers.code(40), ("手机号", "手机号码", "移动电话", "mobile phone")),
        Column("phone", "电话", "Phone", parsers.code(40), ("座机", "办公电话", "固定电话", "联系电话")),
        Column("email", "邮箱", "E-mail", parsers.text(254), ("电子邮箱", "邮件", "email_from")),
        Column("chat_name", "微信", "WeChat", parsers.text(60), ("微信号",)),
        Column("purpose", "保存目的", "Purpose", parsers.text(200), ()),
        Column("note", "备注", "Note", parsers.text(), ("说明", "remark")),
        AUTHOR,
        CREATED_ON,
    ),
    match_fields=("name",),
    check=check_contacts,
    create=create_contacts,
    update=update_contact,
    restore=lambda pk, version, before, ctx: accounts.update_contact(
        contact_id=pk, changes=before, version=version, by=ctx.by, at=ctx.at
    ),
    withdraw=lambda versions, ctx: accounts.withdraw_contacts(versions=versions, by=ctx.by, at=ctx.at),
    model="accounts.Contact",
)
