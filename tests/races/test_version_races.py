"""CC5 and CC13: two who saw the same version act at the same instant: one wins, the other is told, nothing is lost.

The control leaves the versions out: both win, and what one of them wrote is lost.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.races.arena import ROUNDS, Race, new_race

EDITOR = "tests.races.editor"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(EDITOR, tmp_path_factory.mktemp("versions")) as started:
        yield started


def approve_against_edit(race: Race) -> list[dict[str, Any]]:
    """The owner corrects a visit while the manager confirms it."""
    known = {"project": race.prepared["project"], "person": race.prepared["person"]}
    visit, _looked = race.run([{"do": "log", **known}, {"do": "look", **known}])
    seen = {"activity": visit["activity"], "version": visit["version"]}
    return race.run([{"do": "edit_visit", **seen}, {"do": "confirm_visit", **seen}])


def edit_against_edit(race: Race, number: int) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """Owner and manager change the same field of the project from the same version."""
    project = {"project": race.prepared["project"]}
    before = race.run([{"do": "look", **project}] * 2)[0]["version"]
    sites = [f"gate {number}", f"hall {number}"]
    answers = race.run([{"do": "edit_project", "version": before, "site": site, **project} for site in sites])
    after = race.run([{"do": "look", **project}] * 2)[0]
    return answers, after, before


def test_approve_against_edit_has_one_winner(race):
    for _round in range(ROUNDS):
        answers = approve_against_edit(race)
        assert sorted(answer["code"] for answer in answers) == ["", "stale"]


def test_edit_against_edit_loses_no_update(race):
    for number in range(ROUNDS):
        answers, after, before = edit_against_edit(race, number)
        winner = [answer["won"] for answer in answers].index(True)
        assert sorted(answer["code"] for answer in answers) == ["", "stale"]
        assert (after["version"], after["site"]) == (before + 1, [f"gate {number}", f"hall {number}"][winner])


def test_without_versions_both_win(tmp_path):
    with new_race(EDITOR, tmp_path, "--unguarded") as race:
        approved = [sum(answer["won"] for answer in approve_against_edit(race)) for _round in range(5)]
        edited = [sum(answer["won"] for answer in edit_against_edit(race, number)[0]) for number in range(5)]
    assert (max(approved), max(edited)) == (2, 2)
