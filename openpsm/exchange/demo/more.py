"""The many smaller stories of the demo company, in the shape of the data files: made from lists, the same each time.

Most are short: somebody is visited, some end early. Others go as far as a tender, an order or the last delivery: they
retell one whole story of the data files at another customer, with its people, rival, amount and days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pypinyin import lazy_pinyin

from openpsm.exchange.demo.words import BETWEEN_LANGUAGES, both, read

Row = dict[str, Any]
SEED = 20
#: How many of each: accounts that have no project yet, young projects, dropped, lost.
IDLE, YOUNG, DROPPED, LOST = 27, 38, 8, 10
#: The story that is retold, and for each place to stop the day behind which nothing of it has happened yet: behind one
#: gate, two … six, which is the end; how many stop there; and how the customer's possibility stands.
MODEL = "luanfeng-vertical"
STOPS = ((-493, 11), (-471, 9), (-406, 8), (-361, 4), (-345, 5), (-186, 4))
LAST_OPEN = 4
DATED = (
    *("people", "steps", "elements", "rivals", "visits", "attitudes"),
    *("labels", "criteria", "says", "qualify", "evaluate", "gates"),
)
#: The seller, the purchaser and the manager of the model, whose surnames and names stand in its texts.
PEOPLE = (
    ("wu-changsheng", "吴长生", "Wu Changsheng"),
    ("pan-lihua", "潘丽华", "Pan Lihua"),
    ("he-guoqiang", "何国强", "He Guoqiang"),
)
RIVAL, BUDGET = ("久泽", "Jiuze"), ("80 万 | 800,000", "首款 23.4 万到账 | First payment of 234,000")


@dataclass(frozen=True)
class Customer:
    """An invented company with whoever works on it; `people` are three contacts: key, name, post, department."""

    account: Row
    trade: Mapping[str, Any]
    owner: str
    manager: str
    people: list[list[str]]


def stories() -> tuple[list[Row], list[Row]]:
    """Return accounts and projects as the data files would hold them."""
    maker = _Maker()
    projects = list(maker.projects())
    return maker.accounts, projects


class _Maker:
    """Draws from the lists, always in the same order."""

    def __init__(self) -> None:
        self.words = read("more")
        self.model = next(row for row in read("east_ended") if row["key"] == MODEL)
        self.rng = Random(SEED)  # noqa: S311 - a story, no secret
        brands = [first + second for first in self.words["brand_first"] for second in self.words["brand_second"]]
        self.rng.shuffle(brands)
        self.brands: list[str] = brands
        self.taken: dict[str, set[str]] = {}
        self.number = 0
        self.accounts: list[Row] = []

    def projects(self) -> Iterator[Row]:
        for _each in range(IDLE):
            self._idle()
        yield from (self._young(self.rng.randrange(-26, -4)) for _each in range(YOUNG))
        yield from (self._ended("drop", self.words["dropped"]) for _each in range(DROPPED))
        yield from (self._ended("lose", self.words["lost"]) for _each in range(LOST))
        for index, (cut, how_many) in enumerate(STOPS):
            yield from (self._retold(cut, is_open=index < LAST_OPEN) for _each in range(how_many))

    # --- customers

    def _customer(self, day: int) -> Customer:
        """Add a company that was registered on a day."""
        self.number += 1
        manager = self.rng.choice(sorted(self.words["teams"]))
        team, trade = self.words["teams"][manager], self.words["trades"][self.number % len(self.words["trades"])]
        (place, code), brand = self.rng.choice(team["regions"]), self._brand(trade["industry"])
        latin = "".join(lazy_pinyin(brand)).capitalize()
        owner, key = self.rng.choice(team["sellers"]), f"c{self.number:03}"
        region, company, short = both(place), both(trade["company"]), both(trade["short"])
        account = {
            "key": key,
            "day": day,
            "owner": owner,
            "name": _pair(
                f"{region['zh']}{brand}{company['zh']}",
                f"{region['en']} {latin} {company['en']}",
            ),
            "short": _pair(brand + short["zh"], f"{latin} {short['en']}"),
            "kind": self.rng.choice(("buyer", "buyer", "end_user")),
            "industry": trade["industry"],
            "region": code,
        }
        people = [[f"{key}-{number}", self._person(), *post] for number, post in enumerate(self.words["posts"])]
        account["contacts"] = people
        self.accounts.append(account)
        return Customer(account, trade, owner, manager, people)

    def _brand(self, industry: str) -> str:
        """Take a brand none of whose signs another company of the trade has: a claim would ask if it is the same."""
        taken = self.taken.setdefault(industry, set())
        brand = next(one for one in self.brands if not taken & set(one))
        self.brands.remove(brand)
        taken |= set(brand)
        return brand

    def _person(self) -> str:
        surname, given = self.rng.choice(self.words["surnames"]), self.rng.choice(self.words["given"])
        return _pair(surname + given, f"{_latin(surname)} {_latin(given)}")

    def _idle(self) -> None:
        """Add a company that was called once and has no project."""
        day = self.rng.randrange(-300, -20)
        customer = self._customer(day)
        purpose, result, following = self.words["account_call"]
        customer.account["calls"] = [[day, "call", [customer.people[0][0]], purpose, result, following, 120]]

    # --- projects

    def _project(self, customer: Customer, day: int, amount: int) -> Row:
        name, machine = both(customer.account["short"]), both(customer.trade["machine"])
        return {
            "key": f"p{self.number:03}",
            "owner": customer.owner,
            "manager": customer.manager,
            "day": day,
            "account": customer.account["key"],
            "name": _pair(name["zh"] + machine["zh"], f"{name['en']}, {machine['en']}"),
            "line": customer.trade["line"],
            "site": customer.trade["site"],
            "region": customer.account["region"],
            "amount": amount,
            "form": self.rng.choice(("inquiry", "open_tender", "invited_tender")),
            "news": [day - 3, self.rng.choice(self.words["heard"])],
            "products": {customer.trade["product"]: max(1, amount // 17_000)},
            "brand": self.rng.choice(("boteng", "hengnie", "tarnow", "mixed")),
        }

    def _young(self, day: int) -> Row:
        """A project of the first stage: heard of, visited, and not forgotten."""
        customer = self._customer(day - self.rng.randrange(1, 40))
        row = self._project(customer, day, self.rng.randrange(6, 160) * 10_000)
        first, second = customer.people[0][0], customer.people[1][0]
        row["people"] = [
            [day, first, {"project_role": "technical_head", "buying_roles": ["user"], "power_class": 3}],
            [day, second, {"is_purchasing": True, "buying_roles": ["purchaser"], "power_class": 3}],
        ]
        row["tender"], row["order"] = self.rng.randrange(40, 200), self.rng.randrange(210, 330)
        row["tender_source"] = self.rng.choice(self.words["heard"])
        row["visits"] = [self._visit(day + 1, "visit", first, self.words["first"])]
        row["visits"].append(self._visit(max(day + 2, -self.rng.randrange(1, 10)), "call", first))
        return row

    def _visit(self, day: int, kind: str, person: str, said: Sequence[str] = ()) -> list[Any]:
        purpose, result, following = said or self.rng.choice(self.words["news"])
        return [day, kind, [person], purpose, result, following, self.rng.randrange(3, 12)]

    def _ended(self, how: str, reasons: Sequence[Sequence[str]]) -> Row:
        """A project that was lost or dropped early."""
        day = self.rng.randrange(-420, -90)
        row = self._young(day)
        row["visits"] = row["visits"][:1]
        row["tender"], row["order"] = day + 60, day + 110
        reason, text = self.rng.choice(reasons)
        rival = both(self.rng.choice(self.words["rivals"]))
        more: Row = {"hours": self.rng.randrange(6, 40)}
        if how == "lose":
            winner = _pair(f"{rival['zh']}润滑", f"{rival['en']} Lubricants")
            more |= {"winner": winner, "amount": str(row["amount"] * 9 // 10)}
            more["destination"] = self.words["elsewhere"].get(row["owner"], winner)
        row["end"] = [[day + self.rng.randrange(30, 80), how, reason, text, more]]
        return row

    def _retold(self, cut: int, *, is_open: bool) -> Row:
        """The model up to a day, told so that this day was a few days ago."""
        shift = -self.rng.randrange(2, 9) - cut
        if not is_open:
            shift -= self.rng.randrange(0, 60)
        day = self.model["day"] + shift
        customer = self._customer(day - self.rng.randrange(2, 30))
        row = self._project(customer, day, self.rng.randrange(20, 140) * 10_000)
        told = _replaced(self.model, self._names(customer, row["amount"]))
        for section in DATED:
            rows = [[each[0] + shift, *each[1:]] for each in told[section] if each[0] < cut]
            if rows:
                row[section] = rows
        row["tender"], row["order"] = told["tender"] + shift, told["order"] + shift
        row["tender_source"], row["chance"] = told["tender_source"], told["chance"]
        row["visits"].append(self._visit(-self.rng.randrange(1, 6), "call", customer.people[0][0]))
        return row

    def _names(self, customer: Customer, amount: int) -> dict[str, str]:
        """What stands in the texts of the model, and what stands there in this one."""
        found = {self.model["manager"]: customer.manager}
        for (key, chinese, latin), (new_key, name, *_post) in zip(PEOPLE, customer.people, strict=True):
            new = both(name)
            found |= {key: new_key, chinese: new["zh"], latin: new["en"]}
        first, _second, third = (name for _key, name, *_post in customer.people)
        found |= {"吴厂长": f"{first[0]}部长", "何总": f"{third[0]}总"}
        rival = both(self.rng.choice(self.words["rivals"]))
        budget, paid = amount + 20_000, amount * 3 // 10
        found |= {RIVAL[0]: rival["zh"], RIVAL[1]: rival["en"], "立磨大修": "大修"}
        found[BUDGET[0]] = f"{budget / 10_000:g} 万 | {budget:,}"
        found[BUDGET[1]] = f"首款 {paid / 10_000:g} 万到账 | First payment of {paid:,}"
        return found


def _replaced(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {key: _replaced(each, names) for key, each in value.items()}
    return [_replaced(each, names) for each in value] if isinstance(value, list) else value


def _pair(chinese: str, english: str) -> str:
    return f"{chinese}{BETWEEN_LANGUAGES}{english}"


def _latin(name: str) -> str:
    return "".join(lazy_pinyin(name)).capitalize()
