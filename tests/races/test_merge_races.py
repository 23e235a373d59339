"""Merging against an edit, a registration of the vanishing name, and another merge: one outcome each, no defect.

A racer that answers with anything but a refusal in words ends its process, and the round with it.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.factories.accounts import unlike_name
from tests.races.arena import ROUNDS, Race, new_race

MERGER = "tests.races.merger"
_numbers = count(1)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(MERGER, tmp_path_factory.mktemp("merges")) as started:
        yield started


def fresh(race: Race) -> tuple[list[int], list[str]]:
    """Two new accounts of the seller, and their names."""
    names = [unlike_name(), unlike_name()]
    nobody = {"do": "look", "ids": []}
    return race.run([nobody, {"do": "make", "names": names}])[1]["ids"], names


def look(race: Race, **asked: Any) -> dict[str, Any]:
    return race.run([{"do": "look", **asked}] * 2)[0]


def test_a_merge_against_an_edit_of_the_vanishing_account(race):
    for _round in range(ROUNDS):
        ids, _names = fresh(race)
        merge, edit = race.run([{"do": "merge", "ids": ids, "version": 1}, {"do": "edit", "ids": ids, "version": 1}])
        assert (merge["won"], edit["won"]) in ((True, False), (False, True))
        assert (merge["code"], edit["code"]) in (("", "gone"), ("stale", ""), ("", "stale"))
        assert len(look(race, ids=ids)["live"]) == (1 if merge["won"] else 2)


def test_a_merge_against_a_registration_of_the_vanishing_name(race):
    for _round in range(ROUNDS):
        ids, names = fresh(race)
        merge, claim = race.run([{"do": "merge", "ids": ids}, {"do": "claim", "name": names[1]}])
        assert (merge["code"], claim["code"]) == ("", "collision")
        assert look(race, ids=ids, name=names[1]) == {"won": True, "code": "", "live": ids[:1], "named": 0}


def test_taking_a_merge_back_against_a_registration_of_the_name(race):
    for _round in range(ROUNDS):
        ids, names = fresh(race)
        made = race.run([{"do": "merge", "ids": ids}, {"do": "look", "ids": ids}])[0]["merge"]
        undo, claim = race.run([{"do": "undo", "merge": made}, {"do": "claim", "name": names[1]}])
        assert (undo["code"], claim["code"]) == ("", "collision")
        assert look(race, ids=ids, name=names[1])["named"] == 1


def test_without_versions_both_win(race):
    """The control: who does not say which version was seen merges over an edit, and both win."""
    won = 0
    for _round in range(10):
        ids, _names = fresh(race)
        answers = race.run([{"do": "merge", "ids": ids}, {"do": "edit", "ids": ids, "version": 1}])
        won = max(won, sum(answer["won"] for answer in answers))
    assert won == 2
