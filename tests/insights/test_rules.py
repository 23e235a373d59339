import inspect
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openpsm.insights import rules
from openpsm.insights.rules import Situation, Verdict
from openpsm.insights.words import words

KNOWN = {f"intelligence.{name}": "known" for name in rules.ELEMENTS}
GOOD = {**KNOWN, "evaluation.score": 70, "evaluation.passed": True, "project.graded": True}
ENTER = frozenset({"people.insiders", "people.key_roles_contacted"})
ON = date(2026, 7, 15)


def situation(facts=None, **changes):
    given: dict[str, Any] = {"asked": ENTER, "position": 2, "steps_behind": 0, "expected_days": 45}
    given |= {"silent_limit": 30, "silent_days": 0}
    return Situation(facts=GOOD if facts is None else facts, **(given | changes))


def keys(found):
    return [key for key, _values in found]


def test_people_are_not_asked_for_before_their_stage():
    early = situation({}, asked=frozenset({"intelligence.elements_answered"}), position=1)
    assert keys(rules.health(early)) == ["elements-unknown", "not-evaluated"]


def test_veto_makes_red_in_any_stage():
    facts = {**GOOD, "people.veto_negative": 1, "people.veto_uncontacted": 1}
    found = rules.health(situation(facts, asked=frozenset()))
    assert [(key, words().health[key].level) for key in keys(found)] == [
        ("veto-uncontacted", "red"),
        ("veto-negative", "red"),
    ]


@pytest.mark.parametrize(
    ("facts", "changes", "is_red", "expected"),
    [
        ({}, {}, True, Verdict.COLLECT_FIRST),
        ({**KNOWN}, {}, False, Verdict.COLLECT_FIRST),
        (GOOD, {}, False, Verdict.GO_ON),
        (GOOD, {"steps_behind": 1}, True, Verdict.DECIDE),
        (GOOD, {"steps_behind": 1, "is_decided": True}, True, Verdict.GO_ON),
        ({**GOOD, "evaluation.passed": False}, {}, False, Verdict.DECIDE),
        ({**GOOD, "evaluation.passed": False}, {"is_out_of_reach": True}, False, Verdict.DROP),
        ({**GOOD, "evaluation.hard_failed": True}, {}, False, Verdict.DROP),
        ({**GOOD, "project.days_to_tender": -1}, {"steps_behind": 2}, True, Verdict.DROP),
        ({**GOOD, "project.days_to_tender": -1, "bid.submitted": True}, {"steps_behind": 2}, False, Verdict.GO_ON),
    ],
)
def test_verdict_follows_from_what_is_known(facts, changes, is_red, expected):
    assert rules.verdict(situation(facts, **changes), is_red=is_red) == expected


@given(days=st.integers(0, 60), tender=st.none() | st.integers(-30, 90))
def test_nothing_is_due_after_a_tender_to_come(days, tender):
    tender_on = None if tender is None else ON + timedelta(days=tender)
    due = rules.due(ON, days=days, tender_on=tender_on)
    assert due >= ON
    assert due == ON + timedelta(days=days) or due == tender_on


values = st.none() | st.booleans() | st.integers(-3, 60)
names = [
    *("people.insiders", "people.purchaser_contacted", "people.decider_contacted", "project.boss_attitude_known"),
    *("people.veto_uncontacted", "people.veto_negative", "competition.rivals_ahead", "criteria.recorded"),
    *("criteria.shaped_by_us", "criteria.mostly_rivals", "people.supporters", "project.debts", "project.stage_days"),
    *("project.days_to_tender", "bid.submitted", "evaluation.score", "evaluation.passed", "project.graded"),
]


@given(st.dictionaries(st.sampled_from(names), values), st.sets(st.sampled_from(names)))
def test_every_finding_has_words(facts, asked):
    at = situation(facts, asked=frozenset(asked), silent_days=40, allies=("Li",), debts=("x",), missing_roles=("y",))
    assert set(keys(rules.health(at))) <= words().health.keys()
    assert set(keys(rules.actions(at, is_red=True))) <= words().actions.keys()
    assert rules.verdict(at, is_red=True).value in words().verdicts


def test_every_word_is_used_somewhere():
    text = inspect.getsource(rules)
    unused = [key for key in (*words().health, *words().actions, *words().verdicts) if f'"{key}"' not in text]
    assert unused == []
