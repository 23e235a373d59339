"""Whatever people do in whatever order: no gate is skipped, and the probability tells of every open debt."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openpsm.core.errors import DomainError
from openpsm.org.models import User
from openpsm.projects import operations, queries, rules
from openpsm.projects.models import GateReview, Outcome, Project
from tests.factories import AT
from tests.factories.projects import EVIDENCE, REASON, make_manager, make_small_project, reloaded

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PASSED = (GateReview.Outcome.PASSED, GateReview.Outcome.OVERRIDDEN)
NODES = ("one", "two", "three", "four", "advice", "bid-submitted")
STAGES = ("first", "second", "third", "fourth", "nowhere")

Action = tuple[str, dict[str, Any]]
CALLS: dict[str, Callable[..., Any]] = {
    "advance": operations.advance_stage,
    "towards": operations.advance_towards,
    "win": operations.win,
    "back": operations.go_back,
    "confirm": operations.confirm_node,
    "state": operations.state_fact,
    "hold": operations.hold,
    "resume": operations.resume,
    "lose": operations.lose,
    "reopen": operations.reopen,
    "possibility": operations.state_possibility,
}


def action(name: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.fixed_dictionaries(arguments).map(lambda values: (name, values))


overriding = st.sampled_from(["", REASON])
reason = st.just(REASON)
actions = st.lists(
    st.one_of(
        action("advance", override_reason=overriding),
        action("towards", stage_key=st.sampled_from(STAGES)),
        action("win", override_reason=overriding),
        action("back", stage_key=st.sampled_from(STAGES), reason=reason),
        action("confirm", node_key=st.sampled_from(NODES), evidence=st.just(EVIDENCE)),
        action("confirm", node_key=st.sampled_from(NODES), evidence=st.just(EVIDENCE)),
        action("state", fact=st.sampled_from(["bid.submitted", "people.insiders"]), evidence=st.just(EVIDENCE)),
        action("withdraw"),
        action("hold", reason=reason),
        action("resume", reason=reason),
        action("lose", reason=st.just("price"), destination=st.just("A rival of ours")),
        action("reopen", reason=reason),
        action("possibility", value=st.integers(0, 100), reason=reason),
        action("refresh"),
    ),
    min_size=3,
    max_size=14,
)


def perform(project: Project, name: str, arguments: dict[str, Any], by: User, number: int) -> None:
    at = AT + timedelta(hours=number)
    if name == "refresh":
        operations.refresh_facts(project_ids=[project.pk], at=at)
    elif name == "withdraw":
        word = project.confirmations.filter(withdrawn_at=None).first()
        if word is not None:
            operations.withdraw_confirmation(confirmation_id=word.pk, reason=REASON, by=by, at=at)
    else:
        CALLS[name](project_id=project.pk, by=by, at=at, **arguments)


def assert_no_gate_was_skipped(project: Project) -> None:
    """Walk the reviews: each move forward is one gate, passed with nothing missing or overridden with a reason."""
    process = queries.process_of(project)
    position, is_won = 1, False
    for review in project.reviews.order_by("pk"):
        stage = process.stage(review.stage_id)
        assert stage.position == position
        if review.outcome in PASSED:
            assert bool(review.missing) == (review.outcome == GateReview.Outcome.OVERRIDDEN)
            assert bool(review.reason) or not review.missing
            is_won = is_won or stage.is_won_gate
            position = min(position + 1, len(process.stages))
        elif review.outcome == GateReview.Outcome.WENT_BACK:
            visits = list(project.stage_visits.filter(left_at=review.at).values_list("stage_id", flat=True))
            assert review.stage_id in visits
            position = position_after(project, review)
            is_won = is_won and position > 3
    assert project.stage.position == position
    assert (project.outcome == Outcome.WON) == (is_won and project.outcome not in (Outcome.LOST, Outcome.DROPPED))


def position_after(project: Project, review: GateReview) -> int:
    """Where a step back led: the stage of the next review, or of the project."""
    following = project.reviews.filter(pk__gt=review.pk).order_by("pk").select_related("stage").first()
    return following.stage.position if following else project.stage.position


def assert_probability_tells_of_debts(project: Project) -> None:
    owing = set(project.debts.filter(settled_at=None).values_list("review_id", flat=True))
    assert project.probability == rules.probability(project.possibility, len(owing))
    overridden = project.reviews.filter(outcome=GateReview.Outcome.OVERRIDDEN)
    assert owing <= set(overridden.values_list("pk", flat=True))
    assert {r.pk: sorted(r.missing) for r in overridden} == {
        r.pk: sorted(r.debts.values_list("node_key", flat=True)) for r in overridden
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=actions, by_manager=st.lists(st.booleans(), min_size=14, max_size=14))
def test_no_sequence_of_operations_skips_a_gate_or_hides_a_debt(db, steps, by_manager):
    with transaction.atomic():
        project = make_small_project()
        people = (project.owner, make_manager(project))
        for number, (name, arguments) in enumerate(steps, 1):
            with contextlib.suppress(DomainError):  # refused: the state must be as good as before
                perform(project, name, arguments, people[by_manager[number - 1]], number)
            current = reloaded(project)
            assert_no_gate_was_skipped(current)
            assert_probability_tells_of_debts(current)
        transaction.set_rollback(True)
