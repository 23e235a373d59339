"""Where deals go: the page for managers."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from openpsm.accounts.operations import Loss, report_loss
from openpsm.core.dates import today
from openpsm.insights.elsewhere import destinations_of
from openpsm.projects.operations import lose
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db
URL = "/lost-deals/destinations"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def head():
    return make_department("销售部")


@pytest.fixture
def manager(head):
    return make_user("manager", name="王经理", roles=["sales-manager"], department=head, manages=head)


@pytest.fixture
def seller(head, manager):
    return make_user("seller", name="张磊", department=make_department(parent=head))


def lost(seller, now, destination, amount=100_000, **more: Any):
    project = make_project(f"Project {destination} {amount}", owner=seller, at=now, amount=Decimal(amount))
    lose(project_id=project.pk, reason="price", destination=destination, by=seller, at=now, **more)


def left(seller, now, destination):
    account = make_account(owner=seller)
    said = Loss(reason="price", destination=destination, lost_on=today(now))
    report_loss(account_id=account.pk, loss=said, by=seller, at=now)


def told(user, now):
    return [
        (one.seller, one.name, one.times, one.all_times, one.amounts, one.is_repeated)
        for one in destinations_of(user, at=now)
    ]


def test_projects_and_customers_that_went_to_one_place_are_counted_together(seller, manager, now):
    lost(seller, now, "宏远贸易", 120_000)
    lost(seller, now, " 宏远贸易", 80_000)
    left(seller, now, "宏远贸易")
    lost(seller, now, "久泽", 50_000)
    assert told(manager, now) == [
        ("张磊", "宏远贸易", 3, 4, {"CNY": Decimal(200_000)}, True),
        ("张磊", "久泽", 1, 4, {"CNY": Decimal(50_000)}, False),
    ]


def test_only_managers_above_see_it_and_never_their_own(seller, manager, now):
    lost(seller, now, "宏远贸易")
    lost(manager, now, "久泽")
    boss = make_user("boss", roles=["executive"], department=make_department("公司"))
    far = make_user("far", roles=["sales-manager"], manages=make_department("Far"))
    assert [row[1] for row in told(manager, now)] == ["宏远贸易"]
    assert {row[1] for row in told(boss, now)} == {"宏远贸易", "久泽"}
    assert [told(user, now) for user in (seller, far, make_user("colleague", department=seller.department))] == [[]] * 3


@pytest.mark.parametrize("rows", [1, 6])
def test_the_page_of_managers(client, seller, manager, now, rows, django_assert_num_queries):
    for number in range(rows):
        lost(seller, now, f"宏远贸易 {number}", 120_000)
        left(seller, now, f"宏远贸易 {number}")
    client.force_login(manager)
    page = client.get(URL)
    assert ("张磊" in page.text, "¥120,000.00" in page.text, "/lost-deals?q=" in page.text) == (True, True, True)
    assert f"2 of {2 * rows}" in page.text
    with django_assert_num_queries(6):
        client.get(URL)
    assert f'href="{URL}"' in client.get("/lost-deals").text


def test_sellers_have_no_way_there(client, seller, now):
    lost(seller, now, "宏远贸易")
    client.force_login(seller)
    assert client.get(URL).status_code == 403
    assert f'href="{URL}"' not in client.get("/lost-deals").text


def test_nothing_lost_is_said(client, manager):
    client.force_login(manager)
    assert "No deal of your team went elsewhere" in client.get(URL).text
