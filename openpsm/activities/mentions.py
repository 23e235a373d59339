"""People named in a text by "@": who is meant, and whether the name is clear."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from openpsm.core.errors import InvalidInput
from openpsm.org.models import User

LONGEST = 60
MOST = 20


def candidates(text: str) -> list[list[str]]:
    """Return for each "@" what may be the name behind it, the longest first; a mail address names nobody."""
    found = []
    for place, sign in enumerate(text):
        before = text[place - 1 : place]
        if sign in "@＠" and not (before.isascii() and before.isalnum()):
            rest = text[place + 1 : place + 1 + LONGEST].split("\n")[0]
            found.append([rest[:length] for length in range(len(rest), 0, -1)])
    return found[:MOST]


def named(text: str, people: Iterable[User]) -> list[User]:
    """Return who is named among these people, each once: the longest name or sign-in name that fits.

    Raises InvalidInput when two of them bear the name.
    """
    by_name: dict[str, list[User]] = {}
    for one in people:
        for name in {one.name.casefold(), one.username.casefold()}:
            by_name.setdefault(name, []).append(one)
    meant: dict[int, User] = {}
    for names in candidates(text):
        match = next((by_name[name.casefold()] for name in names if name.casefold() in by_name), [])
        if len(match) > 1:
            message = _("More than one person is called %(name)s. Write @ and the user name: %(names)s.")
            names_of = ", ".join(sorted(one.username for one in match))
            raise InvalidInput({"text": message % {"name": match[0].name, "names": names_of}})
        meant |= {one.pk: one for one in match}
    return list(meant.values())


def look_up(text: str) -> list[User]:
    """Return the active users whom the text names (1 query if there is an "@")."""
    wanted = {name for names in candidates(text) for name in names}
    if not wanted:
        return []
    folded = {name.casefold() for name in wanted}
    rows = User.objects.active().filter(name__in=wanted) | User.objects.active().filter(username__in=folded)
    return named(text, rows)
