"""CC1, CC2, CC12: one customer or project through page, API, operation and import at the same instant: one wins.

No channel answers with a defect. The control switches lock, unique key and the second look off and must see several
winners.
"""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest

from tests.factories.accounts import unlike_name
from tests.races.arena import ROUNDS, Race, new_race

RIVAL = "tests.races.rival"
#: Written in other ways, one company: CC1.
VARIANTS = (
    "宁波{}机械有限公司",
    "宁波（{}）机械有限公司 ",
    "寧波{}機械有限公司",
    "宁波市{}机械股份有限公司",
    "ＮＢ{}机械有限公司",
    "NB {} 机械有限责任公司",
    "Ningbo {} Machinery Co., Ltd.",
    "NINGBO {} MACHINERY CO LTD",
)
CHANNELS = ("page", "call", "operation", "publish")
LATIN = ("Alkor", "Benter", "Cadwin", "Dorsel", "Elgrun", "Fostig", "Gavmor", "Hultek", "Ipswan", "Jorbel")
#: The short ways begin a little later, by chance.
LATEST = {"page": 0.1, "call": 0.12, "operation": 0.25, "publish": 0.0}
#: In every other race one way, each in its turn, has a lead of so many seconds: each of them comes first now and then.
LEAD = (0.2, 0.9)
CHANCE = Random(20261124)
_numbers = count()
_races = count()
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with new_race(RIVAL, tmp_path_factory.mktemp("channels")) as started:
        yield started


def turned(number: int) -> list[str]:
    """The three ways of the sellers, each in turn with another of them, and the importer's."""
    turn = number % 3
    return [*CHANNELS[turn:3], *CHANNELS[:turn], "publish"]


def spelled(number: int) -> list[str]:
    """One new company, written in four ways."""
    pair = number % 4 * 2
    brand = unlike_name().removesuffix("有限公司")
    if pair == 6:
        brand = f"{LATIN[number // 4 % 10]}{LATIN[number // 40 % 10].lower()}"
    names = [one.format(brand) for one in VARIANTS[pair : pair + 2]]
    return [*names, *names]


def run(race: Race, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stage the importer's table while the others rest, then let all four go."""
    race.run([{**order, "by": "stage" if order["by"] == "publish" else "rest"} for order in orders])
    behind = waits(next(_races), [order["by"] for order in orders])
    answers = race.run([{**order, "behind": wait} for order, wait in zip(orders, behind, strict=True)])
    assert {one["code"] for one in answers} <= {"", "collision", "confirm-different", "meanwhile"}
    return answers


def waits(number: int, ways: list[str]) -> list[float]:
    """Seconds by which each way begins later."""
    first = CHANNELS[number // 2 % 4] if number % 2 else ""
    lead = CHANCE.uniform(*LEAD) if first else 0.0
    return [0.0 if way == first else lead + CHANCE.uniform(0, LATEST[way]) for way in ways]


def customers(number: int) -> list[dict[str, Any]]:
    return [{"by": way, "name": name} for way, name in zip(turned(number), spelled(number), strict=True)]


def test_one_of_four_channels_gets_the_customer(race):
    winners = set[str]()
    for _round in range(ROUNDS):
        number = next(_numbers)
        answers = run(race, customers(number))
        assert sum(one["won"] for one in answers) == 1, (number, answers)
        winners |= {way for way, one in zip(turned(number), answers, strict=True) if one["won"]}
    assert ROUNDS < 20 or winners == set(CHANNELS)


def test_one_of_four_channels_gets_the_project(race):
    known = {"account": race.prepared["account"], "customer": race.prepared["customer"]}
    for _round in range(ROUNDS):
        number = next(_numbers)
        name = f"{unlike_name().removesuffix('有限公司')}循环水泵改造"
        spellings = (name, f" {name}", name.replace("改造", "　改造"), name)
        orders = [
            {"by": way, "name": "", "project": project, **known}
            for way, project in zip(turned(number), spellings, strict=True)
        ]
        answers = run(race, orders)
        assert sum(one["won"] for one in answers) == 1, (number, answers)


def test_without_lock_and_second_look_there_are_several_winners(tmp_path):
    with new_race(RIVAL, tmp_path, "--unguarded") as race:
        winners = []
        for _round in range(10):
            answers = run(race, customers(next(_numbers)))
            winners.append(sum(one["won"] for one in answers))
    assert max(winners) >= 2
