"""Scoring: exact numbers, unknowns as a range, hard conditions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.core.errors import InvalidInput
from openpsm.evaluation import content, rules
from openpsm.evaluation.rules import Recommendation, score

MODEL = content.shipped()
FACTORS = [factor["key"] for factor in MODEL["factors"]]
HARD = [condition["key"] for condition in MODEL["hard_conditions"]]
ALL_THREE = dict.fromkeys(FACTORS, 3)

some_answers = st.fixed_dictionaries({}, optional={key: st.none() | st.integers(0, 5) for key in FACTORS})
some_hard = st.fixed_dictionaries({}, optional={key: st.none() | st.booleans() for key in HARD})


def test_score_is_the_sum_of_weight_times_level_over_five():
    result = score(MODEL, ALL_THREE, {})
    assert (result.score, result.low, result.high, result.passed) == (Decimal(60), Decimal(60), Decimal(60), True)


def test_first_and_second_evaluation_of_the_documents_case():
    first = score(MODEL, {**ALL_THREE, "product": 2, "price": 2}, {})
    second = score(MODEL, {**ALL_THREE, "relationship": 4, "product": 4, "price": 4, "solution": 4}, {})
    assert (first.score, first.passed, first.recommendation) == (Decimal(56), False, Recommendation.DECIDE)
    assert (second.score, second.passed, second.recommendation) == (Decimal(68), True, Recommendation.GO_ON)


def test_score_counts_unknown_as_nothing_and_says_how_high_it_could_be():
    result = score(MODEL, {**ALL_THREE, "funds": None, "price": None}, {})
    assert (result.low, result.high, result.gaps) == (Decimal(45), Decimal(70), ("funds", "price"))
    assert (result.passed, result.recommendation) == (False, Recommendation.COLLECT)


def test_score_without_any_answer():
    result = score(MODEL, {}, {})
    assert (result.low, result.high, len(result.gaps)) == (Decimal(0), Decimal(100), 9)


@pytest.mark.parametrize("condition", HARD)
def test_a_hard_condition_fails_the_best_score(condition):
    result = score(MODEL, dict.fromkeys(FACTORS, 5), {condition: True})
    assert (result.score, result.passed, result.knock_outs) == (Decimal(100), False, (condition,))
    assert result.recommendation == Recommendation.DROP


def test_a_knock_out_level_fails_the_factor_that_has_it():
    levels = [{"level": number, "knock_out": number == 0} for number in range(6)]
    model = {**MODEL, "factors": [{**factor, "levels": levels} for factor in MODEL["factors"]]}
    result = score(model, {**dict.fromkeys(FACTORS, 5), "credit": 0}, {})
    assert (result.score, result.passed, result.knock_outs) == (Decimal(90), False, ("credit",))


@pytest.mark.parametrize(
    ("answers", "hard", "field"),
    [
        ({"luck": 3}, {}, "answers.luck"),
        ({"funds": 6}, {}, "answers.funds"),
        ({"funds": True}, {}, "answers.funds"),
        ({"funds": "3"}, {}, "answers.funds"),
        ({}, {"weather": True}, "hard.weather"),
        ({}, {"too-small": "yes"}, "hard.too-small"),
    ],
)
def test_score_refuses_what_the_model_does_not_have(answers, hard, field):
    with pytest.raises(InvalidInput) as caught:
        score(MODEL, answers, hard)
    assert list(caught.value.errors) == [field]


@given(answers=some_answers, hard=some_hard)
def test_score_lies_between_low_and_high(answers, hard):
    result = score(MODEL, answers, hard)
    assert 0 <= result.low <= result.score <= result.high <= 100
    assert (result.low == result.high) == (not result.gaps)


@given(answers=some_answers, factor=st.sampled_from(FACTORS), level=st.integers(0, 5))
def test_one_more_known_answer_never_lowers_low_and_never_raises_high(answers, factor, level):
    before = score(MODEL, {**answers, factor: None}, {})
    after = score(MODEL, {**answers, factor: level}, {})
    assert before.low <= after.low <= after.high <= before.high


@given(answers=some_answers, hard=some_hard)
def test_passing_needs_the_mark_and_no_knock_out(answers, hard):
    result = score(MODEL, answers, hard)
    assert result.passed == (result.low >= 60 and not result.knock_outs)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((True, True, True), True),
        ((True, None, True), None),
        ((None, None, None), None),
        ((True, None, False), False),
        ((), None),
    ],
)
def test_is_qualified_needs_three_times_yes(answers, expected):
    assert rules.is_qualified(answers) is expected


def test_below_the_mark_nobody_simply_goes_on():
    assert rules.open_decisions(passed=False) == ("lower_contact", "drop")
    assert rules.open_decisions(passed=True) == ("go_on", "lower_contact", "drop")


def test_the_shipped_model_can_be_published():
    content.check(MODEL)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"factors": MODEL["factors"][:8]}, "the weights add up to 90, not to 100"),
        ({"pass_mark": 101}, "the pass mark must lie between 1 and 100"),
        ({"groups": MODEL["groups"][:1]}, "the factor “product” names no group of the model"),
        ({"hard_conditions": [{"key": "a"}, {"key": "a"}]}, "the key “a” is empty or used twice"),
        ({"factors": []}, "“factors” is missing"),
    ],
)
def test_a_wrong_model_is_refused_with_what_is_wrong(change, problem):
    with pytest.raises(content.InvalidModel) as caught:
        content.check({**MODEL, **change})
    assert caught.value.details["problems"][0] == problem


def test_a_factor_needs_every_level():
    short = [{**MODEL["factors"][0], "levels": MODEL["factors"][0]["levels"][:5]}, *MODEL["factors"][1:]]
    with pytest.raises(content.InvalidModel, match="needs the levels 0 to 5"):
        content.check({**MODEL, "factors": short})


def test_points_are_exact():
    model = {**MODEL, "factors": [{**factor, "weight": "11.1"} for factor in MODEL["factors"]]}
    assert score(model, dict.fromkeys(FACTORS, 1), {}).low == Decimal("19.98")
