"""The rows of an export, by the columns of the kind: references by name, choices by key, hidden values left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from openpsm.accounts.models import Account, AccountName, AccountVolume, Contact
from openpsm.accounts.rules import check_uscc
from openpsm.activities.models import Activity
from openpsm.catalog.models import Product
from openpsm.exchange.imports.kinds import KINDS
from openpsm.exchange.imports.kinds import custom as custom_fields
from openpsm.exchange.imports.kinds.base import department_paths, joined, names_of
from openpsm.org import field_rules
from openpsm.org.models import Department, RoleGrant, User
from openpsm.projects.models import ClosingReport, Outcome, Project

BATCH = 500
Cells = dict[str, Any]


def _in_batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Yield a query's rows in lists, by their keys: memory stays flat and no cursor stays open."""
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield found
        last = found[-1].pk


def _open(by: User, records: list[Any], cells: Callable[[Any], Cells], fields: Mapping[str, str]) -> Iterator[Cells]:
    """Yield the cells of records without what is hidden from the person; `fields` maps columns to model fields."""
    hidden = field_rules.hidden_many(by, records)
    for record in records:
        closed = hidden[record.pk]
        made = cells(record)
        is_custom_closed = "custom" in closed
        yield {
            key: value
            for key, value in made.items()
            if fields.get(key, key) not in closed and not (is_custom_closed and key.startswith("custom."))
        }


def _day(moment: Any) -> Any:
    return timezone.localdate(moment) if moment else None


def _author(record: Any) -> str:
    return record.created_by.username if record.created_by_id else ""


_STAMPED = {"author": "created_by", "created_on": "created_at"}


def _named(account: Account) -> str:
    """What tells the account from all others: a regular credit code, else the name."""
    return account.uscc if account.uscc and not check_uscc(account.uscc) else account.name


def departments(by: User) -> Iterator[Cells]:
    """From the root down, so that each stands behind the one above it."""
    paths = map(names_of, department_paths(Department.objects.visible_to(by).active()))
    for names in sorted(paths, key=lambda one: (len(one), one)):
        yield {"name": joined(names[-1:]), "parent": joined(names[:-1])}


def users(by: User) -> Iterator[Cells]:
    """Staff, those who have left too, for what they did bears their name; roles only those held everywhere."""
    paths = {one.pk: path for path, one in department_paths(Department.objects.visible_to(by).active()).items()}
    for batch in _in_batches(User.objects.visible_to(by)):
        roles: dict[int, list[str]] = {}
        held = RoleGrant.objects.filter(user__in=batch, department=None, project_id=None).order_by("role__key")
        for user_id, key in held.values_list("user_id", "role__key"):
            roles.setdefault(user_id, []).append(key)

        def cells(one: User, held: Mapping[int, list[str]] = roles) -> Cells:
            texts = {name: getattr(one, name) for name in ("name", "username", "email", "phone", "title", "joined_on")}
            return {
                **texts,
                "department": paths.get(one.department_id or 0, ""),
                "roles": ";".join(held.get(one.pk, [])),
                "left_on": _day(one.left_at),
            }

        yield from _open(by, batch, cells, {})


def products(by: User) -> Iterator[Cells]:
    """All products, also those no longer on sale: projects name them."""

    def cells(one: Product) -> Cells:
        texts = {name: getattr(one, name) for name in ("code", "name", "unit", "line")}
        is_on_sale = {"is_active": "TRUE" if one.is_active else "FALSE"}
        return texts | is_on_sale | custom_fields.shown(KINDS["products"], one.custom)

    for batch in _in_batches(Product.objects.visible_to(by)):
        yield from _open(by, batch, cells, {})


_ACCOUNT = ("name", "uscc", "short_name", "kind", "country", "region", "address", "industry", "domain", "phone", "note")


def accounts(by: User) -> Iterator[Cells]:
    """Customers, a parent company before those that belong to it."""
    seen = Account.objects.visible_to(by).select_related("owner", "parent", "created_by")
    visible = Account.objects.visible_to(by)
    above: dict[str, Any] = {"parent": None}
    path = "parent"
    while Account.objects.filter(**above).exists():  # of all, for below one that is hidden may stand one that is not
        yield from _accounts(by, seen.filter(**above), visible)
        above = {f"{path}__isnull": False, f"{path}__parent": None}
        path = f"{path}__parent"


def _accounts(by: User, rows: QuerySet[Any], visible: QuerySet[Any]) -> Iterator[Cells]:
    for batch in _in_batches(rows):
        parents = {one.parent_id for one in batch} - {None}
        shown = set(visible.filter(pk__in=parents).values_list("pk", flat=True)) if parents else set()

        def cells(one: Account, seen: Collection[int] = shown) -> Cells:
            parent = one.parent if one.parent and one.parent.pk in seen else None
            return {
                **{name: getattr(one, name) for name in _ACCOUNT},
                "parent": _named(parent) if parent else "",
                "owner": one.owner.username if one.owner else "",
                "in_pool": "TRUE" if one.owner_id is None and not one.is_unassigned else "",
                "author": _author(one),
                "created_on": _day(one.created_at),
                **custom_fields.shown(KINDS["accounts"], one.custom),
            }

        yield from _open(by, batch, cells, _STAMPED)


def aliases(by: User) -> Iterator[Cells]:
    """All other names of visible accounts."""
    names = AccountName.objects.filter(account__in=Account.objects.visible_to(by)).select_related("account")
    for batch in _in_batches(names):
        for one in batch:
            yield {"account": _named(one.account), "alias": one.name, "kind": one.kind}


_CONTACT = ("name", "title", "unit", "phone", "mobile", "email", "chat_name", "note", "purpose")


def contacts(by: User) -> Iterator[Cells]:
    """People of visible accounts; phones and mail where the person works on the account."""

    def cells(one: Contact) -> Cells:
        return {
            "account": _named(one.account),
            **{name: getattr(one, name) for name in _CONTACT},
            "author": _author(one),
            "created_on": _day(one.created_at),
            **custom_fields.shown(KINDS["contacts"], one.custom),
        }

    rows = Contact.objects.visible_to(by).filter(erased_at=None).select_related("account", "created_by")
    for batch in _in_batches(rows):
        yield from _open(by, batch, cells, _STAMPED)


_PROJECT = (
    *("name", "possibility", "possibility_reason", "product_line", "site", "region", "tender_on", "tender_source"),
    *("tender_number", "order_on", "purchasing_form", "news_on", "news_source", "note", "amount", "outcome"),
)
_PROJECT_FIELDS = _STAMPED | {"entered_on": "stage_entered_at", "ended_on": "outcome_at", "currency": "amount_currency"}


def projects(by: User) -> Iterator[Cells]:
    """Projects with their stage and, where closed, how they ended."""
    seen = Project.objects.visible_to(by).select_related("account", "owner", "stage", "created_by")
    for batch in _in_batches(seen):
        parts: Any = Project._meta.get_field("products").related_model
        named = parts._base_manager.filter(project__in=batch).order_by("pk")
        products: dict[int, str] = {}
        for pk, code in named.values_list("project_id", "product__code"):
            products[pk] = f"{products[pk]};{code}" if pk in products else code
        standing = ClosingReport.objects.filter(project__in=batch, reopened_at=None)
        yield from _open(
            by, batch, _project_cells(products, {one.project_id: one for one in standing}), _PROJECT_FIELDS
        )


def _project_cells(products: Mapping[int, str], reports: Mapping[int, ClosingReport]) -> Callable[[Any], Cells]:
    def cells(one: Project) -> Cells:
        report = reports.get(one.pk)
        is_closed = one.outcome in (Outcome.LOST, Outcome.DROPPED)
        return {
            **{name: getattr(one, name) for name in _PROJECT},
            "account": _named(one.account),
            "owner": one.owner.username,
            "stage": one.stage.key,
            "entered_on": _day(one.stage_entered_at),
            "ended_on": _day(one.outcome_at) if is_closed else None,
            "reason": report.reason if report else "",
            "reason_text": report.reason_text if report else "",
            "destination": report.destination if report else "",
            "currency": one.amount_currency,
            "product": products.get(one.pk, ""),
            "author": _author(one),
            "created_on": _day(one.created_at),
            **custom_fields.shown(KINDS["projects"], one.custom),
        }

    return cells


_ACTIVITY = ("kind", "done_on", "planned_on", "purpose", "result", "next_step", "next_on", "place", "hours", "cost")


def activities(by: User) -> Iterator[Cells]:
    """What was done and is planned; not what was cancelled."""

    def cells(one: Activity) -> Cells:
        return {
            **{name: getattr(one, name) for name in _ACTIVITY},
            "account": _named(one.account),
            "project": one.project.name if one.project else "",
            "project_account": _elsewhere(one),
            "owner": one.owner.username,
            "author": _author(one),
            "created_on": _day(one.created_at),
        }

    seen = Activity.objects.visible_to(by).exclude(state=Activity.State.CANCELLED)
    for batch in _in_batches(seen.select_related("account", "project__account", "owner", "created_by")):
        yield from _open(by, batch, cells, _STAMPED)


def volumes(by: User) -> Iterator[Cells]:
    """What the visible accounts took, month by month."""

    def cells(one: AccountVolume) -> Cells:
        return {
            "account": _named(one.account),
            "month": f"{one.month:%Y-%m}",
            "product": one.product,
            "quantity": one.quantity,
            "unit": one.unit,
            "amount": one.amount,
            "currency": one.amount_currency if one.amount is not None else "",
        }

    for batch in _in_batches(AccountVolume.objects.visible_to(by).select_related("account")):
        yield from _open(by, batch, cells, {"currency": "amount_currency"})


def _elsewhere(one: Activity) -> str:
    """The project's customer, where the activity was at another company."""
    if one.project is None or one.project.account_id == one.account_id:
        return ""
    return _named(one.project.account)


ROWS: dict[str, Callable[[User], Iterator[Cells]]] = {
    "departments": departments,
    "users": users,
    "products": products,
    "accounts": accounts,
    "aliases": aliases,
    "contacts": contacts,
    "projects": projects,
    "activities": activities,
    "volumes": volumes,
}
