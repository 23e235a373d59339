"""CC1: several processes register the same customer at the same instant: exactly one wins, on either database.

OPENPSM_RACE_ROUNDS says how often (50). The control switches lock and unique key off and must see two winners.
"""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.factories.accounts import unlike_name
from tests.races.arena import ROUNDS, Race, new_race

CLAIMANT = "tests.races.claimant"
EQUAL = ("宁波{}机械有限公司", "宁波{}机械有限公司", "宁波（{}） 机械有限公司")
ALIKE = ("宁波{}机械有限公司", "宁波市{}机械股份有限公司", "宁波{}机械集团有限公司")
_numbers = count(1)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(CLAIMANT, tmp_path_factory.mktemp("race")) as started:
        yield started


def fresh_names(patterns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the patterns filled with a brand that no other round uses, in turn with another first."""
    turn, brand = next(_numbers) % len(patterns), unlike_name().removesuffix("有限公司")
    return [{"name": pattern.format(brand)} for pattern in (*patterns[turn:], *patterns[:turn])]


@pytest.mark.parametrize("patterns", [EQUAL, ALIKE], ids=["equal", "alike"])
def test_exactly_one_of_simultaneous_claims_wins(race, patterns):
    for _round in range(ROUNDS):
        answers = race.run(fresh_names(patterns))
        assert sum(answer["won"] for answer in answers) == 1
        assert {answer["code"] for answer in answers} <= {"", "collision", "confirm-different"}


def test_without_lock_and_unique_key_there_are_several_winners(tmp_path):
    with new_race(CLAIMANT, tmp_path, "--unguarded") as race:
        winners = [sum(answer["won"] for answer in race.run(fresh_names(EQUAL))) for _round in range(10)]
    assert max(winners) >= 2
