"""`flush`, which empties the whole database on purpose, the append-only event log included."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connections

from openpsm.core.events import protection


class Command(flush.Command):
    """Lift the protection of the event log while the database is emptied. The anchors outside of it still tell."""

    def handle(self, **options: Any) -> None:
        with protection.lifted(connections[options["database"]]):
            super().handle(**options)
