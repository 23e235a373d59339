"""The demo company: 远岭润滑科技, a maker of industrial lubricants. It and everybody in it are invented."""

from dataclasses import dataclass
from datetime import datetime

from openpsm.exchange.demo.people import create_people
from openpsm.org.models import User

#: Known to everybody who reads this: the demo listens on this machine only.
PASSWORD = "openpsm-demo"  # noqa: S105 - meant to be known


@dataclass(frozen=True)
class Login:
    """A person of the demo company and what they are there."""

    username: str
    name: str
    title: str


def load_demo(at: datetime, *, by: User | None = None) -> list[Login]:
    """Create the demo company and return its people, the administrator first.

    Into an empty installation, with the password PASSWORD for everybody; or with `by`, the first administrator of a
    real one, whose demo people get passwords that nobody knows until they are reset.
    """
    people = create_people(at, by=by, password="" if by else PASSWORD)
    return [Login(user.username, user.name, user.title) for user in people]
