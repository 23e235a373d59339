"""The first rows of each of many values, however many rows have one, on any database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection, models

#: A statement puts so many questions together; SQLite allows five hundred.
AT_ONCE = 400


def first_of_each(
    table: type[models.Model], column: str, values: Iterable[str], reference: str, most: int, *, newest: bool = False
) -> Iterator[tuple[str, int]]:
    """Yield value and referred id of the `most` oldest (or newest) rows of each value; 1 query for 400 values.

    An index over (column, reference) answers it: of a value that a hundred thousand have, no more than `most` are read,
    where a window function would read all of them.
    """
    waiting = iter(dict.fromkeys(values))
    while part := list(islice(waiting, AT_ONCE)):
        with connection.cursor() as cursor:
            cursor.execute(*_question(table, column, part, reference, most, newest=newest))
            yield from cursor.fetchall()


def _question(
    table: type[models.Model], column: str, part: list[str], reference: str, most: int, *, newest: bool
) -> tuple[str, list[str | int]]:
    name, order = table._meta.db_table, "DESC" if newest else "ASC"
    chosen = f'SELECT "{column}", "{reference}_id" FROM "{name}"'  # noqa: S608 - our names
    one = f'{chosen} WHERE "{column}" = %s ORDER BY "{reference}_id" {order} LIMIT %s'
    asked: list[str | int] = [known for value in part for known in (value, most)]
    return " UNION ALL ".join([f"SELECT * FROM ({one}) AS one"] * len(part)), asked  # noqa: S608 - our names
