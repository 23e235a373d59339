"""Gates: every try leaves a review, none is skipped, an override is open and leaves debts."""

import pytest

from openpsm.core.errors import DomainError, NotAllowed, Stale
from openpsm.core.events import Event
from openpsm.process import facts
from openpsm.projects import queries
from openpsm.projects.models import GateReview, Project
from openpsm.projects.operations import GateBlocked, advance_stage
from tests.factories import AT
from tests.factories.projects import make_manager, make_project

pytestmark = pytest.mark.django_db


def test_advance_stage_records_the_blocked_try_and_says_what_is_missing():
    project = make_project()
    with pytest.raises(GateBlocked) as caught:
        advance_stage(project_id=project.pk, by=project.owner, at=AT)
    missing = [node.key for node in caught.value.missing]
    assert missing == ["qualified-prospect", "six-elements", "evaluated"]
    assert [(r.outcome, r.missing) for r in project.reviews.all()] == [("blocked", missing)]
