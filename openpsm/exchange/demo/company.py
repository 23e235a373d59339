"""The business of the demo company: everything that happened, in the order in which it happened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openpsm.core import memo
from openpsm.duplicates.operations import search_accounts
from openpsm.exchange.demo import moves, owning, telling
from openpsm.exchange.demo.stories import Step, Story, Tell, play, steps_of
from openpsm.exchange.demo.words import Words, read
from openpsm.exchange.demo.world import World, build
from openpsm.insights.alerts import sweeping
from openpsm.org.models import User
from openpsm.projects.operations import sweep

FILES = ("north", "north_ended", "east", "east_ended")
#: The sections of an account and of a project, in the order in which they follow each other within a day.
ACCOUNT_SECTIONS: Mapping[str, Tell] = {
    "start": telling.account,
    "calls": telling.call,
    "pool": telling.to_pool,
    "contests": owning.contested_account,
    "volumes": owning.volumes,
    "plans": owning.plan,
    "lost": owning.lost,
    "judged": owning.judged,
    "handover": owning.handover,
}
SECTIONS: Mapping[str, Tell] = {
    "start": telling.start,
    "team": telling.team,
    "people": telling.person,
    "steps": moves.step,
    "elements": telling.elements,
    "asks": telling.ask,
    "rivals": telling.rival,
    "visits": telling.visit,
    "attitudes": telling.attitude,
    "labels": telling.label,
    "boss": moves.boss,
    "criteria": telling.criterion,
    "tenders": moves.tender,
    "says": moves.says,
    "qualify": moves.qualify,
    "evaluate": moves.evaluate,
    "chances": moves.chance,
    "tasks": telling.task,
    "blocked": moves.blocked,
    "gates": moves.gate,
    "back": moves.back,
    "pins": moves.pin,
    "rest": moves.rest,
    "end": moves.end,
    "plans": telling.plan,
    "contests": owning.contested_project,
}


def load_business(users: Mapping[str, User], words: Words, *, by: User, at: datetime) -> None:
    """Create products, accounts, contacts and projects with all that happened to them until `at`."""
    content = read("company")
    world = build(content, users, words, by=by, at=at)
    steps = [step for row in read("accounts") for step in steps_of_row(row, world, ACCOUNT_SECTIONS)]
    for name in FILES:
        steps += [step for row in read(name) for step in steps_of_row(row, world, SECTIONS)]
    with memo.scope():
        play(steps, world, until=at)
    look(at)


def look(at: datetime) -> None:
    """Look at everything as a worker does every night: projects, accounts that are alike, alerts."""
    sweep(at=at)
    search_accounts(by=None, at=at)
    sweeping.sweep(at=at)


def steps_of_row(row: Mapping[str, Any], world: World, sections: Mapping[str, Tell]) -> list[Step]:
    """Return the steps of an account or a project of the data files."""
    return list(steps_of(Story({**row, "start": [[row["day"]]]}), world, sections))
