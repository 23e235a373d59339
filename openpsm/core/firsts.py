"""The first rows of each of many values, however many rows have one, on any database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from django.db import connection, models

#: A statement puts so many questions together; SQLite allows five hundred.
AT_ONCE = 400
#: For values of which none is to be left out.
ALL = 2**31 - 1


def first_of_each(
    table: type[models.Model], column: str, most: Mapping[str, int], reference: str, *, newest: bool = False
) -> Iterator[tuple[str, int]]:
    """Yield value and referred id of the oldest (or newest) rows of each value, at most so many of each as it says.

    1 query for 400 values. An index over (column, reference) answers it: of a value that a hundred thousand have, no
    more rows are read than asked for, where a window function would read all of them.
    """
    waiting = iter(most.items())
    while part := list(islice(waiting, AT_ONCE)):
        question = _question(table, column, reference, len(part), newest=newest)
        with connection.cursor() as cursor:
            cursor.execute(question, [one for pair in part for one in pair])
            rows = cursor.fetchall()
        yield from rows


def _question(table: type[models.Model], column: str, reference: str, number: int, *, newest: bool) -> str:
    name, order = table._meta.db_table, "DESC" if newest else "ASC"
    chosen = f'SELECT "{column}", "{reference}_id" FROM "{name}"'  # noqa: S608 - our names
    one = f'{chosen} WHERE "{column}" = %s ORDER BY "{reference}_id" {order} LIMIT %s'
    return " UNION ALL ".join([f"SELECT * FROM ({one}) AS one"] * number)  # noqa: S608 - our names
