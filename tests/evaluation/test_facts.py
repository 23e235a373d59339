"""What evaluations know about projects."""

import pytest

from openpsm.evaluation.facts import evaluation_facts, qualification_facts
from openpsm.process import facts
from openpsm.projects.models import ProjectFacts
from tests.factories import AT
from tests.factories.evaluation import make_evaluation, qualify_project
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


def test_without_an_evaluation_nothing_passed():
    project = make_project()
    known = facts.about(project.pk, AT.date())
    names = ("evaluation.passed", "evaluation.score", "evaluation.hard_failed", "evaluation.qualified")
    assert [known[name] for name in names] == [False, None, None, None]


def test_the_latest_evaluation_counts():
    project = make_project()
    make_evaluation(project, score=68)
    make_evaluation(project, score=56, hard={"too-small": True})
    known = facts.about(project.pk, AT.date())
    assert (known["evaluation.passed"], known["evaluation.score"], known["evaluation.hard_failed"]) == (False, 56, True)


@pytest.mark.parametrize(
    ("answers", "qualified"), [({}, True), ({"can_pay": None}, None), ({"has_good_name": False}, False)]
)
def test_three_times_yes_qualifies(answers, qualified):
    project = make_project()
    qualify_project(project, **answers)
    assert facts.about(project.pk, AT.date())["evaluation.qualified"] is qualified


def test_facts_are_kept_in_the_writers_transaction():
    project = make_project()
    make_evaluation(project, score=68)
    kept = ProjectFacts.objects.get(pk=project.pk).answers
    assert (kept["evaluation.passed"]["value"], kept["evaluation.score"]["value"]) == (True, 68)


@pytest.mark.parametrize("rows", [1, 5])
def test_one_query_for_many_projects(rows, django_assert_num_queries):
    projects = [make_project() for _number in range(rows)]
    for project in projects:
        make_evaluation(project)
    with django_assert_num_queries(1):
        assert len(evaluation_facts([project.pk for project in projects], AT.date())) == rows
    with django_assert_num_queries(1):
        qualification_facts([project.pk for project in projects], AT.date())
