"""Pure decisions: grade, probability, what is missing, tracks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.process.queries import NodeDefinition, StageDefinition, StepDefinition
from openpsm.projects import rules
from openpsm.projects.models import GateReview
from openpsm.projects.rules import Bands

BANDS = Bands()
KEYS = st.sampled_from([f"node-{number}" for number in range(8)])
NOTHING_KNOWN: dict[str, object] = {}


def make_node(key: str, *, is_manual: bool = True, is_warning: bool = False) -> NodeDefinition:
    kind = "manual" if is_manual else "computed"
    params = {} if is_manual else {"fact": "bid.submitted"}
    check = "" if is_manual else "is_true"
    return NodeDefinition(key, kind, check, params, "", {}, {}, {}, "", is_warning)


def make_stage(nodes: list[NodeDefinition]) -> StageDefinition:
    step = StepDefinition(1, "step", 1, {}, {}, {})
    return StageDefinition(1, "stage", 1, step, {}, {}, {}, (), 10, "", False, False, (), tuple(nodes))


some_nodes = st.lists(
    st.builds(make_node, KEYS, is_manual=st.booleans(), is_warning=st.booleans()), unique_by=lambda n: n.key
)
some_keys = st.frozensets(KEYS.map(lambda key: f"stage:{key}"))


@pytest.mark.parametrize(
    ("days", "chance", "expected"),
    [
        (90, 70, "A"),
        (-5, 100, "A"),
        (90, 69, "B"),
        (90, 40, "B"),
        (91, 70, "B"),
        (180, 70, "B"),
        (180, 69, "C"),
        (181, 70, "C"),
        (90, 39, "C"),
        (180, 39, "D"),
        (181, 69, "D"),
        (181, 0, "D"),
        (None, 90, ""),
        (10, None, ""),
    ],
)
def test_the_grade_follows_from_distance_and_chance(days, chance, expected):
    assert rules.grade(days, chance, BANDS) == expected


@given(days=st.integers(-1000, 1000), chance=st.integers(0, 100), more=st.integers(0, 100), sooner=st.integers(0, 500))
def test_a_nearer_order_or_a_better_chance_never_lowers_the_grade(days, chance, more, sooner):
    better = rules.grade(days - sooner, min(100, chance + more), BANDS)
    assert better <= rules.grade(days, chance, BANDS)


@pytest.mark.parametrize(
    ("possibility", "reviews", "expected"),
    [(40, 0, 40), (40, 1, 20), (40, 2, 10), (35, 1, 18), (None, 0, 0), (1, 9, 0)],
)
def test_the_probability_halves_once_per_review_with_debts(possibility, reviews, expected):
    assert rules.probability(possibility, reviews) == expected


@given(possibility=st.integers(0, 100), reviews=st.integers(0, 40))
def test_one_more_review_with_debts_never_raises_the_probability(possibility, reviews):
    assert 0 <= rules.probability(possibility, reviews + 1) <= rules.probability(possibility, reviews) <= 100


@given(nodes=some_nodes, confirmed=some_keys, one_more=KEYS)
def test_confirming_one_more_key_node_never_closes_a_gate(nodes, confirmed, one_more):
    stage = make_stage(nodes)
    before = rules.missing(stage, facts=NOTHING_KNOWN, confirmed=confirmed)
    after = rules.missing(stage, facts=NOTHING_KNOWN, confirmed=confirmed | {f"stage:{one_more}"})
    assert [node for node in after if node not in before] == []


@given(nodes=some_nodes, confirmed=some_keys)
def test_a_confirmation_never_holds_a_computed_node(nodes, confirmed):
    missing = rules.missing(make_stage(nodes), facts=NOTHING_KNOWN, confirmed=confirmed)
    computed = [node for node in nodes if not node.is_manual and not node.is_warning]
    assert [node for node in computed if node not in missing] == []


@given(nodes=some_nodes, confirmed=some_keys)
def test_warnings_never_block(nodes, confirmed):
    missing = rules.missing(make_stage(nodes), facts=NOTHING_KNOWN, confirmed=confirmed)
    assert [node for node in missing if node.is_warning] == []


def test_a_reason_with_nothing_missing_is_a_plain_pass():
    assert (rules.outcome([], "why"), rules.outcome(["x"], "why"), rules.outcome(["x"], "")) == (
        GateReview.Outcome.PASSED,
        GateReview.Outcome.OVERRIDDEN,
        GateReview.Outcome.BLOCKED,
    )


@pytest.mark.parametrize(
    ("step", "stage", "expected"), [(2, 1, ("behind", 1)), (1, 1, ("in-step", 0)), (1, 3, ("ahead", -2))]
)
def test_our_track_is_compared_with_the_customers(step, stage, expected):
    assert rules.track(step, stage) == expected
