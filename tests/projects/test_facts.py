"""Facts of projects, the kept answers, and the daily sweep."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.core.events import Event
from openpsm.process import facts
from openpsm.projects import operations
from openpsm.projects.facts import OWN
from openpsm.projects.models import Project, ProjectFacts
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.activities import log_activity
from tests.factories.projects import (
    EVIDENCE,
    REASON,
    confirm,
    make_manager,
    make_owner,
    make_project,
    make_small_project,
    new_project,
    reloaded,
)

pytestmark = pytest.mark.django_db
TODAY = AT.date()


def test_a_project_answers_for_itself():
    since = AT - timedelta(days=8)
    project = make_project(
        at=since,
        tender_on=TODAY + timedelta(days=60),
        order_on=TODAY - timedelta(days=1),
        boss_attitude=-1,
        boss_attitude_source="The driver",
    )
    known = facts.about(project.pk, TODAY)
    assert {name: known[name] for name in OWN} == {
        "project.graded": True,
        "project.grade": "B",
        "project.possibility": 40,
        "project.stage_days": 8,
        "project.days_to_tender": 60,
        "project.days_to_order": -1,
        "project.boss_attitude_known": True,
        "project.debts": 0,
    }


def test_nothing_said_is_unknown_and_no_grade():
    project = make_project(possibility=None, possibility_reason="", order_on=None)
    known = facts.about(project.pk, TODAY)
    assert (known["project.grade"], known["project.graded"], known["project.days_to_order"]) == (None, False, None)


@pytest.mark.parametrize("rows", [1, 50])
def test_asking_takes_one_query_per_provider(rows, django_assert_num_queries):
    owner = make_owner()
    account = make_account(owner=owner)
    made = operations.create_projects(rows=[new_project(account=account) for _n in range(rows)], by=owner, at=AT)
    with django_assert_num_queries(len(facts.providers())):
        answers = facts.ask([project.pk for project in made], TODAY)
    assert {len(one) for one in answers.values()} == {len(facts.definitions())}


def test_a_grade_that_comes_out_differently_leaves_an_event_and_no_other():
    project = make_project()
    operations.refresh_facts(project_ids=[project.pk], at=AT + timedelta(days=1))
    operations.refresh_facts(project_ids=[project.pk], at=AT + timedelta(days=30))
    events = Event.objects.filter(name="project.regraded", subject_id=project.pk)
    assert [(one.data, one.by) for one in events] == [({"old": "C", "new": "B", "probability": 40}, None)]


def test_refreshing_fifty_takes_the_statements_of_one():
    owner = make_owner()
    account = make_account(owner=owner)
    counts = []
    for rows in (1, 50):
        made = operations.create_projects(rows=[new_project(account=account) for _n in range(rows)], by=owner, at=AT)
        later = AT + timedelta(days=30)  # the grade changes on the way: the order is near by now
        with CaptureQueriesContext(connection) as caught:
            operations.refresh_facts(project_ids=[project.pk for project in made], at=later)
        counts.append(len(caught))
        assert {reloaded(project).grade for project in made} == {"B"}
    assert counts == [counts[0]] * 2
    assert counts[0] <= 12 + len(facts.providers())


def test_settling_debts_of_many_takes_the_statements_of_one():
    counts = []
    for rows in (1, 5):
        made = [make_small_project() for _n in range(rows)]
        for project in made:
            operations.advance_stage(project_id=project.pk, by=make_manager(project), at=AT, override_reason=REASON)
            for node in ("one", "two"):
                project.confirmations.create(kind="node", key=f"first:{node}", by=project.owner, at=AT)
        with CaptureQueriesContext(connection) as caught:
            operations.refresh_facts(project_ids=[project.pk for project in made], at=AT)
        counts.append(len(caught))
        assert {reloaded(project).probability for project in made} == {40}
    assert counts == [counts[0]] * 2
    assert counts[0] <= 16 + len(facts.providers())


def test_a_debt_is_settled_once():
    project = make_small_project()
    operations.advance_stage(project_id=project.pk, by=make_manager(project), at=AT, override_reason=REASON)
    confirm(project, "one", "two")
    for days in (1, 2):
        operations.refresh_facts(project_ids=[project.pk], at=AT + timedelta(days=days))
    assert Event.objects.filter(name="debt.settled").count() == 2


def test_the_sweep_refreshes_what_has_turned_and_only_that():
    open_one, lost = make_project(), make_project()
    operations.lose(project_id=lost.pk, reason="price", destination="Rival works", by=lost.owner, at=AT)
    assert operations.sweep(at=AT) == 0
    assert operations.sweep(at=AT + timedelta(days=10)) == 1
    kept = ProjectFacts.objects.get(project=open_one)
    assert (kept.answers["project.stage_days"]["value"], kept.turns_on) == (10, TODAY + timedelta(days=11))
    assert reloaded(open_one).grade == "B"


def test_what_is_stated_gives_way_to_what_is_computed(monkeypatch):
    project = make_project()
    operations.state_fact(project_id=project.pk, fact="bid.submitted", evidence=EVIDENCE, by=project.owner, at=AT)
    assert facts.about(project.pk, TODAY)["bid.submitted"] is True

    def computed(project_ids, on):
        return {pk: {"bid.submitted": False} for pk in project_ids}

    monkeypatch.setitem(facts._providers, "bid.submitted", computed)
    assert facts.about(project.pk, TODAY)["bid.submitted"] is False


def test_stalled_projects_are_late_or_quiet():
    fresh, late, quiet = make_project(), make_project(), make_project(at=AT - timedelta(days=31))
    Project.objects.filter(pk=late.pk).update(stage_due_on=TODAY - timedelta(days=1))
    Project.objects.filter(pk=quiet.pk).update(stage_due_on=TODAY + timedelta(days=9))

    def stalled() -> set[Project]:
        operations.refresh_facts(project_ids=[fresh.pk, late.pk, quiet.pk], at=AT)
        return set(Project.objects.stalled())

    assert stalled() == {late, quiet}
    log_activity(quiet, at=AT, done_on=TODAY - timedelta(days=30))
    assert stalled() == {late}
    operations.pin_grade(project_id=quiet.pk, grade="A", reason=REASON, by=make_manager(quiet), at=AT)
    assert stalled() == {late, quiet}
    operations.hold(project_id=late.pk, reason=REASON, by=late.owner, at=AT)
    assert stalled() == {quiet}


def test_projects_with_debts_are_found():
    project, _other = make_small_project(), make_project()
    operations.advance_stage(project_id=project.pk, by=make_manager(project), at=AT, override_reason=REASON)
    assert list(Project.objects.with_debts()) == [project]
