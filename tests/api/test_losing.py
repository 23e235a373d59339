"""The API of lost customers, lost deals, prices, volumes and alerts: what is said, refused and masked."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from openpsm.accounts.models import LossRecord
from openpsm.accounts.operations import NewVolume, record_volumes
from openpsm.activities.models import PriceOffer
from openpsm.core.dates import today
from openpsm.insights.alerts import findings, sweeping
from openpsm.insights.models import Alert
from openpsm.projects.operations import lose
from tests.api.conftest import ApiClient
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_user("seller", department=make_department())


@pytest.fixture
def stranger():
    return ApiClient(make_user("stranger", department=make_department()))


def day():
    return str(today(timezone.now()))


def test_a_loss_is_reported_once_and_shown_to_all_sellers_without_its_name(seller, stranger):
    account = make_account(owner=seller)
    said = {"reason": "price", "destination": "A rival", "lost_on": day(), "price": "291", "price_unit": "t"}
    path = f"/accounts/{account.pk}/loss"
    assert stranger.post(path, said).status == 404
    made = ApiClient(seller).post(path, said)
    assert (made.status, made.body["account_id"], made.body["price"]) == (200, account.pk, "291.000000")
    again = ApiClient(seller).post(path, said)
    assert (again.status, again.body["code"], LossRecord.objects.count()) == (409, "reported", 1)
    (row,) = stranger.get("/lost-customers").body["items"]
    assert (row["account_id"], row["destination"]) == (None, "A rival")


def test_a_manager_judges_a_customer_lost_and_its_owner_does_not(seller):
    account, path = make_account(owner=seller), "/accounts/{}/loss/judge"
    assert ApiClient(seller).post(path.format(account.pk)).status == 403
    manager = make_user(roles=["sales-manager"], manages=seller.department)
    judged = ApiClient(manager).post(path.format(account.pk))
    assert (judged.status, judged.body["reported_at"]) == (200, None)


def test_a_price_is_stated_by_who_works_on_the_account(seller, stranger):
    account = make_account(owner=seller)
    said = {"unit_price": "300", "unit": "t", "offered_on": day()}
    assert stranger.post(f"/accounts/{account.pk}/prices", said).status == 404
    made = ApiClient(seller).post(f"/accounts/{account.pk}/prices", said)
    assert (made.status, made.body["unit_price"], PriceOffer.objects.get().owner) == (201, "300.000000", seller)


def test_lost_deals_say_which_project_only_to_who_sees_it(seller, stranger):
    project, now = make_project(owner=seller), timezone.now()
    lose(project_id=project.pk, reason="price", winner_name="Rival", winner_amount=Decimal(5), by=seller, at=now)
    shown = [caller.get("/lost-deals").body["items"][0] for caller in (stranger, ApiClient(seller))]
    assert [row["project_id"] for row in shown] == [None, project.pk]
    assert [(row["winner_name"], row["winner_amount"]) for row in shown] == [("Rival", "5.00")] * 2


def test_volumes_follow_the_account(seller, stranger):
    boss, account = make_user(roles=["executive"], department=make_department()), make_account(owner=seller)
    month = today(timezone.now()).replace(day=1)
    row = NewVolume(account_id=account.pk, month=month, quantity=Decimal(3000), unit="t")
    record_volumes(rows=[row], by=boss, at=timezone.now())
    counts = [len(caller.get("/account-volumes").body["items"]) for caller in (ApiClient(seller), stranger)]
    assert counts == [1, 0]


@pytest.mark.parametrize(
    ("act", "body", "state"),
    [
        ("task", {}, "tasked"),
        ("snooze", {"until": "+1"}, "snoozed"),
        ("answer", {"text": "They build next year"}, "answered"),
        ("close", {"reason": "They build next year"}, "closed"),
    ],
)
def test_alerts_are_listed_shown_and_dealt_with(seller, stranger, act, body, state):
    now = timezone.now()
    make_account(owner=seller, at=now - timedelta(days=200))
    sweeping.sweep_rule(findings.IDLE_ACCOUNT, at=now)
    alert, caller = Alert.objects.get(), ApiClient(seller)
    until = str(today(now) + timedelta(days=1))
    sent: dict[str, Any] = {key: until if value == "+1" else value for key, value in body.items()}
    (row,) = caller.get("/alerts").body["items"]
    assert (row["id"], row["rule"], bool(row["why"])) == (alert.pk, "idle-account", True)
    assert [stranger.get(f"/alerts/{alert.pk}").status, stranger.get("/alerts").body["items"]] == [404, []]
    path = f"/alerts/{alert.pk}/{act}"
    assert (caller.post(path, sent).status, stranger.post(path, sent, If_Match='"1"').status) == (428, 404)
    done = caller.post(path, sent, If_Match='"1"')
    assert (done.status, done.body["state"]) == (200, state)
    assert caller.post(path, sent, If_Match='"1"').status == 412
