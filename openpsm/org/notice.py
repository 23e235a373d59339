"""What an administrator tells everybody on every page: when the program will stand still. Empty: nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from openpsm.core import parameters
from openpsm.org.models import User

TEXT, TIME = "notice.text", "notice.time"


@dataclass(frozen=True)
class Notice:
    """Words and time as the administrator wrote them."""

    text: str
    time: str = ""

    def __str__(self) -> str:
        return f"{self.time}: {self.text}" if self.time else self.text


def declare_all() -> None:
    """Declare the parameters; called when the program starts."""
    group = _("Notice to everybody")
    help_text = _("Stands above every page and in the header OpenPSM-Notice of the API until it is emptied.")
    parameters.declare(
        TEXT, kind="text", default="", label=_("What everybody should know"), help=help_text, group=group
    )
    parameters.declare(
        TIME,
        kind="text",
        default="",
        label=_("When it is"),
        help=_("For example: tonight from 22:00 to 23:00"),
        group=group,
    )


def current() -> Notice | None:
    """Return the notice in force (1 query)."""
    return _made(parameters.value(TEXT), parameters.value(TIME))


def of_stored(values: dict[str, Any]) -> Notice | None:
    """Return the notice of these stored parameters."""
    return _made(values.get(TEXT, ""), values.get(TIME, ""))


def _made(text: str, time: str) -> Notice | None:
    return Notice(text[:500], time[:100]) if text else None


#: Asked by every page: what is unread and what everybody should know in one statement.
_AROUND = """
    SELECT '' AS key, NULL AS value, COUNT(*) AS unread
    FROM (SELECT 1 AS one FROM org_notification WHERE user_id = %s AND read_at IS NULL LIMIT 100) waiting
    UNION ALL
    SELECT key, CAST(value AS TEXT), 0 FROM core_parameter WHERE key IN (%s, %s)
"""


def unread_and_notice(user: User) -> tuple[int, Notice | None]:
    """Return how many lines wait in the user's bell (at most 100) and the notice in force (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [user.pk, TEXT, TIME])
        rows = cursor.fetchall()
    unread = sum(row[2] for row in rows if not row[0])
    return unread, of_stored({key: json.loads(value) for key, value, _unread in rows if key})
