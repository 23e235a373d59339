"""The documents' own case, the part about evaluation: failed, then passed (AS-02)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from openpsm.core.errors import InvalidInput
from openpsm.evaluation import operations, queries
from openpsm.projects.operations import GateBlocked, advance_stage
from tests.factories import AT
from tests.factories.activities import log_activity
from tests.factories.buying import answer_elements
from tests.factories.evaluation import make_evaluation, qualify_project
from tests.factories.projects import make_project

pytestmark = pytest.mark.django_db


def test_56_asks_for_drop_or_less_contact_and_68_opens_the_next_stage():
    project = make_project("Ningxia lubrication system")
    owner = project.owner
    answer_elements(project)
    qualify_project(project)
    log_activity(project, hours=Decimal(6), cost=Decimal("1830.00"))

    first = make_evaluation(project, score=56)
    effort = queries.effort_spent(project.pk)
    assert (first.score, first.is_passed, queries.result(first).recommendation) == (Decimal(56), False, "decide")
    assert (effort.hours, effort.cost) == (Decimal(6), Decimal(1830))
    with pytest.raises(InvalidInput):
        operations.decide(evaluation_id=first.pk, decision="go_on", by=owner, at=AT)
    with pytest.raises(GateBlocked) as caught:
        advance_stage(project_id=project.pk, by=owner, at=AT)
    assert [node.key for node in caught.value.missing] == ["evaluated"]

    later = AT + timedelta(days=9)
    second = make_evaluation(project, score=68, at=later)
    advanced = advance_stage(project_id=project.pk, by=owner, at=later)
    assert (second.score, second.is_passed) == (Decimal(68), True)
    assert (advanced.stage.key, advanced.grade in "ABCD", bool(advanced.grade)) == ("enter", True, True)
    assert [row.score for row in queries.history(project.pk, user=owner)] == [Decimal(68), Decimal(56)]
