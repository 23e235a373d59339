"""The stories of the data files as steps in the order of time.

A story is a project: what it starts with, and sections of rows that each begin with a day, counted from the day of
loading. What a row holds behind the day are the arguments of the function of its section: see `telling` and `moves`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from openpsm.core.errors import DomainError
from openpsm.exchange.demo.words import Words
from openpsm.exchange.demo.world import World
from openpsm.org.models import User

#: Between two steps of a day.
PACE = timedelta(minutes=4)
MORNING = time(8, 40)
BATCH = 20


@dataclass
class Story:
    """One project of the data files, and what its telling has made of it."""

    content: Mapping[str, Any]
    project_id: int = 0
    people: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """One step of a story: where, when and by whom."""

    world: World
    story: Story
    at: datetime

    @property
    def by(self) -> User:
        """The seller."""
        return self.user(self.story.content["owner"])

    @property
    def manager(self) -> User:
        """Who stands above the seller."""
        return self.user(self.story.content["manager"])

    @property
    def project_id(self) -> int:
        return self.story.project_id

    @property
    def on(self) -> date:
        return timezone.localdate(self.at)

    def user(self, username: str) -> User:
        return self.world.users[username]

    def say(self, text: str) -> str:
        return self.world.words.say(text)

    def person(self, key: str) -> int:
        """Return the stakeholder of this key."""
        return self.story.people[key]


Tell = Callable[..., None]


@dataclass(frozen=True)
class Step:
    """What happens on a day; steps of one day keep the order of `rank` and of the file."""

    days: int
    rank: int
    tell: Callable[[datetime], None]


def steps_of(story: Story, world: World, sections: Mapping[str, Tell]) -> Iterator[Step]:
    """Return the steps of a story, the sections of a day in the order of `sections`."""
    for rank, (name, tell) in enumerate(sections.items(), 1):
        for days, *rest in story.content.get(name, ()):
            yield Step(days, rank, _told(tell, story, world, rest))


def _told(tell: Tell, story: Story, world: World, rest: list[Any]) -> Callable[[datetime], None]:
    def told(at: datetime) -> None:
        try:
            tell(Moment(world, story, at), *rest)
        except (DomainError, ObjectDoesNotExist) as refused:
            refused.add_note(f"in {story.content['name']} on {timezone.localdate(at)}: {tell.__name__} {rest}")
            raise

    return told


def play(steps: list[Step], world: World, *, until: datetime) -> None:
    """Tell the steps one after the other, each at its instant, none later than `until`.

    Few steps share a transaction: a worker that loads the demo lets others write in between.
    """
    timed = list(in_time(steps, world.words, until))
    for start in range(0, len(timed), BATCH):
        with transaction.atomic():
            for step, at in timed[start : start + BATCH]:
                step.tell(at)


def in_time(steps: list[Step], words: Words, until: datetime) -> Iterator[tuple[Step, datetime]]:
    """Yield the steps in the order of time, each with its instant."""
    day, number = date.min, 0
    for step in sorted(steps, key=lambda one: (one.days, one.rank)):
        number = number + 1 if words.day(step.days) == day else 0
        day = words.day(step.days)
        start = timezone.make_aware(datetime.combine(day, MORNING))
        yield step, min(start + number * PACE, until)
