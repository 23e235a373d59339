"""AS-06 order grabbing and dumping, AS-08 a new customer's registration, with the numbers of the document.

Who decides between two claims is tested with arbitrations.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from openpsm.accounts.models import Account, LossRecord
from openpsm.accounts.operations import (
    Loss,
    NewAccount,
    NewVolume,
    create_accounts,
    judge_lost,
    record_volumes,
    report_loss,
)
from openpsm.activities.models import Activity, PriceOffer
from openpsm.activities.operations import log_activity, plan_activity, state_price
from openpsm.core.errors import InvalidInput, NotAllowed
from openpsm.insights.alerts import findings, rules, sweeping
from openpsm.insights.models import Alert
from openpsm.org.models import Task
from openpsm.registrations.operations import claim_account
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.registrations import registered_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def team():
    head = make_department("销售部")
    manager = make_user("manager", name="王经理", roles=["sales-manager"], manages=head)
    first = make_user("first", name="张磊", department=make_department("一部", parent=head))
    second = make_user("second", name="李娜", department=make_department("二部", parent=head))
    return manager, first, second


def offer(seller, account, price, **fields):
    given: dict[str, Any] = {"unit": "方", "offered_on": AT.date()} | fields
    return state_price(account_id=account.pk, unit_price=Decimal(price), by=seller, at=AT, **given)


def test_as06_grabbing_and_dumping(team, django_capture_on_commit_callbacks):
    manager, first, second = team
    site = registered_account("天华建设工地有限公司", by=first)
    site.members.create(user=second)
    with django_capture_on_commit_callbacks(execute=True):
        for seller, days in ((first, 4), (second, 5)):
            day = (AT + days * DAY).date()
            plan_activity(account_id=site.pk, planned_on=day, purpose="Price of the batch", by=seller, at=AT)
        offer(first, site, 300)
        offer(second, site, 291)
    clash, undercut = Alert.objects.get(rule="clash"), Alert.objects.get(rule="undercut")
    assert [one.pk for one in Alert.objects.visible_to(manager).order_by("rule")] == [clash.pk, undercut.pk]
    assert (undercut.measure["percent"], undercut.measure["who"], undercut.measure["other"]) == ("3", "李娜", "张磊")
    assert "291" in rules.say("undercut", undercut.measure)
    assert [Alert.objects.visible_to(one).filter(rule="undercut").count() for one in (first, second)] == [0, 0]

    boss = make_user("boss", roles=["executive"], department=make_department("总部"))
    customer = make_account("华宇置业有限公司", owner=second)
    months = ((5, 3000), (6, 3000), (7, 3000), (8, 0))
    rows = [
        NewVolume(account_id=customer.pk, month=date(2026, month, 1), quantity=Decimal(one), unit="方")
        for month, one in months
    ]
    record_volumes(rows=rows, by=boss, at=AT)
    sweeping.sweep(at=AT)
    silent = Alert.objects.get(rule="silent")
    check = Task.objects.get(origin="alert.silent")
    assert (silent.measure["mean"], silent.measure["quantity"], check.owner) == ("3,000", "0", manager)
    judge_lost(account_id=customer.pk, by=manager, at=AT)
    assert Task.objects.open().filter(owner=second, origin="loss.report").count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        said = Loss(reason="relation", destination="宏远搅拌站", lost_on=date(2026, 8, 1), winner_name="宏远搅拌站")
        report_loss(account_id=customer.pk, loss=said, by=second, at=AT)
    silent.refresh_from_db()
    assert silent.state == "closed"
    stranger = make_user("stranger", department=make_department("西北"))
    seen = LossRecord.objects.visible_to(stranger).values_list("reason", "destination", "winner__name")
    assert list(seen) == [("relation", "宏远搅拌站", "宏远搅拌站")]
    assert not Account.objects.visible_to(stranger).filter(pk=customer.pk).exists()


@pytest.mark.parametrize(
    ("first_price", "second_price", "fields", "found"),
    [
        (300, 297, {}, 1),  # 1 %: the limit belongs to it
        (300, 298, {}, 0),
        (300, 200, {"unit": "吨"}, 0),
        (300, 200, {"currency": "USD"}, 0),
        (300, 200, {"product": "C40"}, 0),
        (300, 200, {"offered_on": (AT - 90 * DAY).date()}, 0),
    ],
)
def test_prices_are_compared_that_are_alike(team, first_price, second_price, fields, found):
    _manager, first, second = team
    site = make_account(owner=first)
    site.members.create(user=second)
    offer(first, site, first_price)
    offer(second, site, second_price, **fields)
    assert sweeping.sweep_rule(findings.UNDERCUT, at=AT) == found


def test_the_last_price_of_a_seller_counts_and_ends_the_alert(team):
    _manager, first, second = team
    site = make_account(owner=first)
    site.members.create(user=second)
    offer(first, site, 300)
    offer(second, site, 250)
    assert sweeping.sweep_rule(findings.UNDERCUT, at=AT) == 1
    offer(second, site, 300)
    sweeping.sweep_rule(findings.UNDERCUT, at=AT)
    assert Alert.objects.get().state == "closed"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"unit": ""}, "unit"),
        ({"currency": "yuan"}, "currency"),
        ({"product": "x" * 41}, "product"),
        ({"offered_on": (AT + DAY).date()}, "offered_on"),
    ],
)
def test_a_price_without_sense_is_refused_and_a_stranger_states_none(team, fields, named):
    manager, first, second = team
    site = make_account(owner=first)
    with pytest.raises(InvalidInput) as refused:
        offer(first, site, 300, **fields)
    assert [*refused.value.errors] == [named]
    with pytest.raises(InvalidInput):
        offer(first, site, 0)
    with pytest.raises(Account.DoesNotExist):
        offer(second, site, 300)
    offer(first, site, 300)
    assert [PriceOffer.objects.visible_to(one).count() for one in (first, second, manager)] == [1, 0, 1]


def test_as08_no_visit_before_the_registration_and_one_after_it(team):
    _manager, first, _second = team
    (builder,) = create_accounts(rows=[NewAccount(name="新城建设集团有限公司")], by=first, at=AT)
    said: dict[str, Any] = {"done_on": AT.date(), "result": "Met their buyer", "next_step": "Send the list"}
    visit = said | {"next_on": (AT + DAY).date(), "by": first, "at": AT}
    if builder.owner_id is not None:
        Account.objects.filter(pk=builder.pk).update(owner=None)
        builder.members.all().delete()
    with pytest.raises(NotAllowed):  # it lies in the pool: seen by all, nobody's yet
        log_activity(account_id=builder.pk, **visit)
    with pytest.raises(InvalidInput):  # a customer that nobody has registered cannot even be named
        log_activity(**visit)
    assert Activity.objects.count() == 0
    claim_account(account_id=builder.pk, by=first, at=AT)
    assert log_activity(account_id=builder.pk, **visit).owner == first
