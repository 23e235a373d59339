"""AS-08, its registration part: no work on a new builder before it is registered, with day and hour (R41, S0-113)."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from openpsm.accounts.models import Account
from openpsm.accounts.operations import NewAccount
from openpsm.activities.models import Activity
from openpsm.activities.operations import Told, confirm_activity, log_activity
from openpsm.activities.protecting import last_visits
from openpsm.core.errors import InvalidInput, NotAllowed
from openpsm.core.events import Event
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import Collision, register, release_account, sweep_protection
from tests.api.conftest import ApiClient
from tests.factories.accounts import make_contact
from tests.factories.org import make_department, make_user
from tests.factories.registrations import make_seller

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 9, 14, 9, 10, tzinfo=SHANGHAI)
BUILDER = NewAccount(name="新城建设集团有限公司", note="注册资金 2000 万；民间口碑：付款慢；银行信息一般")


@pytest.fixture
def sales():
    return make_department("销售部")


@pytest.fixture
def seller(sales):
    return make_seller(name="张磊", department=sales)


@pytest.fixture
def head(sales):
    return make_user("head", name="王经理", roles=("sales-manager",), manages=sales)


def visit(by, at, **root):
    said: dict[str, Any] = {"kind": "visit", "result": "Met their buyer", "next_step": "Send the list"}
    return log_activity(**root, **said, done_on=at.date(), next_on=date(2026, 10, 8), by=by, at=at)


def test_visit_is_refused_before_the_registration_on_every_way(client, seller):
    """A visit hangs on a customer or a project that is there: the page asks for one first."""
    with pytest.raises(InvalidInput):
        visit(seller, MONDAY)
    client.force_login(seller)
    page = client.post("/activities/log", {"kind": "visit", "result": "Met their buyer", "next_step": "Send the list"})
    said = {"kind": "visit", "result": "Met their buyer", "next_step": "Send the list", "done_on": "2026-09-14"}
    answer = ApiClient(seller).post("/activities", {**said, "next_on": "2026-09-20"})
    assert (page.status_code, answer.status, Activity.objects.count()) == (200, 422, 0)


def test_registration_holds_day_and_hour_and_opens_the_work(seller, head, django_capture_on_commit_callbacks):
    claim = register(account=BUILDER, by=seller, at=MONDAY)
    assert timezone.localtime(claim.registered_at, SHANGHAI) == MONDAY
    assert (claim.status, claim.owner, claim.protected_until) == ("live", seller, date(2026, 12, 11))  # 90 days: Sunday
    assert claim.account is not None
    assert (claim.account.note, Event.objects.filter(name="registration.registered").count()) == (BUILDER.note, 1)
    buyer = make_contact(account=claim.account, by=seller)
    day = datetime(2026, 9, 21, 16, 0, tzinfo=SHANGHAI)
    with django_capture_on_commit_callbacks(execute=True):
        made = visit(seller, day, account_id=claim.account_id, also=Told(contact_ids=[buyer.pk]))
        confirm_activity(activity_id=made.pk, by=head, at=day)
    claim.refresh_from_db()
    assert claim.protected_until == date(2026, 12, 18)  # 90 days from the visit: Sunday again


def test_nobody_else_registers_or_visits_it_on_that_day(seller, sales):
    account = register(account=BUILDER, by=seller, at=MONDAY).account
    second, afternoon = make_seller(name="李娜", department=sales), MONDAY.replace(hour=15, minute=40)
    with pytest.raises(Collision):
        register(account=NewAccount(name="新城建设集团（有限公司）"), by=second, at=afternoon)
    assert account is not None
    with pytest.raises(Account.DoesNotExist):
        visit(second, afternoon, account_id=account.pk)
    assert (Registration.objects.get().owner, Activity.objects.count()) == (seller, 0)


def test_nobody_works_on_it_once_it_is_back_in_the_pool(seller):
    account = register(account=BUILDER, by=seller, at=MONDAY).account
    assert account is not None
    release_account(account_id=account.pk, reason="They pay late and want credit", by=seller, at=MONDAY)
    with pytest.raises(NotAllowed):
        visit(seller, MONDAY, account_id=account.pk)
    assert Activity.objects.count() == 0


def test_a_registration_without_work_goes_back_to_the_pool(seller):
    claim = register(account=BUILDER, by=seller, at=MONDAY)
    for day in (date(2026, 12, 4), date(2026, 12, 12)):  # the warning, the day after the last one
        sweep_protection(at=MONDAY + (day - MONDAY.date()), visits=last_visits)
    claim.refresh_from_db()
    assert (claim.status, Account.objects.get().owner_id) == ("expired", None)
