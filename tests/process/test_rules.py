"""Does a key node hold, and why."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from openpsm.process import rules
from openpsm.process.queries import NodeDefinition


def make_node(kind: str = "computed", check: str = "", expression: str = "", **params: Any) -> NodeDefinition:
    return NodeDefinition("node", kind, check, params, expression, {}, {}, {}, "", False)


@pytest.mark.parametrize(
    ("check", "params", "value", "held"),
    [
        ("is_true", {"fact": "bid.submitted"}, True, True),
        ("is_true", {"fact": "bid.submitted"}, False, False),
        ("is_true", {"fact": "bid.submitted"}, 1, False),
        ("is_true", {"fact": "bid.submitted"}, None, False),
        ("at_least", {"fact": "bid.submitted", "value": 3}, 3, True),
        ("at_least", {"fact": "bid.submitted", "value": 3}, 2, False),
        ("at_least", {"fact": "bid.submitted", "value": 0}, None, False),
        ("at_least", {"fact": "bid.submitted", "value": 1}, True, False),
        ("at_least", {"fact": "bid.submitted", "value": 60}, Decimal("59.99"), False),
        ("equals", {"fact": "bid.submitted", "value": 0}, 0, True),
        ("equals", {"fact": "bid.submitted", "value": 0}, None, False),
        ("equals", {"fact": "bid.submitted", "value": 0}, 1, False),
        ("all_true", {"facts": ["bid.submitted"]}, True, True),
        ("all_true", {"facts": ["bid.submitted", "bid.result_known"]}, True, False),
    ],
)
def test_a_check_holds_or_not(check, params, value, held):
    assert rules.holds(make_node(check=check, **params), {"bid.submitted": value}) is held


@given(st.dictionaries(st.sampled_from(["bid.submitted", "people.insiders"]), st.none()))
def test_what_is_unknown_never_holds(facts):
    nodes = [
        make_node(check="is_true", fact="bid.submitted"),
        make_node(check="at_least", fact="people.insiders", value=0),
        make_node(check="equals", fact="people.insiders", value=0),
        make_node(check="all_true", facts=["bid.submitted"]),
        make_node(kind="expression", expression="people.insiders >= 0"),
        make_node(kind="manual"),
    ]
    assert [rules.holds(node, facts) for node in nodes] == [False] * 6


def test_an_expression_holds_only_when_it_is_true():
    node = make_node(kind="expression", expression="people.insiders > 0 || bid.submitted")
    assert rules.holds(node, {"people.insiders": 1, "bid.submitted": False})
    assert not rules.holds(node, {"people.insiders": 0, "bid.submitted": False})
    assert not rules.holds(make_node(kind="expression", expression="people.insiders + 1"), {"people.insiders": 1})


def test_the_reason_says_the_actual_value():
    node = make_node(check="at_least", fact="intelligence.elements_answered", value=6)
    assert rules.reason(node, {"intelligence.elements_answered": 4}) == "Elements answered: 4 of 6"
    assert rules.reason(node, {}) == "Elements answered: unknown, needed: 6"
    both = make_node(check="all_true", facts=["intelligence.need_recorded", "proposal.answers_need"])
    said = rules.reason(both, {"intelligence.need_recorded": True})
    assert said == "Need recorded: yes; Proposal answers the need: unknown"


def test_the_reason_names_facts_in_the_readers_language():
    node = make_node(check="is_true", fact="people.organisation_drawn")
    with translation.override("zh-hans"):
        assert rules.reason(node, {}).startswith("采购组织图已画清")


@pytest.mark.parametrize(
    ("check", "params", "fits"),
    [
        ("is_true", {"fact": "bid.submitted"}, True),
        ("is_true", {"fact": "bid.submitted", "value": 1}, False),
        ("is_true", {}, False),
        ("at_least", {"fact": "bid.submitted", "value": "three"}, False),
        ("at_least", {"fact": "bid.submitted", "value": True}, False),
        ("all_true", {"facts": "bid.submitted"}, False),
        ("no_such_check", {"fact": "bid.submitted"}, False),
    ],
)
def test_a_check_takes_its_own_parameters(check, params, fits):
    assert rules.fits(check, params) is fits
