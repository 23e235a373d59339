"""Lists cost at most eight queries and records at most ten, however many rows there are."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.catalog.models import Product
from openpsm.org.models import User
from openpsm.projects import operations
from openpsm.projects.models import Project
from tests.api.conftest import ApiClient
from tests.factories import AT
from tests.factories.accounts import make_account, make_contact
from tests.factories.activities import log_activity
from tests.factories.buying import make_contender, make_criterion, make_intelligence, make_stakeholder
from tests.factories.evaluation import make_evaluation
from tests.factories.org import make_department, make_task, make_user
from tests.factories.projects import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
Make = Callable[[Project], Any]
MAKERS: dict[str, Make] = {
    "accounts": lambda project: make_account(owner=project.owner),
    "activities": log_activity,
    "contacts": lambda project: make_contact(account=project.account, by=project.owner),
    "contenders": make_contender,
    "criteria": make_criterion,
    "departments": lambda project: make_department(),
    "evaluations": make_evaluation,
    "intelligence": make_intelligence,
    "projects": lambda project: make_project(account=project.account, owner=project.owner),
    "stakeholders": make_stakeholder,
    "tasks": lambda project: make_task(project.owner),
    "users": lambda project: make_user(department=project.department),
}


@pytest.fixture
def owner() -> User:
    return make_user(department=make_department())


@pytest.fixture
def project(owner: User) -> Project:
    return make_project(owner=owner)


def count_of(caller: ApiClient, path: str) -> int:
    assert caller.get(path).status == 200  # definitions come into memory, the token's use is noted
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert caller.get(path).status == 200
    return len(found)


@pytest.mark.parametrize("kind", MAKERS)
def test_lists_cost_the_same_for_many_rows(owner, project, kind) -> None:
    caller = ApiClient(owner)
    MAKERS[kind](project)
    few = count_of(caller, f"/{kind}?limit=200")
    for _number in range(12):
        MAKERS[kind](project)
    assert len(caller.get(f"/{kind}?limit=200").body["items"]) >= 13
    assert (count_of(caller, f"/{kind}?limit=200"), few <= 8) == (few, True)


@pytest.mark.parametrize("kind", MAKERS)
def test_records_cost_at_most_ten_queries(owner, project, kind) -> None:
    record = MAKERS[kind](project)
    assert count_of(ApiClient(owner), f"/{kind}/{record.pk}") <= 10


def test_today_and_diagnosis_cost_few_queries(owner, project) -> None:
    caller = ApiClient(owner)
    assert count_of(caller, "/today") <= 12
    assert count_of(caller, f"/projects/{project.pk}/diagnosis") <= 12


def test_a_project_comes_with_its_parties_team_and_products_in_one_query(owner, project) -> None:
    caller, helper = ApiClient(owner), make_user(department=owner.department, name="Ann")
    institute = make_account("North Design Institute", owner=owner)
    oils = [
        Product.objects.create(code=code, name=code, unit="kg", created_at=AT, updated_at=AT) for code in ("B", "A")
    ]
    operations.set_party(project_id=project.pk, account_id=institute.pk, role="design_institute", by=owner, at=AT)
    operations.set_team(project_id=project.pk, user_id=helper.pk, role="presales", by=owner, at=AT)
    wanted = [(oils[0].pk, Decimal("1.5")), (oils[1].pk, None)]
    operations.set_products(project_id=project.pk, products=wanted, by=owner, at=AT)
    shown = caller.get(f"/projects/{project.pk}").body
    assert [(one["account_id"], one["name"], one["note"]) for one in shown["parties"]] == [
        (project.account_id, project.account.name, ""),
        (institute.pk, "North Design Institute", ""),
    ]
    assert [(one["user_id"], one["name"], one["role"]) for one in shown["team"]] == [
        (owner.pk, owner.name, "owner"),
        (helper.pk, "Ann", "presales"),
    ]
    assert [(one["name"], one["unit"], one["quantity"]) for one in shown["products"]] == [
        ("B", "kg", "1.500000"),
        ("A", "kg", None),
    ]
    assert count_of(caller, f"/projects/{project.pk}") <= 5
