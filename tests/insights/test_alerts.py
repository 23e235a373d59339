"""Alerts: raised once, woken, closed by themselves, escalated; acted upon; seen by those they call upon."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from openpsm.accounts.models import Account
from openpsm.accounts.operations import Loss, NewVolume, judge_lost, record_volumes, report_loss
from openpsm.activities.operations import plan_activity
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.insights.alerts import acts, findings, rules, sweeping
from openpsm.insights.models import Alert, AlertPerson
from openpsm.org.models import Notification, Task, User
from openpsm.org.operations import complete_task
from openpsm.projects.models import Project
from openpsm.projects.operations import lose
from openpsm.registrations.models import Registration
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project
from tests.factories.registrations import registered_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State = Alert.State


@pytest.fixture
def head():
    return make_department("销售部")


@pytest.fixture
def manager(head):
    return make_user("manager", name="王经理", roles=["sales-manager"], manages=head)


@pytest.fixture
def seller(head, manager):
    return make_user("seller", name="张磊", department=make_department("一部", parent=head))


@pytest.fixture
def boss():
    return make_user("boss", roles=["executive"], department=make_department("总部"))


def reloaded(alert):
    return Alert.objects.get(pk=alert.pk)


def volumes(boss, account, *quantities, last=date(2026, 8, 1), unit="方"):
    rows = [
        NewVolume(account_id=account.pk, month=date(last.year, last.month - back, 1), quantity=Decimal(one), unit=unit)
        for back, one in enumerate(reversed(quantities))
        if one is not None
    ]
    record_volumes(rows=rows, by=boss, at=AT)


@pytest.fixture
def claim(seller):
    registered_account("天华混凝土有限公司", by=seller)
    registration = Registration.objects.get()
    registration.protected_until = (AT + 5 * DAY).date()
    registration.save(update_fields=["protected_until"])
    return registration


@pytest.fixture
def alert(claim):
    sweeping.sweep_rule(findings.PROTECTION, at=AT)
    return Alert.objects.get()


def test_protection_that_ends_is_raised_once_however_often_it_is_looked_at(seller, claim):
    assert [sweeping.sweep(at=AT), sweeping.sweep(at=AT), sweeping.sweep(at=AT + DAY)] == [1, 0, 0]
    alert = Alert.objects.get()
    assert (alert.rule, alert.subject_id, alert.state, alert.account_id) == (
        "protection",
        claim.pk,
        "raised",
        claim.account_id,
    )
    assert [link.user for link in alert.people.all()] == [seller]
    assert claim.protected_until.isoformat() in rules.say(alert.rule, alert.measure)


def test_the_database_refuses_a_second_open_alert_of_a_rule_and_subject(alert):
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(
            rule=alert.rule, subject_type=alert.subject_type, subject_id=alert.subject_id, raised_at=AT
        )


def test_an_alert_closes_by_itself_when_the_fact_is_gone_and_may_be_raised_again(alert, claim):
    Registration.objects.filter(pk=claim.pk).update(protected_until=(AT + 60 * DAY).date())
    sweeping.sweep(at=AT)
    assert (reloaded(alert).state, reloaded(alert).closed_by) == ("closed", None)
    Registration.objects.filter(pk=claim.pk).update(protected_until=(AT + 4 * DAY).date())
    assert sweeping.sweep(at=AT + DAY) == 1


def test_what_a_person_closed_rests_and_comes_back_after_that(alert, seller):
    acts.close(alert_id=alert.pk, reason="They sign on Monday", by=seller, at=AT)
    Registration.objects.update(protected_until=(AT + 32 * DAY).date())
    assert [sweeping.sweep(at=AT + days * DAY) for days in (1, 29, 31)] == [0, 0, 1]


def test_a_snoozed_alert_sleeps_until_its_day(alert, seller):
    until = (AT + 3 * DAY).date()
    acts.snooze(alert_id=alert.pk, until=until, by=seller, at=AT, version=1)
    sweeping.sweep(at=AT + 2 * DAY)
    asleep = reloaded(alert).state
    sweeping.sweep(at=AT + 3 * DAY)
    assert (asleep, reloaded(alert).state, Alert.objects.count()) == ("snoozed", "raised", 1)


def test_an_answered_alert_stays_answered_as_long_as_the_fact_goes_on(alert, seller):
    acts.answer(alert_id=alert.pk, text="They decide next week", by=seller, at=AT)
    assert sweeping.sweep(at=AT + 2 * DAY) == 0
    assert (reloaded(alert).state, reloaded(alert).answer) == ("answered", "They decide next week")
    with pytest.raises(DomainError) as refused:
        acts.snooze(alert_id=alert.pk, until=(AT + 2 * DAY).date(), by=seller, at=AT)
    assert refused.value.code == "alert-closed"


def test_an_alert_becomes_a_task_whose_end_answers_it(alert, seller, django_capture_on_commit_callbacks):
    made = acts.make_task(alert_id=alert.pk, by=seller, at=AT)
    task = Task.objects.get()
    assert (made.state, made.task, task.owner, task.origin) == ("tasked", task, seller, "alert.protection")
    with django_capture_on_commit_callbacks(execute=True):
        complete_task(task_id=task.pk, version=None, result="Visited them", by=seller, at=AT)
    assert (reloaded(alert).state, reloaded(alert).answer) == ("answered", "Visited them")


@pytest.mark.parametrize(
    ("act", "values", "named"),
    [
        (acts.snooze, {"until": AT.date()}, "until"),
        (acts.snooze, {"until": (AT + 91 * DAY).date()}, "until"),
        (acts.answer, {"text": "无"}, "text"),
        (acts.close, {"reason": " "}, "reason"),
        (acts.close, {"reason": "x" * 301}, "reason"),
    ],
)
def test_what_says_nothing_is_refused_and_nothing_is_written(alert, seller, act, values, named):
    with pytest.raises(InvalidInput) as refused:
        act(alert_id=alert.pk, by=seller, at=AT, **values)
    assert ([*refused.value.errors], reloaded(alert).version) == ([named], 1)


def test_acting_on_an_alert_that_changed_is_stale_and_on_one_out_of_sight_impossible(alert, seller):
    acts.answer(alert_id=alert.pk, text="They decide next week", by=seller, at=AT)
    with pytest.raises(Stale):
        acts.close(alert_id=alert.pk, reason="Signed", by=seller, at=AT, version=1)
    with pytest.raises(Alert.DoesNotExist):
        acts.close(alert_id=alert.pk, reason="Signed", by=make_user(), at=AT)


def test_an_unanswered_alert_goes_to_the_manager_once(alert, seller, manager):
    Registration.objects.update(protected_until=(AT + 12 * DAY).date())
    for days in (6, 7, 8):
        sweeping.sweep(at=AT + days * DAY)
    called = (
        AlertPerson.objects.filter(alert__rule="protection").order_by("pk").values_list("user__username", flat=True)
    )
    assert list(called)[-1] == "manager"
    assert Notification.objects.filter(user=manager, kind="alert.escalated").count() == 1


def test_alerts_are_seen_by_whom_they_call_upon_and_above_while_they_see_the_record(alert, seller, manager, boss):
    colleague = make_user(department=seller.department)
    seen = [Alert.objects.visible_to(who).count() for who in (seller, manager, boss, colleague, make_user())]
    assert seen == [1, 1, 1, 0, 0]
    Account.objects.update(deleted_at=AT)
    assert Alert.objects.visible_to(seller).count() == 0


def test_idle_projects_and_customers_are_raised_after_their_days(seller, django_assert_max_num_queries):
    project = make_project(owner=seller)
    assert sweeping.sweep_rule(findings.IDLE_PROJECT, at=AT + 59 * DAY) == 0
    assert sweeping.sweep_rule(findings.IDLE_PROJECT, at=AT + 62 * DAY) == 1
    alert = Alert.objects.get()
    assert (alert.project_id, alert.measure) == (project.pk, {"last": None, "days": 60})
    assert sweeping.sweep_rule(findings.IDLE_ACCOUNT, at=AT + 182 * DAY) == 1


def test_batches_are_judged_in_a_fixed_number_of_queries(seller, django_assert_max_num_queries):
    for number in range(12):
        Project.objects.filter(pk=make_project(owner=seller).pk).update(note=str(number))
    with django_assert_max_num_queries(22):
        assert sweeping.sweep_rule(findings.IDLE_PROJECT, at=AT + 62 * DAY) == 12


# --- silent customers


def test_as06_a_customer_whose_volume_falls_from_3000_to_nothing_becomes_a_check_of_the_manager(boss, seller, manager):
    account = make_account("天华建设有限公司", owner=seller)
    volumes(boss, account, 3000, 3000, 3000, 0)
    assert sweeping.sweep_rule(findings.SILENT, at=AT) == 1
    alert, task = Alert.objects.get(), Task.objects.get()
    assert (alert.state, alert.task, task.owner, task.due_on) == ("tasked", task, manager, (AT + 7 * DAY).date())
    assert alert.measure == {
        "month": "2026-08",
        "quantity": "0",
        "mean": "3,000",
        "unit": "方",
        "percent": 100,
        "threshold": 50,
    }
    assert "天华建设有限公司" in task.title
    seen = {who.username: Alert.objects.visible_to(who).count() for who in (seller, manager, boss)}
    assert seen == {"seller": 0, "manager": 1, "boss": 1}


def test_silence_needs_figures_of_that_month_from_somebody(boss, seller, manager):
    account, other = make_account(owner=seller), make_account(owner=seller)
    volumes(boss, account, 3000, 3000, 3000, None)
    assert sweeping.sweep_rule(findings.SILENT, at=AT) == 0  # no figures of August at all: nobody can be silent yet
    volumes(boss, other, 100)
    assert sweeping.sweep_rule(findings.SILENT, at=AT) == 1
    assert Alert.objects.get().account_id == account.pk


def test_the_check_ends_with_the_report_which_all_sellers_see(
    boss, seller, manager, django_capture_on_commit_callbacks
):
    account = make_account(owner=seller)
    volumes(boss, account, 3000, 3000, 3000, 0)
    sweeping.sweep_rule(findings.SILENT, at=AT)
    with pytest.raises(NotAllowed):
        judge_lost(account_id=account.pk, by=seller, at=AT)
    owed = judge_lost(account_id=account.pk, by=manager, at=AT)
    asked = Task.objects.get(origin="loss.report")
    assert (owed.due_on, owed.owner, asked.owner, asked.due_on) == (
        (AT + 7 * DAY).date(),
        seller,
        seller,
        (AT + 7 * DAY).date(),
    )
    sweeping.sweep(at=AT + DAY)
    assert Alert.objects.get(rule="silent").state == State.TASKED  # judged, yet not reported
    said = Loss(
        reason="price", destination="宏远搅拌站", lost_on=AT.date(), winner_name="宏远搅拌站", price=Decimal(291)
    )
    with django_capture_on_commit_callbacks(execute=True):
        report_loss(account_id=account.pk, loss=said, by=seller, at=AT + DAY)
    assert Alert.objects.get(rule="silent").state == State.CLOSED
    assert Task.objects.get(origin="loss.report").done_at == AT + DAY
    stranger = make_user("stranger", department=make_department())
    shown = type(owed).objects.visible_to(stranger).values_list("reason", "winner__name", "destination", "price")
    assert list(shown) == [("price", "宏远搅拌站", "宏远搅拌站", Decimal(291))]
    assert Account.objects.visible_to(stranger).count() == 0


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"reason": "weather"}, "reason"),
        ({"reason": "other"}, "reason_text"),
        ({"destination": "无"}, "destination"),
        ({"lost_on": None}, "lost_on"),
        ({"lost_on": (AT + DAY).date()}, "lost_on"),
        ({"price": Decimal(-1)}, "price"),
        ({"price_currency": "yuan"}, "price_currency"),
    ],
)
def test_a_report_that_does_not_say_why_and_where_is_refused(seller, changes, named):
    account = make_account(owner=seller)
    values: dict[str, Any] = {"reason": "price", "destination": "宏远搅拌站", "lost_on": AT.date()}
    with pytest.raises(InvalidInput) as refused:
        report_loss(account_id=account.pk, loss=Loss(**(values | changes)), by=seller, at=AT)
    assert [*refused.value.errors] == [named]
    with pytest.raises(Account.DoesNotExist):
        report_loss(account_id=account.pk, loss=Loss(**values), by=make_user(department=make_department()), at=AT)


# --- visits that clash


def plan(seller, account, days, **fields):
    values = {"planned_on": (AT + days * DAY).date(), "purpose": "Talk about the next batch"} | fields
    return plan_activity(account_id=account.pk, by=seller, at=AT, **values)


def test_as06_two_sellers_about_to_visit_the_same_customer_are_told_and_so_is_the_manager_above_both(
    head, manager, seller, django_capture_on_commit_callbacks
):
    other = make_user("other", name="李娜", department=make_department("二部", parent=head))
    account = make_account("天华建设有限公司", owner=seller)
    account.members.create(user=other)
    with django_capture_on_commit_callbacks(execute=True):
        plan(seller, account, 3)
    assert Alert.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        second = plan(other, account, 5)
    alert = Alert.objects.get()
    assert (alert.rule, alert.account, alert.department) == ("clash", account, head)
    assert {link.user for link in alert.people.all()} == {seller, other, manager}
    assert {line.user for line in Notification.objects.filter(kind="alert.raised")} == {seller, other, manager}
    said = rules.say(alert.rule, alert.measure)
    assert ("张磊" in said, "李娜" in said) == (True, True)
    second.state = "cancelled"
    second.save()
    sweeping.sweep_rule(findings.CLASH, at=AT)
    assert reloaded(alert).state == State.CLOSED


def test_one_seller_twice_or_a_visit_after_the_week_is_no_clash(seller, head):
    other = make_user(department=head)
    account = make_account(owner=seller)
    account.members.create(user=other)
    plan(seller, account, 1)
    plan(seller, account, 2)
    plan(other, account, 8)
    plan(other, account, 2, kind="call")
    assert sweeping.sweep_rule(findings.CLASH, at=AT) == 0


# --- deals that go to the same place


def test_the_third_deal_to_the_same_place_is_shown_to_the_manager_alone(seller, manager, boss):
    for name in ("宏远搅拌站", "宏远 搅拌站"):
        lose(project_id=make_project(owner=seller).pk, reason="price", destination=name, by=seller, at=AT)
    assert sweeping.sweep_rule(findings.ELSEWHERE, at=AT) == 0
    lose(project_id=make_project(owner=seller).pk, reason="price", destination="宏远搅拌站", by=seller, at=AT)
    assert sweeping.sweep_rule(findings.ELSEWHERE, at=AT) == 1
    alert = Alert.objects.get()
    assert (alert.measure["times"], alert.measure["destination"], alert.seller) == (3, "宏远搅拌站", seller)
    assert [Alert.objects.visible_to(who).count() for who in (seller, manager, boss, make_user())] == [0, 1, 1, 0]
    assert User.objects.filter(pk=alert.subject_id).get() == seller
