"""Pages of alerts, lost deals and volumes: what they show to whom, what buttons do, how many queries they cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from openpsm.accounts.operations import Loss, NewVolume, judge_lost, record_volumes, report_loss
from openpsm.core.dates import today
from openpsm.insights.alerts import findings, sweeping
from openpsm.insights.models import Alert
from openpsm.projects.operations import lose
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now():
    from django.utils import timezone

    return timezone.now()


@pytest.fixture
def head():
    return make_department("销售部")


@pytest.fixture
def manager(head):
    return make_user("manager", name="王经理", roles=["sales-manager"], manages=head)


@pytest.fixture
def seller(head, manager):
    return make_user("seller", name="张磊", department=make_department(parent=head))


def idle(seller, now, rows=1):
    for _number in range(rows):
        make_account(owner=seller, at=now - 200 * DAY)
    sweeping.sweep_rule(findings.IDLE_ACCOUNT, at=now)
    return Alert.objects.order_by("pk").first()


def page(client, who, url, **more):
    client.force_login(who)
    return client.get(url, **more)


@pytest.mark.parametrize("rows", [1, 8])
def test_the_list_of_alerts_costs_a_fixed_number_of_queries(client, seller, now, rows, django_assert_num_queries):
    idle(seller, now, rows)
    page(client, seller, "/alerts")
    with django_assert_num_queries(5):
        client.get("/alerts")


@pytest.mark.parametrize("rows", [1, 8])
def test_the_alerts_of_today_cost_a_fixed_number_of_queries(client, seller, now, rows, django_assert_num_queries):
    idle(seller, now, rows)
    page(client, seller, "/alerts/watch", headers={"HX-Request": "true"})
    with django_assert_num_queries(3):
        client.get("/alerts/watch", headers={"HX-Request": "true"})


def test_an_alert_is_shown_to_the_seller_and_the_manager_and_to_nobody_else(client, seller, manager, now):
    alert = idle(seller, now)
    codes = [page(client, who, f"/alerts/{alert.pk}").status_code for who in (seller, manager, make_user())]
    assert codes == [200, 200, 404]


@pytest.mark.parametrize(
    ("act", "given", "state"),
    [
        ("task", {}, "tasked"),
        ("snooze", {"until": "tomorrow"}, "snoozed"),
        ("answer", {"text": "They build next year"}, "answered"),
        ("close", {"reason": "They build next year"}, "closed"),
    ],
)
def test_what_can_be_done_with_an_alert(client, seller, now, act, given, state):
    alert = idle(seller, now)
    given = {key: str(today(now) + DAY) if value == "tomorrow" else value for key, value in given.items()}
    client.force_login(seller)
    answer = client.post(f"/alerts/{alert.pk}/{act}", given | {"version": 1})
    assert (answer.status_code, Alert.objects.get(pk=alert.pk).state) == (302, state)
    again = client.post(f"/alerts/{alert.pk}/{act}", given | {"version": 1})
    assert (again.status_code, Alert.objects.get(pk=alert.pk).version) == (422, 2)


def test_a_stranger_does_nothing_with_it_and_a_word_too_few_changes_nothing(client, seller, now):
    alert = idle(seller, now)
    client.force_login(make_user())
    assert client.post(f"/alerts/{alert.pk}/close", {"reason": "Mine", "version": 1}).status_code == 404
    client.force_login(seller)
    assert client.post(f"/alerts/{alert.pk}/close", {"reason": "", "version": 1}).status_code == 422
    assert Alert.objects.get().state == "raised"


@pytest.mark.parametrize("rows", [1, 8])
def test_lost_deals_show_four_things_to_all_and_the_name_to_who_sees_it(
    client, seller, now, rows, django_assert_num_queries
):
    for number in range(rows):
        project = make_project(f"Secret project {number}", owner=seller, at=now)
        given: dict[str, Any] = {"reason": "price", "winner_name": "宏远搅拌站", "winner_amount": Decimal(2910000)}
        lose(project_id=project.pk, by=seller, at=now, reason_text="Secret words", **given)
    stranger = make_user("stranger", department=make_department())
    shown = page(client, stranger, "/lost-deals").text
    assert ("宏远搅拌站" in shown, "2,910,000" in shown, "Secret" in shown) == (True, True, False)
    with django_assert_num_queries(6):
        client.get("/lost-deals")
    assert "Secret project 0" in page(client, seller, "/lost-deals").text


def test_lost_customers_show_four_things_to_all_sellers_and_what_is_owed_to_nobody_else(client, seller, manager, now):
    account, owed = make_account("Secret Works", owner=seller), make_account("Owed Works", owner=seller)
    price: dict[str, Any] = {"price": Decimal("15200.5"), "price_unit": "t"}
    said = Loss(reason="price", destination="宏远搅拌站", lost_on=today(now), reason_text="Secret words", **price)
    report_loss(account_id=account.pk, loss=said, by=seller, at=now)
    judge_lost(account_id=owed.pk, by=manager, at=now)
    shown = page(client, make_user("stranger", department=make_department()), "/lost-customers").text
    assert ("宏远搅拌站" in shown, "Secret" in shown, "Owed" in shown) == (True, False, False)
    assert ("¥15,200.5/t" in shown, "a colleague&#x27;s customer" in shown) == (True, True)
    assert "Secret Works" in page(client, manager, "/lost-customers").text
    assert page(client, make_user(roles=["administrator"]), "/lost-customers").text.count("宏远搅拌站") == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_the_volumes_of_an_account(client, seller, manager, now, rows, django_assert_num_queries):
    boss = make_user("boss", roles=["executive"], department=make_department())
    account = make_account(owner=seller)
    month = today(now).replace(day=1)
    given = [
        NewVolume(account_id=account.pk, month=month, product=str(number), quantity=Decimal(1234), unit=f"t{number}")
        for number in range(rows)
    ]
    record_volumes(rows=given, by=boss, at=now)
    shown = page(client, seller, f"/accounts/{account.pk}/volumes")
    assert "1,234" in shown.text
    with django_assert_num_queries(8):
        client.get(f"/accounts/{account.pk}/volumes")
    assert page(client, make_user(), f"/accounts/{account.pk}/volumes").status_code == 404


def test_the_form_of_a_lost_customer_is_asked_for_and_filled_in(client, seller, manager, now):
    account = make_account(owner=seller)
    client.force_login(seller)
    assert client.post(f"/accounts/{account.pk}/loss/judge").status_code in (403, 422)
    client.force_login(manager)
    assert client.post(f"/accounts/{account.pk}/loss/judge").status_code == 302
    assert "owes the follow-up form" in page(client, seller, f"/accounts/{account.pk}/volumes").text
    given = {"reason": "price", "destination": "", "lost_on": str(today(now)), "version": 1}
    assert client.post(f"/accounts/{account.pk}/loss", given).status_code == 422
    assert client.post(f"/accounts/{account.pk}/loss", given | {"destination": "A rival"}).status_code == 302
    assert "A rival" in page(client, seller, f"/accounts/{account.pk}/volumes").text
