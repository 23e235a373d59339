"""CC6: handing over against an edit, against deletion, and against another handover at the same instant.

Whatever comes first, nothing stays with the giver, nothing goes to two, and no edit that was confirmed is lost. The
control reads, waits and writes without locks: two handovers then give one project to two people.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.races.arena import ROUNDS, Race, new_race

TRANSFEROR = "tests.races.transferor"
CHANCE = Random(20261124)
REST: dict[str, Any] = {"do": "rest"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(TRANSFEROR, tmp_path_factory.mktemp("handovers")) as started:
        yield started


def run(race: Race, *deeds: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Make a project of the giver, let giver, two managers and executive act, and look what became of it."""
    made = race.run([{"do": "make"}, REST, REST, REST])[0]
    assert "project" in made, made
    known = {**made, "giver": race.prepared["giver"]}
    answers = race.run([{**known, "behind": CHANCE.uniform(0, 0.05), **deed} for deed in deeds])
    return answers, race.run([{"do": "look", **known}, REST, REST, REST])[0]


def transfer(race: Race, to: str, by: str = "api") -> dict[str, Any]:
    return {"do": "transfer", "to": race.prepared[to], "by": by}


def test_edit_and_transfer_lose_nothing(race):
    for number in range(ROUNDS):
        way = ("page", "api")[number % 2]
        (edit, moved, *_rest), after = run(race, {"do": "edit"}, transfer(race, "one", way), REST, REST)
        assert moved["won"], moved
        assert (after["owner"], after["account_owner"], after["left"]) == (race.prepared["one"],) * 2 + (0,)
        assert (after["site"] == "Gate 4") is edit["won"], (edit, after)
        assert after["items"] == [race.prepared["one"]]


def test_delete_and_transfer_and_edit(race):
    for number in range(ROUNDS):
        way = ("api", "page")[number % 2]
        (edit, moved, _r, gone), after = run(race, {"do": "edit"}, transfer(race, "one", way), REST, {"do": "delete"})
        assert (moved["won"], after["left"]) == (True, 0), (moved, after)
        assert after["is_deleted"] is gone["won"]
        assert (after["site"] == "Gate 4") is edit["won"]
        assert after["account_owner"] == race.prepared["one"]


def test_of_two_transfers_each_thing_goes_to_one(race):
    for number in range(ROUNDS):
        ways = ("api", "page") if number % 2 else ("page", "api")
        deeds = (REST, transfer(race, "one", ways[0]), transfer(race, "other", ways[1]), REST)
        _answers, after = run(race, *deeds)
        assert len(after["items"]) == 1, after
        assert (after["owner"], after["account_owner"]) == (after["items"][0],) * 2
        assert (after["left"], after["owner_changes"]) == (0, 1)


def test_a_change_of_owner_and_a_transfer_agree(race):
    for _round in range(ROUNDS):
        own = {"do": "own", "to": race.prepared["other"]}
        _answers, after = run(race, REST, transfer(race, "one"), REST, own)
        assert (after["left"], after["account_owner"]) == (0, race.prepared["one"])
        assert after["owner"] in (race.prepared["one"], race.prepared["other"])


def test_without_locks_one_project_goes_to_two(tmp_path):
    with new_race(TRANSFEROR, tmp_path, "--unguarded") as race:
        deeds = (REST, transfer(race, "one"), transfer(race, "other"), REST)
        found = [run(race, *deeds)[1] for _round in range(8)]
    assert any(len(one["items"]) > 1 for one in found)
