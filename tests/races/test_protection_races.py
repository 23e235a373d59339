"""CC11: the end of a protection against its renewal, while a colleague waits for the pool: it is renewed or it ends.

The control lets the sweep end what it saw a moment ago: a renewed claim is taken away from its owner.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.races.arena import ROUNDS, Race, new_race

EXPIRER = "tests.races.expirer"
CHANCE = Random(20261124)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(EXPIRER, tmp_path_factory.mktemp("ends")) as started:
        yield started


def end_of_a_claim(race: Race, ahead: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Sweep, confirmation and a waiting colleague at one instant; returns their answers and what became of it."""
    rest = {"do": "rest"}
    made = race.run([{"do": "make"}, rest, rest])[0]
    known = {key: made[key] for key in ("claim", "account", "visit", "version")}
    behind = {"confirm": CHANCE.uniform(0, 0.05), "sweep": CHANCE.uniform(0, ahead), "take": 0.03}
    # the owner's process sweeps: that belongs to nobody
    answers = race.run([{"do": deed, "behind": behind[deed], **known} for deed in ("sweep", "confirm", "take")])
    return answers, race.run([{"do": "look", **known}, rest, rest])[0]


def test_a_claim_is_renewed_or_ends(race):
    outcomes = set()
    for _round in range(ROUNDS):
        (_swept, confirmed, taken), after = end_of_a_claim(race, 0.12)
        assert after["renewed"] + after["expired"] == 1, after
        if after["renewed"]:
            expected = {"status": "live", "is_running": True, "is_owners": True, "stays": 0, "live": 1}
            assert (confirmed["status"], taken["won"]) == (200, False)
        else:
            expected = {"status": "expired", "is_running": False, "is_owners": False, "stays": 1}
            assert after["live"] == int(taken["won"])
        assert {key: after[key] for key in expected} == expected
        outcomes.add(after["status"])
    assert ROUNDS < 20 or outcomes == {"live", "expired"}


def test_a_sweep_that_does_not_look_again_takes_renewed_claims_away(tmp_path):
    with new_race(EXPIRER, tmp_path, "--unguarded") as race:
        found = [end_of_a_claim(race, 0.0)[1] for _round in range(10)]
    assert any(one["renewed"] and one["expired"] for one in found)
