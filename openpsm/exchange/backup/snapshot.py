"""One moment of the database, read at leisure while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all reads inside see the database as it was at the first of them. Nobody waits; nothing can be written.

    Not inside a transaction. SQLite: a deferred transaction, which in WAL mode keeps its snapshot without a lock;
    Django's own would be an immediate one and stop every writer. PostgreSQL: REPEATABLE READ.
    """
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("a backup has a transaction of its own")
    if connection.vendor == "postgresql":
        with transaction.atomic():
            _execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    _execute("BEGIN DEFERRED")
    try:
        _execute("SELECT count(*) FROM sqlite_master")  # the snapshot begins with the first read
        yield
    finally:
        _execute("ROLLBACK")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
