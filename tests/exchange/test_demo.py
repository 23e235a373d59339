"""The business of the demo company: loaded once for all tests of this file, and rolled back behind them."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone, translation

from openpsm.accounts.models import Account, AccountKind, Contact, LossRecord
from openpsm.activities.models import Activity
from openpsm.buying.models import AttitudeChange, Contender, Criterion, IntelligenceItem, Stakeholder, SupporterLabel
from openpsm.catalog.models import Product
from openpsm.core import events
from openpsm.core.models import Event
from openpsm.core.models.configuration import CustomField
from openpsm.duplicates.models import DuplicatePair
from openpsm.evaluation.models import Evaluation
from openpsm.exchange.demo import load_demo
from openpsm.exchange.demo.words import FOLDER, Words, both
from openpsm.insights.diagnosis import diagnose
from openpsm.insights.models import Alert
from openpsm.org.models import Handover, HandoverItem, Task, User
from openpsm.projects.models import ClosingReport, Debt, GateReview, Project, ProjectFacts
from openpsm.projects.operations import GateBlocked, advance_towards
from openpsm.projects.queries import kept_values
from openpsm.registrations.models import Arbitration, PoolStay, Registration
from tests.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TODAY = timezone.localdate(AT)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo company in Chinese, as of AT."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(AT, language="zh-hans")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def ningxia(demo):
    """The project of AS-01."""
    return Project.objects.get(account__short_name="沙洲湾电厂")


def test_there_is_enough_of_everything(demo):
    counts = [model.objects.count() for model in (Project, Account, Contact, Product, Stakeholder, Activity)]
    assert all(found >= least for found, least in zip(counts, (25, 30, 60, 15, 60, 130), strict=True)), counts
    parts = [model.objects.count() for model in (IntelligenceItem, Contender, Criterion, AttitudeChange, Evaluation)]
    assert all(found >= least for found, least in zip(parts, (120, 30, 45, 60, 20), strict=True)), parts
    assert set(Account.objects.values_list("kind", flat=True)) >= set(AccountKind.values) - {"supplier"}
    assert Account.objects.filter(owner=None).count() == 3
    assert Account.objects.exclude(parent=None).count() == 1


def test_every_stage_and_every_end_is_there(demo):
    running = Project.objects.running()
    stages = Counter(running.values_list("stage__key", flat=True))
    assert set(stages) == {"develop", "enter", "propose", "bid", "negotiate"}
    assert set(running.values_list("grade", flat=True)) >= {"A", "B", "C", "D"}
    won = Project.objects.filter(outcome="won").values_list("stage__key", "is_finished")
    assert set(won) == {("deliver", False), ("deliver", True)}
    assert set(ClosingReport.objects.values_list("outcome", flat=True)) == {"lost", "dropped"}
    assert ClosingReport.objects.filter(reason="evaluation_failed").exists()
    assert Project.objects.filter(is_on_hold=True).count() == 1
    assert Project.objects.filter(is_contact_lowered=True, outcome="open").count() == 1
    assert Project.objects.filter(is_grade_pinned=True).count() == 1
    assert 1 <= Project.objects.stalled().count() <= 4


def test_gates_were_passed_blocked_overridden_and_debts_made_good(demo):
    assert set(GateReview.objects.values_list("outcome", flat=True)) == {"passed", "blocked", "overridden", "went_back"}
    overridden = GateReview.objects.filter(outcome="overridden").select_related("project")
    assert all(review.reason and review.by_id != review.project.owner_id for review in overridden)
    assert {debt.settled_at is None for debt in Debt.objects.all()} == {True, False}
    owing = Project.objects.with_debts().get()
    assert (owing.possibility, owing.probability) == (80, 40)


def test_the_custom_field_is_in_use(demo):
    choices = {choice["key"] for choice in CustomField.objects.get(key="equipment_brand").options["choices"]}
    used = {row["equipment_brand"] for row in Project.objects.values_list("custom", flat=True) if row}
    assert len(used) >= 4
    assert used <= choices


def test_supporters_tasks_and_protections(demo):
    assert set(SupporterLabel.objects.live().values_list("kind", flat=True)) == {"insider", "sponsor", "coach"}
    assert {task.done_at is None for task in Task.objects.all()} == {True, False}
    live = Registration.objects.filter(status=Registration.Status.LIVE)
    assert live.filter(protected_until__lt=TODAY).exists()
    assert live.filter(protected_until__gte=TODAY).exists()
    assert live.filter(kind="project").count() == Project.objects.count()


def test_customers_change_hands(demo):
    waiting = Arbitration.objects.open().values_list("asker__username", "holder__username", "approval__state")
    assert sorted(waiting) == [("chensy", "zhaoxt", "waiting"), ("wujn", "sunhr", "waiting")]
    assert all(one.asker_evidence and one.holder_evidence for one in Arbitration.objects.all())
    assert set(DuplicatePair.objects.values_list("cls", "state")) == {("possible", "open")}
    assert DuplicatePair.objects.visible_to(User.objects.get(username="hanlx")).count() == 2
    assert all(stay.reason and stay.former_owner for stay in PoolStay.objects.open())
    handover = Handover.objects.get(done_at=None)
    assert (handover.giver.username, handover.created_by) == ("gaoyc", User.objects.get(username="hanlx"))
    kinds = Counter(HandoverItem.objects.waiting().filter(receiver__username="wujn").values_list("kind", flat=True))
    assert (kinds["accounts.account.owner"], kinds["projects.project.owner"]) == (3, 1)
    reported = LossRecord.objects.reported().get()
    assert (reported.winner.name, int(reported.price), reported.price_unit) == ("特莱能", 15200, "吨")
    assert LossRecord.objects.standing().get(reported_at=None).owner.username == "sunhr"


def test_alerts_are_raised_and_a_silent_customer_is_a_task_of_the_manager(demo):
    assert set(Alert.objects.values_list("rule", flat=True)) >= {"silent", "clash", "idle-account", "protection"}
    silent = Alert.objects.get(rule="silent", account__owner__username="sunhr")
    assert (silent.measure["quantity"], silent.measure["percent"], silent.state) == ("2.4", 68, "tasked")
    assert silent.task == Task.objects.get(owner__username="hanlx", origin="alert.silent")


def test_the_past_reaches_back_over_eighteen_months_in_the_order_of_time(demo):
    told = list(Event.objects.filter(name__startswith="project.").order_by("seq").values_list("at", flat=True))
    assert told == sorted(told)
    assert told[0] < AT - timedelta(days=520)
    assert told[-1] <= AT
    assert Activity.objects.filter(state="done", done_on__gt=TODAY).count() == 0
    assert Activity.objects.filter(state="planned", planned_on__gte=TODAY).exists()


def test_the_log_is_unbroken_and_every_project_has_its_facts_of_today(demo):
    assert events.verify(full=True) == []
    assert ProjectFacts.objects.count() == Project.objects.count()
    assert not ProjectFacts.objects.filter(turns_on__lte=TODAY).exists()
    for project in Project.objects.running():
        assert kept_values(project)["project.stage_days"] == (TODAY - timezone.localdate(project.stage_entered_at)).days


def test_the_ningxia_case_is_in_the_state_of_as_01(ningxia):
    with translation.override("en"):
        found = diagnose(ningxia, at=AT)
    assert found.step is not None
    assert (found.step.key, found.matching.key, found.real_stage.key) == ("survey", "enter", "develop")
    assert (found.position, found.steps_behind, found.level, found.verdict) == ("behind", 1, "red", "collect-first")
    assert [reason.text for reason in found.reasons if reason.level == "red"] == [
        "No insider",
        "The boss's attitude is unknown",
        "The purchasing department has not been contacted",
        "Rivals ahead of us: 3",
    ]
    keys = [action.key for action in found.next_actions][:8]
    assert keys[:5] == ["collect-elements", "complete-elements", "evaluate", "grade", "decide-go-or-drop"]
    assert keys[5:] == ["find-insider", "contact-purchasing", "use-outside-ally"]
    assert found.days_to_tender == (ningxia.tender_on - TODAY).days > 100


def test_its_seller_sees_it_and_is_refused_at_the_gate(ningxia):
    seller = User.objects.get(username="wujn")
    assert Project.objects.visible_to(seller).filter(pk=ningxia.pk).exists()
    with pytest.raises(GateBlocked) as caught:
        advance_towards(project_id=ningxia.pk, stage_key="bid", by=seller, at=AT)
    assert [node.key for node in caught.value.missing] == ["qualified-prospect", "six-elements", "evaluated", "graded"]


def test_every_text_of_the_data_is_there_in_both_languages():
    han = re.compile(r"[一-鿿]")
    for path in sorted(FOLDER.glob("*.yaml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for text in re.findall(r'"([^"]*)"', line):
                assert not han.search(text) or " | " in text, (path.name, text)
                assert not han.search(both(text)["en"]), (path.name, text)


def test_days_in_texts_are_said_in_the_language():
    chinese, english = (Words.of(language, TODAY) for language in ("zh-hans", "en"))
    text = "{m+123} 招标,{d-14} 得知 | Tender in {m+123}, heard on {d-14}"
    assert chinese.say(text) == "1 月 招标,9 月 2 日 得知"
    assert english.say(text) == "Tender in January, heard on 2 September"
