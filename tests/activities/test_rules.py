"""What a done activity must say."""

from datetime import date, timedelta
from typing import Any

import pytest

from openpsm.activities import rules

DAY = date(2026, 9, 16)
GOOD: dict[str, Any] = {
    "done_on": DAY,
    "result": "They want a trial",
    "next_step": "Bring samples",
    "next_on": DAY + timedelta(7),
}


def test_a_done_activity_with_everything_has_no_problem():
    assert rules.problems_of_done(**GOOD, on=DAY) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"done_on": None}, "done_on"),
        ({"done_on": DAY + timedelta(1)}, "done_on"),
        ({"result": ""}, "result"),
        ({"result": "无"}, "result"),
        ({"next_step": "..."}, "next_step"),
        ({"next_on": None}, "next_on"),
        ({"next_on": DAY - timedelta(1)}, "next_on"),
    ],
)
def test_a_done_activity_says_what_came_of_it_and_what_comes_next(change, field):
    assert list(rules.problems_of_done(**(GOOD | change), on=DAY)) == [field]


def test_the_next_step_may_be_on_the_same_day():
    assert rules.problems_of_done(**(GOOD | {"next_on": DAY}), on=DAY) == {}


def test_a_plan_has_a_day_and_a_purpose():
    assert list(rules.problems_of_planned(planned_on=None, purpose="待定")) == ["planned_on", "purpose"]
    assert rules.problems_of_planned(planned_on=DAY, purpose="Show the test report") == {}


@pytest.mark.parametrize(
    ("kind", "is_done", "people", "may"),
    [
        ("visit", True, 1, True),
        ("plant_tour", True, 2, True),
        ("visit", False, 1, False),
        ("visit", True, 0, False),
        ("call", True, 1, False),
    ],
)
def test_only_done_visits_with_somebody_met_may_be_confirmed(kind, is_done, people, may):
    assert rules.may_be_confirmed(kind=kind, is_done=is_done, people=people) is may
