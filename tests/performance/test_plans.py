"""No question reads a growing table from end to end, whoever asks it: the plans of PostgreSQL over a seeded company.

A table of some thousand rows is cheap to read whole, so reading in sequence is made as dear as it is in a table of a
hundred thousand. What indexes hide is found too: an index walked from end to end for a few rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from openpsm.accounts.models import Account
from openpsm.core.paging import order_of, take
from openpsm.exchange.seedload import seed_load
from openpsm.exchange.seedparts import Sizes
from openpsm.org.models import Department, User
from openpsm.org.operations import make_token
from openpsm.process.queries import default_definition
from openpsm.projects.models import Project
from tests.factories import AT
from tests.factories.org import make_user

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db]
SIZES = Sizes(accounts=2000, contacts=2000, projects=6000, activities=6000, users=60, departments=21)
GROWN = 1000
WALKED = 1000


@dataclass(frozen=True)
class Company:
    """Who asks, and about what."""

    people: dict[str, User]
    tokens: dict[str, str]
    project: Project
    account: Account
    cursor: str


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    with django_db_blocker.unblock(), transaction.atomic():
        seed_load(sizes=SIZES, seed=7, by=make_user(roles=("administrator",)), at=AT)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL seq_page_cost = 16")
        yield _company()
        transaction.set_rollback(True)


def _company() -> Company:
    seller = User.objects.filter(grants__role__key="seller").order_by("pk")[0]
    above = (seller.department.path or "").split("/")[2] if seller.department else ""
    manager = User.objects.get(managed_links__department_id=above)
    people = {"seller": seller, "manager": manager, "executive": User.objects.get(grants__role__key="executive")}
    tokens = {name: make_token(name="plans", by=user, at=timezone.now())[1] for name, user in people.items()}
    order = order_of("-amount", {"amount": "amount"}, "")
    page = take(Project.objects.live(), order=order, cursor="", limit=3000)
    project, account = Project.objects.filter(owner=seller)[0], Account.objects.filter(owner=seller)[0]
    return Company(people, tokens, project, account, page.next)


def _questions(company: Company) -> dict[str, tuple[str, str, Any]]:
    stage = default_definition().stages[2]
    region = Department.objects.filter(parent__parent=None, parent__isnull=False).order_by("pk")[0]
    check = {"account": {"name": "苏州华创轴承有限公司", "phones": ["0571-88001234"]}}
    new = {"account_id": company.account.pk, "name": "新建产线润滑", "tender_number": "ZB-2026-001"}
    return {
        "list": ("GET", f"/projects?stage={stage.id}&sort=-amount", None),
        "list by API": ("GET", f"/api/v1/projects?stage={stage.key}&sort=-amount", None),
        "newest": ("GET", "/projects?sort=-created", None),
        "deep page": ("GET", f"/projects?sort=-amount&cursor={company.cursor}", None),
        "department": ("GET", f"/projects?department={region.pk}&sort=-amount", None),
        "page": ("GET", f"/projects/{company.project.pk}", None),
        "record by API": ("GET", f"/api/v1/projects/{company.project.pk}", None),
        "timeline": ("GET", f"/projects/{company.project.pk}/timeline", None),
        "accounts": ("GET", f"/accounts?q={company.account.name[2:4]}", None),
        "accounts by API": ("GET", f"/api/v1/accounts?q={company.account.name[2:4]}", None),
        "board": ("GET", "/projects/board", None),
        "calendar": ("GET", "/projects/calendar?on=2026-06-15", None),
        "totals": ("GET", "/team", None),
        "check": ("POST", "/api/v1/registrations/check", check),
        "create": ("POST", "/api/v1/projects", new),
    }


NAMES = (
    *("list", "list by API", "newest", "deep page", "department", "page", "record by API", "timeline"),
    *("accounts", "accounts by API", "check", "create", "board", "totals"),
)


def _statements(company: Company, who: str, name: str) -> list[str]:
    """Ask, and return the statements that read."""
    method, path, body = _questions(company)[name]
    client = Client()
    client.force_login(company.people[who])
    headers = {"Authorization": f"Bearer {company.tokens[who]}"} if path.startswith("/api/") else {}
    data = json.dumps(body) if body else ""
    with CaptureQueriesContext(connection) as found:
        answer = client.generic(method, path, data, content_type="application/json" if body else "", headers=headers)
    assert answer.status_code < 300, answer.content[:300]
    return [one["sql"] for one in found.captured_queries if one["sql"].startswith("SELECT")]


def _grown() -> dict[str, float]:
    """The tables that grow, with their rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [GROWN])
        return {name: rows for name, rows in cursor if name not in ("accounts_division", "accounts_industry")}


def _plan(statement: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        told = cursor.fetchone()[0]
    plan: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _has_no_condition(node: dict[str, Any]) -> bool:
    """Whether an index is read from its first entry to its last, be it for a map of the rows to look up."""
    if node["Node Type"] == "Bitmap Heap Scan":
        return all("Index Cond" not in one for part in node.get("Plans", ()) for one in _nodes(part))
    return str(node["Node Type"]).startswith("Index") and "Index Cond" not in node


def findings(statement: str) -> list[str]:
    """Return the growing tables that a statement reads whole, or whose index it walks for a few rows."""
    grown, is_count, found = _grown(), statement.startswith("SELECT COUNT("), []
    for node in _nodes(_plan(statement)):
        if node.get("Relation Name") not in grown:
            continue
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        is_walk = _has_no_condition(node) and read > WALKED
        is_walk |= node["Actual Loops"] > 1 and read > grown[node["Relation Name"]] / 2  # piece by piece, but whole
        if node["Node Type"] == "Seq Scan" or (is_walk and not is_count):  # a count is capped
            found.append(f"{node['Node Type']} of {node['Relation Name']}, {read:.0f} rows")
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", ["seller", "manager", "executive"])
def test_no_question_reads_a_growing_table_from_end_to_end(company, who, name) -> None:
    with transaction.atomic():
        statements = _statements(company, who, name)
        assert statements
        assert {one: findings(one) for one in statements if findings(one)} == {}
        transaction.set_rollback(True)


@pytest.mark.parametrize("who", ["seller", "executive"])
def test_a_month_of_the_calendar_reads_no_growing_table_from_end_to_end(company, who) -> None:
    with transaction.atomic():
        statements = _statements(company, who, "calendar")
        assert {one: findings(one) for one in statements if findings(one)} == {}
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("change", "who", "name"),
    [
        ("DROP INDEX project_amount", "executive", "deep page"),
        ("DROP INDEX project_newest", "executive", "newest"),
        ("DROP INDEX project_tender_number", "seller", "create"),
        ("ALTER TABLE accounts_accountgram DROP CONSTRAINT account_gram_once", "seller", "accounts"),
    ],
)
def test_a_missing_index_is_found(company, change, who, name) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {change}")
        statements = _statements(company, who, name)
        assert any(findings(one) for one in statements), [_plan(one) for one in statements]
        transaction.set_rollback(True)
