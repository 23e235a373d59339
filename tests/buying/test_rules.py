"""People, information, rivals and criteria: pure decisions."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.buying import rules
from openpsm.buying.models import SupporterLabel
from openpsm.buying.rules import Person

weights = st.lists(st.none() | st.integers(0, 100), max_size=30)


def test_weights_are_normalised_by_the_largest_remainder():
    assert rules.normalised([1, 1, 1]) == [34, 33, 33]
    assert rules.normalised([50, 30, 40]) == [42, 25, 33]
    assert rules.normalised([60, None, 40]) == [60, None, 40]


@pytest.mark.parametrize("unchanged", [[], [None, None], [0, 0], [0, None]])
def test_weights_without_any_weight_come_back(unchanged):
    assert rules.normalised(unchanged) == unchanged


@given(weights)
def test_normalised_weights_always_add_up_to_100(given_weights):
    shown = rules.normalised(given_weights)
    known = [weight for weight in shown if weight is not None]
    assert [weight is None for weight in shown] == [weight is None for weight in given_weights]
    assert sum(known) == (100 if any(given_weights) else 0)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=30))
def test_normalising_keeps_the_order_of_weights(given_weights):
    shown = rules.normalised(given_weights)
    pairs = sorted(zip(given_weights, shown, strict=True))
    assert all((a[1] or 0) <= (b[1] or 0) for a, b in pairwise(pairs) if a[0] < b[0])


@given(weights.filter(any))
def test_normalised_weights_stay_as_they_are(given_weights):
    once = rules.normalised(given_weights)
    assert rules.normalised(once) == once


DECIDER = Person(role="final_decider", is_contacted=True)
TECHNICAL = Person(role="technical_head", is_contacted=True)
PURCHASER = Person(is_purchasing=True, is_contacted=True)


@pytest.mark.parametrize(
    ("people", "missing"),
    [
        ([], ["final_decider", "technical_head", "purchaser"]),
        ([DECIDER, TECHNICAL, PURCHASER], []),
        ([DECIDER, TECHNICAL, Person(buying_roles=["purchaser"], is_contacted=True)], []),
        ([Person(buying_roles=["decider"], is_contacted=True), TECHNICAL, PURCHASER], []),
        ([DECIDER, Person(role="technical_head"), PURCHASER], ["technical_head"]),
        ([DECIDER, Person(role="technician", is_contacted=True), PURCHASER], ["technical_head"]),
    ],
)
def test_key_roles_missing(people, missing):
    assert rules.key_roles_missing(people) == missing


def test_the_expected_role_is_a_buying_role_or_a_project_role():
    people = [Person(buying_roles=["user"], is_contacted=True), Person(role="final_decider")]
    assert [rules.is_contacted(people, role) for role in ("user", "final_decider", "")] == [True, False, False]


@pytest.mark.parametrize(
    ("person", "is_ally"),
    [
        (Person(is_outside=True, attitude=1), True),
        (Person(is_design_institute=True, attitude=2), True),
        (Person(is_outside=True, attitude=0), False),
        (Person(is_outside=True), False),
        (Person(attitude=2), False),
    ],
)
def test_outside_ally(person, is_ally):
    assert rules.is_outside_ally(person) is is_ally


@pytest.mark.parametrize(
    ("kind", "conditions", "gaps"),
    [
        ("insider", {"power_class": 2, "shares_information": True}, []),
        ("insider", {"power_class": 1, "shares_information": True}, ["power_too_low"]),
        ("insider", {"power_class": 4}, ["does_not_share"]),
        ("insider", {"power_class": None}, ["power_too_low", "does_not_share"]),
        ("sponsor", {"power_class": 3, "acts_for_us": True}, []),
        ("sponsor", {"power_class": 2, "acts_for_us": True}, ["power_too_low"]),
        ("sponsor", {"power_class": 4, "shares_information": True}, ["does_not_act"]),
        ("coach", {"power_class": None, "attitude": 1, "guides_us": True}, []),
        ("coach", {"power_class": 4, "attitude": 0, "guides_us": True}, ["not_positive"]),
        ("coach", {"power_class": 4, "attitude": None, "guides_us": False}, ["not_positive", "does_not_guide"]),
    ],
)
def test_supporter_conditions(kind, conditions, gaps):
    assert rules.supporter_gaps(kind, **{"attitude": None, **conditions}) == gaps


def test_supporter_conditions_are_fields_of_the_label():
    fields = {field.name for field in SupporterLabel._meta.get_fields()}
    assert {"shares_information", "acts_for_us", "guides_us"} <= fields


def test_insider_advice_by_number():
    assert [rules.insider_advice(number) for number in (0, 1, 2, 7)] == ["warn", "find_more", "good", "good"]


def test_missing_supporters_are_all_three_minus_what_is_there():
    assert rules.missing_supporters({"sponsor"}) == ["insider", "coach"]


def test_element_states_take_the_best_item():
    states = rules.element_states(
        [
            ("need", "unknown", False),
            ("need", "partly", True),
            ("budget", "known", True),
            ("budget", "partly", True),
            ("schedule", "partly", False),
            ("people", "known", True),
        ]
    )
    assert states == {
        "need": "partly",
        "schedule": "unknown",
        "budget": "known",
        "competition": "unknown",
        "decision": "unknown",
        "priorities": "unknown",
    }


def test_information_chain_counts_partly_half():
    states = [("need", "known"), ("priorities", "partly"), ("people", "partly"), ("budget", "unknown")]
    assert rules.information_chain(states) == {
        "participants": 50,
        "needs": 75,
        "budget": 0,
        "decision": 0,
        "competition": 0,
    }


@pytest.mark.parametrize(
    ("rivals", "ahead"),
    [
        ([], 0),
        ([(True, None), (True, None), (True, None)], 3),
        ([(False, None)], 0),
        ([(False, 1), (False, 3)], 1),
        ([(False, 2)], 0),
        ([(False, 1), (False, 2), (True, 5)], 3),
        ([(False, 1), (False, 1)], 2),
    ],
)
def test_rivals_ahead_were_earlier_or_rank_above_us(rivals, ahead):
    assert rules.rivals_ahead(rivals) == ahead


@pytest.mark.parametrize(
    ("is_knock_out", "our_fit", "against"),
    [(True, None, True), (True, 2, True), (True, 3, False), (False, 0, False), (False, None, False)],
)
def test_a_compulsory_criterion_is_against_us_until_we_meet_it(is_knock_out, our_fit, against):
    assert rules.is_against_us(is_knock_out, our_fit) is against


@pytest.mark.parametrize(
    ("criteria", "mostly"),
    [
        ([], False),
        ([("rival", 50), ("ours", 50)], False),
        ([("rival", 51), ("ours", 49)], True),
        ([("rival", 60), ("ours", None), ("ours", None)], False),
        ([("rival", None), ("rival", None), ("neutral", 90)], True),
    ],
)
def test_criteria_are_mostly_a_rivals_by_weight_then_by_number(criteria, mostly):
    assert rules.is_mostly_rivals(criteria) is mostly
