"""The demo company: 远岭润滑科技, a maker of industrial lubricants. It and everybody in it are invented."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone, translation

from openpsm.exchange.demo import growing, marking
from openpsm.exchange.demo.company import load_business
from openpsm.exchange.demo.people import create_people
from openpsm.exchange.demo.words import Words
from openpsm.org.models import User

#: Known to everybody who reads this: the demo listens on this machine only.
PASSWORD = "openpsm-demo"  # noqa: S105 - meant to be known


@dataclass(frozen=True)
class Login:
    """A person of the demo company and what they are there."""

    username: str
    name: str
    title: str


def load_demo(at: datetime, *, by: User | None = None, language: str = "") -> list[Login]:
    """Create the demo company and return its people, the administrator first.

    Its past reaches back over eighteen months before `at`. Into an empty installation, with the password PASSWORD for
    everybody; or with `by`, the first administrator of a real one, whose demo people get passwords that nobody knows
    until they are reset. Names and texts are in `language`, by default that of the installation. A worker adds the
    many smaller stories of `growing`.
    """
    language = language or settings.LANGUAGE_CODE
    with translation.override(language), marking.marked():
        words = Words.of(language, timezone.localdate(at))
        people = create_people(at, words=words, language=language, by=by, password="" if by else PASSWORD)
        load_business({user.username: user for user in people}, words, by=people[0], at=at)
    growing.go_on.enqueue(at=at.isoformat(), language=language)
    return [Login(user.username, user.name, user.title) for user in people]
