"""Two installations for the round trip of exports. Run as `python -m tests.exchange.exchange_world`.

give FOLDER        migrates, makes a company with awkward content and exports every kind to FOLDER
take FROM FOLDER FORM   migrates, imports the tables of FROM into the empty installation, exports every kind to FOLDER
"""

import json
import os
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "openpsm.settings"
django.setup()

from django.db import transaction  # noqa: E402  # Django is set up above

from openpsm.accounts.models import Account, AccountName  # noqa: E402
from openpsm.accounts.operations import (  # noqa: E402
    NewAccount,
    NewContact,
    NewName,
    NewVolume,
    add_account_member,
    add_account_names,
    create_accounts,
    create_contacts,
    record_volumes,
)
from openpsm.activities.operations import log_activity, plan_activity  # noqa: E402
from openpsm.activities.operations.stock import OldActivity, take_over_activities  # noqa: E402
from openpsm.catalog.operations import NewProduct, create_products, update_product  # noqa: E402
from openpsm.cli import installation  # noqa: E402
from openpsm.core.custom import define_field  # noqa: E402
from openpsm.core.versions import Origin  # noqa: E402
from openpsm.exchange import exports  # noqa: E402
from openpsm.exchange.imports import operations  # noqa: E402
from openpsm.exchange.imports.kinds import KINDS  # noqa: E402
from openpsm.org import operations as org  # noqa: E402
from openpsm.org.models import Role, RoleGrant, User  # noqa: E402
from openpsm.org.operations import NewUser  # noqa: E402
from openpsm.projects.operations import NewProject, TakenOver, create_projects, take_over_projects  # noqa: E402

ORDER = ("departments", "users", "products", "accounts", "aliases", "contacts", "projects", "activities", "volumes")
LONG = '第一行\n=SUM(A1)\n  缩进，“引号”, "quotes"; a;b\t制表 ‘’ 😀𠮷' + "长" * 2_000
AWKWARD = ("=1+1", "'=1+1", "+86 571 8888", "-5", "@all", "＝公式", "00123", "1e5", "TRUE", "2024-01-02", "a,b;c\"d'")


def begin() -> User:
    """Migrate, set up the first administrator and define the custom fields."""
    at = datetime.now(UTC)
    installation.prepare(at)
    by = org.first_setup(name="Ada", username="ada", password="a long password", language="en", at=at)
    choices = {"choices": [{"key": key, "label": {"en": key.upper(), "zh": key}} for key in ("a", "b", "c")]}
    fields: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
        ("accounts.Account", "remark2", "Note", "text", {}),  # called as another column is
        ("accounts.Account", "output", "Output (万元)", "money", {}),
        ("accounts.Account", "output_t", "Output (t)", "number", {}),
        ("accounts.Account", "since", "Customer since", "date", {}),
        ("accounts.Account", "kinds", "Lines", "multi_choice", choices),
        ("projects.Project", "trial", "Trial done", "boolean", {}),
        ("projects.Project", "one", "One of", "choice", choices),
    )
    for model, key, label, kind, options in fields:
        names: dict[str, Any] = {"label_en": label, "label_zh": label}
        define_field(model=model, key=key, kind=kind, options=options, by=by, at=at, **names)
    RoleGrant.objects.create(user=by, role=Role.objects.get(key="seller"), granted_at=at)  # sees phones
    again: User = User.objects.get(pk=by.pk)
    return again


def give(folder: Path) -> None:
    by = begin()
    with transaction.atomic():
        fill(by)
    leave(folder, by)


def fill(by: User) -> None:
    """Make a company as awkward as people make them."""
    at = datetime.now(UTC)
    people = staff(by, at)
    products(by, at)
    accounts = customers(by, people, at)
    for one in accounts.values():
        add_account_names(rows=[NewName(one.pk, f"{one.name}别名", AccountName.Kind.ALIAS)], by=by, at=at)
    former = [NewName(accounts["group"].pk, '=旧名 "Old" Ltd.', AccountName.Kind.FORMER)]
    add_account_names(rows=former, by=by, at=at)
    persons(by, accounts, people, at)
    volumes(by, accounts, at)
    work(by, accounts, people, at)


def staff(by: User, at: datetime) -> dict[str, User]:
    paths = (("华东/上海", ""), ("销售 > 一部", ""), ("总部", "")), (("总部", "总部"), ("售后/备件", "华东/上海"))
    made: dict[str, Any] = {}
    for level in paths:
        rows = [(name, made[above].pk if above else None) for name, above in level]
        found = org.create_departments(rows=rows, by=by, at=at)
        made |= {
            f"{name}<{above}" if name in made else name: one for (name, above), one in zip(level, found, strict=True)
        }
    more: dict[str, Any] = {
        "email": "lina@example.com",
        "phone": "13800000001",
        "title": "经理, 华东",
        "joined_on": date(2019, 2, 28),
    }
    rows2 = [
        NewUser(name="李娜", username="lina", department_id=made["售后/备件"].pk, role_keys=("seller",), **more),
        NewUser(
            name="李娜", username="lina2", department_id=made["总部<总部"].pk, role_keys=("seller", "sales-manager")
        ),
        NewUser(name="lina", username="wang", department_id=made["总部"].pk, role_keys=("seller",)),
        NewUser(name="O'Neil 陈", username="gone", department_id=made["销售 > 一部"].pk, role_keys=("seller",)),
    ]
    return {one.user.username: one.user for one in org.invite_users(rows=rows2, by=by, at=at)}


def products(by: User, at: datetime) -> None:
    rows = [
        NewProduct(code="HM-46", name="抗磨液压油 46", unit="桶", line="工业油"),
        NewProduct(code="00123", name="=A; B", unit="L"),
        NewProduct(code="OLD;1", name="停售 / 旧", unit="个"),
    ]
    made = create_products(rows=rows, by=by, at=at)
    update_product(product_id=made[2].pk, changes={"is_active": False}, by=by, at=at)


def customers(by: User, people: dict[str, User], at: datetime) -> dict[str, Account]:
    old = datetime(2020, 2, 29, 1, 30, tzinfo=UTC)
    values = {
        "remark2": "自己的备注",
        "output": "12345.60",
        "output_t": "0.5",
        "since": "2011-11-11",
        "kinds": ["a", "c"],
    }
    rows = {
        "child": NewAccount(name="远大泵业有限公司", owner_id=people["lina"].pk, note=LONG, custom=values),
        "group": NewAccount(
            name="远大集团（总）  有限公司",
            uscc="91330000MA27XF6Q3N",
            owner_id=people["wang"].pk,
            address=AWKWARD[0],
            phone=AWKWARD[2],
            origin=Origin(people["gone"].pk, old),
        ),
        "middle": NewAccount(
            name="远大机械有限公司", uscc="330100000012345", short_name=AWKWARD[1], is_unassigned=True
        ),
        "pool": NewAccount(name='Müller & Söhne GmbH, "Köln"', country="DE", is_in_pool=True, domain="mueller.example"),
    }
    made = dict(zip(rows, create_accounts(rows=list(rows.values()), by=by, at=at), strict=True))
    names = [f"第{number}号用例" for number in range(len(AWKWARD))]
    texts = [NewAccount(name=name, note=text, is_in_pool=True) for name, text in zip(names, AWKWARD, strict=True)]
    create_accounts(rows=texts, by=by, at=at)
    Account.objects.filter(pk=made["child"].pk).update(parent=made["middle"])
    Account.objects.filter(pk=made["middle"].pk).update(parent=made["group"])
    return made


def persons(by: User, accounts: dict[str, Account], people: dict[str, User], at: datetime) -> None:
    rows = [
        NewContact(accounts["group"].pk, "王军", title="=总工", mobile="+8613800000002", email="wang@example.com"),
        NewContact(accounts["group"].pk, "王军", unit="设备, 二车间", phone="0571-88880000-12", note=LONG),
        NewContact(accounts["pool"].pk, "Jürgen O'Neil-Müller", chat_name="@jürgen", purpose="询价"),
        NewContact(
            accounts["child"].pk, "欧阳娜娜", origin=Origin(people["lina2"].pk, datetime(2021, 1, 1, tzinfo=UTC))
        ),
    ]
    create_contacts(rows=rows, by=by, at=at)


def volumes(by: User, accounts: dict[str, Account], at: datetime) -> None:
    """Months with and without an amount, a product and a unit."""
    month = at.date().replace(day=1) - timedelta(days=31)
    rows = [
        NewVolume(account_id=accounts["group"].pk, month=month.replace(day=1), quantity=Decimal("12.5"), unit="=吨"),
        NewVolume(
            account_id=accounts["group"].pk,
            month=date(2024, 2, 1),
            quantity=Decimal(3),
            unit="桶",
            product='HM-46, "抗磨"',
            amount=Decimal("99.90"),
            currency="EUR",
        ),
        NewVolume(account_id=accounts["group"].pk, month=date(2024, 2, 1), quantity=Decimal(0), unit="桶"),
    ]
    record_volumes(rows=rows, by=by, at=at)


def work(by: User, accounts: dict[str, Account], people: dict[str, User], at: datetime) -> None:
    from openpsm.catalog.models import Product

    ids = dict(Product.objects.values_list("code", "pk"))
    lina, gone, today = people["lina"].pk, people["gone"].pk, at.date()
    new: dict[str, Any] = {"possibility": 40, "possibility_reason": "-说过", "order_on": today + timedelta(days=90)}
    plain = [
        NewProject(
            name="润滑改造", account_id=accounts["group"].pk, owner_id=lina, amount=Decimal("1234567.89"), **new
        ),
        NewProject(name="润滑改造", account_id=accounts["child"].pk, owner_id=lina, note=LONG, **new),
        NewProject(
            name='=3号线, "改造"',
            account_id=accounts["pool"].pk,
            owner_id=people["wang"].pk,
            currency="EUR",
            amount=Decimal("0.01"),
            products=((ids["HM-46"], Decimal(3)), (ids["00123"], None)),
            custom={"trial": True, "one": "b"},
            tender_number="00042-甲",
            site="－厂区",
            **(new | {"possibility": 0}),
        ),
    ]
    made = create_projects(rows=plain, by=by, at=at)
    old = datetime(2022, 3, 1, 20, 0, tzinfo=UTC)
    closed = TakenOver(
        NewProject(name="丢了的", account_id=accounts["middle"].pk, owner_id=gone, products=((ids["OLD;1"], None),)),
        "",
        old,
        outcome="lost",
        ended_at=old + timedelta(days=40),
        reason="price",
        reason_text="价高\n第二行",
        destination="Rival; Co",
        origin=Origin(gone, old),
    )
    won = TakenOver(
        NewProject(name="中了的", account_id=accounts["middle"].pk, owner_id=lina, amount=Decimal(500)),
        "",
        old,
        outcome="won",
    )
    take_over_projects(rows=[closed, won], by=by, at=at, source="old.xlsx")
    past = today - timedelta(days=3)
    log_activity(project_id=made[0].pk, done_on=past, result=LONG, next_step="=回访", next_on=today, by=by, at=at)
    elsewhere = accounts["pool"].pk
    log_activity(
        project_id=made[1].pk,
        account_id=elsewhere,
        done_on=past,
        result="在设计院",
        next_step="等",
        next_on=today,
        by=by,
        at=at,
    )
    plan_activity(project_id=made[2].pk, planned_on=today + timedelta(days=2), purpose="+看报告", by=by, at=at)
    rows = [
        OldActivity(
            account_id=accounts["group"].pk,
            owner_id=gone,
            kind="call",
            done_on=date(2021, 5, 6),
            planned_on=date(2021, 5, 5),
            result="'带引号",
            place="三楼, 301",
            hours=Decimal("1.25"),
            cost=Decimal("99.90"),
            origin=Origin(people["wang"].pk, datetime(2021, 5, 7, tzinfo=UTC)),
        )
    ]
    take_over_activities(rows=rows, by=by, at=at, source="old.xlsx")
    version = User.objects.get(pk=gone).version
    org.deactivate_user(user_id=gone, version=version, by=by, at=at)


def leave(folder: Path, by: User) -> None:
    """Export every kind, in the name of somebody who works on all accounts and so sees the phones of their people."""
    for account in Account.objects.exclude(owner=by):
        add_account_member(account_id=account.pk, user_id=by.pk, by=by, at=datetime.now(UTC))
    for kind in ORDER:
        for form in ("xlsx", "csv", "json"):
            with (folder / f"{kind}.{form}").open("wb") as file:
                exports.export(kind=KINDS[kind], form=form, file=file, by=by, at=datetime.now(UTC))


def take(source: Path, folder: Path, form: str) -> None:
    by, faults = begin(), {}
    for kind in ORDER:
        at = datetime.now(UTC)
        path = source / f"{kind}.{form}"
        batch = operations.upload(kind=kind, file_name=path.name, chunks=[path.read_bytes()], by=by, at=at)
        way: dict[str, Any] = {
            "update_by": "username" if kind == "users" else "",
            "is_partial": False,
        }  # Ada is there already
        operations.settle(batch_id=batch.pk, chosen=batch.mapping, by=by, at=at, **way)
        batch = operations.check(batch_id=batch.pk, by=by, at=at)
        found = {row.number: row.errors for row in batch.rows.exclude(errors={})}
        if batch.message or found:
            faults[kind] = [batch.message, found]
            break
        operations.begin_publish(batch_id=batch.pk, by=by)
        batch = operations.publish(batch_id=batch.pk, by=by, at=datetime.now(UTC))
        if batch.state != "published":
            faults[kind] = [batch.message]
            break
        by = User.objects.get(pk=by.pk)
    leave(folder, by)
    print(json.dumps(faults, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "give":
        give(Path(sys.argv[2]))
    else:
        take(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
