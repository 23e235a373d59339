"""Evaluating projects: rights, results, decisions, the three first questions."""

from datetime import timedelta
from decimal import Decimal

import pytest

from openpsm.core.errors import DomainError, InvalidInput, NotAllowed, Stale
from openpsm.core.events import history
from openpsm.evaluation import content, operations, queries
from openpsm.evaluation.models import Evaluation, EvaluationModel, EvaluationModelVersion
from openpsm.org import access
from openpsm.org.models import User
from openpsm.projects.models import Outcome, Project
from openpsm.projects.operations import drop
from tests.factories import AT
from tests.factories.activities import log_activity
from tests.factories.evaluation import answers_for, make_evaluation, qualify_project
from tests.factories.org import make_user
from tests.factories.projects import make_manager, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def event_names(project):
    return list(history(project).values_list("name", flat=True))


def test_evaluate_keeps_result_and_leaves_one_event(project):
    evaluation = make_evaluation(project, score=68, remarks={"funds": " Seen in the budget ", "price": " "})
    evaluation.refresh_from_db()
    assert (evaluation.score, evaluation.low, evaluation.high, evaluation.is_passed) == (
        Decimal(68),
        Decimal(68),
        Decimal(68),
        True,
    )
    assert (evaluation.by, evaluation.at, evaluation.remarks) == (project.owner, AT, {"funds": "Seen in the budget"})
    event = history(project).filter(name="evaluation.recorded").get()
    assert (event.data["score"], event.data["is_passed"], event.subject_id) == ("68", True, evaluation.pk)


def test_evaluate_keeps_unknown_answers_as_gaps(project):
    evaluation = make_evaluation(project, answers={"funds": 4}, hard={"too-small": False})
    assert (evaluation.answers["funds"], evaluation.answers["price"]) == (4, None)
    assert (evaluation.low, evaluation.high, len(evaluation.gaps)) == (Decimal(12), Decimal(97), 8)


def test_evaluate_refuses_unknown_factors_and_leaves_nothing(project):
    before = event_names(project)
    with pytest.raises(InvalidInput) as caught:
        make_evaluation(project, answers={"luck": 5}, remarks={"wind": "strong"})
    assert list(caught.value.errors) == ["answers.luck"]
    with pytest.raises(InvalidInput) as caught:
        make_evaluation(project, remarks={"wind": "strong"})
    assert list(caught.value.errors) == ["remarks.wind"]
    assert (Evaluation.objects.count(), event_names(project)) == (0, before)


def test_evaluate_is_for_the_team_and_those_above(project):
    manager, stranger = make_manager(project), make_user()
    assert make_evaluation(project, by=manager).by == manager
    with pytest.raises(Project.DoesNotExist):
        make_evaluation(project, by=stranger)


def test_evaluate_needs_the_permission(project):
    finance = make_user(roles=("finance",))
    with pytest.raises(NotAllowed):
        make_evaluation(project, by=finance)


def test_evaluate_refuses_a_closed_project(project):
    drop(project_id=project.pk, reason="too_small", reason_text="Three drums a year", by=project.owner, at=AT)
    with pytest.raises(DomainError) as caught:
        make_evaluation(project)
    assert caught.value.code == "closed"


def test_a_failed_evaluation_asks_for_a_decision_with_the_effort_spent(project):
    log_activity(project, hours=Decimal("3.5"), cost=Decimal("420.00"))
    log_activity(project, hours=Decimal("2"), cost=Decimal("80.50"))
    log_activity(project, cost=Decimal("99"), cost_currency="USD")
    evaluation = make_evaluation(project, score=56)
    effort = queries.effort_spent(project.pk)
    assert (evaluation.is_passed, queries.result(evaluation).recommendation) == (False, "decide")
    assert (effort.hours, effort.cost, effort.currency) == (Decimal("5.5"), Decimal("500.5"), "CNY")
    with pytest.raises(InvalidInput) as caught:
        operations.decide(evaluation_id=evaluation.pk, decision="go_on", by=project.owner, at=AT)
    assert list(caught.value.errors) == ["decision"]


def test_lowering_the_contact_level_keeps_the_project_open_and_the_effort(project):
    log_activity(project, hours=Decimal("3.5"), cost=Decimal("420.00"))
    evaluation = make_evaluation(project, score=56)
    operations.decide(
        evaluation_id=evaluation.pk, decision="lower_contact", reason="Funds not before May", by=project.owner, at=AT
    )
    project.refresh_from_db()
    evaluation.refresh_from_db()
    assert (project.is_contact_lowered, project.outcome) == (True, Outcome.OPEN)
    assert (evaluation.decision, evaluation.decided_by) == ("lower_contact", project.owner)
    assert (evaluation.hours_spent, evaluation.cost_spent, evaluation.cost_currency) == (
        Decimal("3.5"),
        Decimal(420),
        "CNY",
    )


def test_dropping_closes_the_project_with_reason_and_hours(project):
    evaluation = make_evaluation(project, score=56)
    reason = "Neither funds nor a user who wants it"
    operations.decide(
        evaluation_id=evaluation.pk, decision="drop", reason=reason, hours_spent=Decimal(9), by=project.owner, at=AT
    )
    project.refresh_from_db()
    report = project.closing_reports.get()
    assert (project.outcome, report.reason, report.reason_text) == (Outcome.DROPPED, "evaluation_failed", reason)
    assert report.hours_spent == 9
    assert event_names(project)[:2] == ["evaluation.decided", "project.dropped"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"decision": "lower_contact", "reason": ""}, "reason"),
        ({"decision": "drop", "reason": "无"}, "reason"),
        ({"decision": "wait", "reason": "Not yet"}, "decision"),
        ({"decision": "drop", "reason": "No funds", "hours_spent": Decimal(-1)}, "hours_spent"),
    ],
)
def test_decide_refuses_what_says_nothing(project, fields, field):
    evaluation = make_evaluation(project, score=56)
    with pytest.raises(InvalidInput) as caught:
        operations.decide(evaluation_id=evaluation.pk, by=project.owner, at=AT, **fields)
    assert list(caught.value.errors) == [field]


def test_decide_only_on_the_latest_evaluation_and_only_once(project):
    first, second = make_evaluation(project, score=56), make_evaluation(project, score=68)
    with pytest.raises(DomainError) as caught:
        operations.decide(evaluation_id=first.pk, decision="drop", reason="No funds", by=project.owner, at=AT)
    assert caught.value.code == "evaluation-outdated"
    operations.decide(evaluation_id=second.pk, decision="go_on", by=project.owner, at=AT)
    with pytest.raises(DomainError) as caught:
        operations.decide(evaluation_id=second.pk, decision="go_on", by=project.owner, at=AT)
    assert caught.value.code == "evaluation-decided"


def test_decide_is_not_for_strangers(project):
    evaluation = make_evaluation(project, score=56)
    with pytest.raises(Evaluation.DoesNotExist):
        operations.decide(evaluation_id=evaluation.pk, decision="drop", reason="No funds", by=make_user(), at=AT)


def test_an_evaluation_keeps_the_version_of_its_model(project):
    before = make_evaluation(project, score=60)
    administrator = make_user(roles=("administrator",))
    stricter = {**content.shipped(), "pass_mark": 70}
    version = operations.publish_model(content=stricter, by=administrator, at=AT)
    after = make_evaluation(project, score=68)
    assert (version.number, before.model_version.number, after.model_version) == (2, 1, version)
    assert (before.is_passed, after.is_passed) == (True, False)
    assert queries.model_content(before.model_version_id)["pass_mark"] == 60


def test_publish_model_is_for_those_who_administer_processes():
    with pytest.raises(NotAllowed):
        operations.publish_model(content=content.shipped(), by=make_user(), at=AT)


def test_publish_model_refuses_a_wrong_one():
    with pytest.raises(content.InvalidModel):
        operations.publish_model(
            content={**content.shipped(), "pass_mark": 0}, by=make_user(roles=("administrator",)), at=AT
        )


def test_install_runs_twice_and_publishes_once():
    operations.install(at=AT)
    assert EvaluationModel.objects.get().is_default is True
    assert EvaluationModelVersion.objects.count() == 1


def test_history_is_newest_first_and_for_those_who_see_the_project(project):
    first, second = make_evaluation(project, score=56), make_evaluation(project, score=68, at=AT + timedelta(days=1))
    assert queries.history(project.pk, user=project.owner) == [second, first]
    assert queries.history(project.pk, user=make_user()) == []


@pytest.mark.parametrize("rows", [1, 5])
def test_history_query_count(project, rows, django_assert_num_queries):
    for _number in range(rows):
        make_evaluation(project)
    user = User.objects.get(pk=project.owner_id)
    access.reach(user)
    with django_assert_num_queries(1):
        shown = queries.history(project.pk, user=user)
        assert [row.by.name for row in shown] == [project.owner.name] * rows
        assert {row.model_version.model.key for row in shown} == {"default-project"}


def test_qualify_answers_and_answers_again(project):
    first = qualify_project(project, can_pay=None, note="Ask finance")
    again = qualify_project(project, version=first.version)
    assert (again.pk, again.version, again.can_pay, again.note) == (first.pk, 2, True, "")
    assert event_names(project)[:2] == ["qualification.answered", "qualification.answered"]
    with pytest.raises(Stale):
        qualify_project(project, version=1)


def test_qualify_refuses_what_is_too_long(project):
    with pytest.raises(InvalidInput) as caught:
        qualify_project(project, note="x" * 301)
    assert list(caught.value.errors) == ["note"]


def test_qualify_is_for_the_team(project):
    with pytest.raises(NotAllowed):
        qualify_project(project, by=make_user(roles=("legal",)))


def test_answers_for_are_what_they_say(project):
    assert [make_evaluation(project, answers=answers_for(score)).score for score in (56, 60, 68)] == [56, 60, 68]
