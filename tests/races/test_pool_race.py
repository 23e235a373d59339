"""Three sellers take the same customer out of the pool at the same instant, by page, API and registration: one gets it.

OPENPSM_RACE_ROUNDS says how often (50). The control takes the guards away and must see two winners.
"""

from collections import Counter
from typing import Any

import pytest

from tests.races.arena import ROUNDS, new_race

TAKER = "tests.races.taker"
WAYS = ("page", "api", "register")
pytestmark = pytest.mark.slow


def orders(account: int, turn: int) -> list[dict[str, Any]]:
    """Return one order for each seller, in turn by another way."""
    ways = [WAYS[(turn + place) % len(WAYS)] for place in range(len(WAYS))]
    return [{"account": account, "via": way} for way in ways]


def test_exactly_one_takes_a_customer_whichever_way(tmp_path):
    winners: Counter[str] = Counter()
    with new_race(TAKER, tmp_path, f"--rounds={ROUNDS}") as race:
        for turn, account in enumerate(race.prepared["accounts"]):
            given = orders(account, turn)
            answers = race.run(given)
            assert [answer["won"] for answer in answers].count(True) == 1, (given, answers)
            assert {answer["status"] for answer in answers} <= {201, 302, 409}, (given, answers)
            winners.update(order["via"] for order, answer in zip(given, answers, strict=True) if answer["won"])
    assert winners.total() == ROUNDS


def test_without_the_guards_there_are_several_winners(tmp_path):
    with new_race(TAKER, tmp_path, "--rounds=10", "--unguarded") as race:
        most = max(sum(answer["won"] for answer in race.run(orders(one, 0))) for one in race.prepared["accounts"])
    assert most >= 2
