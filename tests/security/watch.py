"""Sees whether a request wrote anything: by the statements that it sent, and by the rows of all tables."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core import mail
from django.db import connection

_READS = re.compile(r"[\s(]*(SELECT|WITH|EXPLAIN|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|SET|SHOW)\b", re.IGNORECASE)
#: When a session or a token was last used, and how often somebody tried: noted whatever the answer is.
_TRACES = (
    re.compile(r'UPDATE "org_usersession" SET "seen_at"'),
    re.compile(r'UPDATE "org_accesstoken" SET "used_at"'),
    re.compile(r"INSERT INTO core_ratebucket"),
)
#: Not compared: the same traces, and code lists that no request touches.
_LEFT_OUT = {"core_ratebucket", "accounts_industry", "accounts_division", "django_migrations", "sqlite_sequence"}
_TRACE_COLUMNS = {"org_usersession": "seen_at", "org_accesstoken": "used_at"}


class Writes:
    """The writing statements since the last `clear`."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _READS.match(sql) and not any(trace.match(sql.lstrip()) for trace in _TRACES):
            self.seen.append(sql[:120])
        return execute(sql, params, many, context)


@contextmanager
def writes() -> Iterator[Writes]:
    """Note every statement that writes."""
    found = Writes()
    with connection.execute_wrapper(found):
        yield found


def digests() -> dict[str, str]:
    """Return a digest of the rows of every table, and of the mails sent."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - _LEFT_OUT
        found = {name: _digest(cursor, name) for name in sorted(names)}
    return found | {"mails": str(len(mail.outbox)) if hasattr(mail, "outbox") else "0"}


def _digest(cursor: Any, table: str) -> str:
    cursor.execute(f'SELECT * FROM "{table}"')
    columns = [each[0] for each in cursor.description]
    kept = [index for index, name in enumerate(columns) if name != _TRACE_COLUMNS.get(table)]
    rows = sorted(repr([row[index] for index in kept]) for row in cursor.fetchall())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
