"""Rows straight into their tables, for loads of hundreds of thousands: COPY on PostgreSQL, few statements on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, count, islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, connections, models

Row = Mapping[str, Any]


def ids(model: type[models.Model]) -> Iterator[int]:
    """Count on from the highest id of the table; `renumber` when all is written."""
    highest = model._default_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
    return count(highest + 1)


def reserve(model: type[models.Model], number: int) -> list[int]:
    """Return so many fresh ids in order, for rows that name one another; inside the transaction that writes them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, number]
            )
            return sorted(pk for (pk,) in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        used = cursor.fetchone()
    first = (used[0] if used else 0) + 1
    return list(range(first, first + number))


def insert(model: type[models.Model], objects: Sequence[models.Model]) -> None:
    """Insert fresh objects and give them their ids: `bulk_create` without an expression for every single value."""
    for one, pk in zip(objects, reserve(model, len(objects)), strict=True):
        one.pk, one._state.adding = pk, False
    write(model, map(vars, objects))


def write(model: type[models.Model], rows: Iterable[Row]) -> None:
    """Insert rows given by column name (`vars()` of an object will do); what one leaves out has its default.

    The caller answers for what follows from the columns. Either all rows bring their id or none does.
    """
    found = list(rows)  # making them may ask the database, which cannot answer while it copies
    if not found:
        return
    fields = [one for one in model._meta.concrete_fields if not one.primary_key or one.attname in found[0]]
    names = ", ".join(f'"{one.column}"' for one in fields)
    _send(model._meta.db_table, names, len(fields), _values(fields, found))


def write_values(model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[int | str, ...]]) -> None:
    """Insert plain numbers and texts of these columns, for the narrow tables with fifty rows a record."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    _send(model._meta.db_table, ", ".join(f'"{one.column}"' for one in fields), len(fields), rows)


def _values(fields: list[Any], rows: Iterable[Row]) -> Iterator[list[Any]]:
    """Yield what the database is given; numbers and texts of plain columns go as they are, which most values are.

    Of the others many rows hold the very same one (the moment, an empty dict): it is prepared once.
    """
    real = connections[connection.alias]
    ready = [(place, one.attname, one.get_default(), _as_they_are(one)) for place, one in enumerate(fields)]
    last: list[tuple[Any, Any]] = [(object(), None)] * len(fields)
    for row in rows:
        found = []
        for place, name, default, plain in ready:
            value = row.get(name, default)
            if type(value) not in plain:
                if not value and type(value) is dict:
                    value = _NO_KEYS
                if value is not last[place][0]:
                    last[place] = value, fields[place].get_db_prep_save(value, real)
                value = last[place][1]
            found.append(value)
        yield found


_PLAIN = (models.CharField, models.TextField, models.ForeignKey, models.IntegerField, models.AutoField)
_NOTHING = type(None)
_NO_KEYS: dict[str, Any] = {}  # stands for every empty dict, so that they are the very same one


def _as_they_are(column: Any) -> tuple[type, ...]:
    """Return the types of values that both Django and the driver would hand on unchanged."""
    if isinstance(column, _PLAIN):
        return (int, str, _NOTHING)
    if isinstance(column, models.BooleanField):
        return (bool, _NOTHING)
    if connection.vendor == "postgresql" and isinstance(column, models.DateField):
        return (datetime if isinstance(column, models.DateTimeField) else date, _NOTHING)
    return ()


def mark(model: type[models.Model], rows: Iterable[models.Model], names: Sequence[str]) -> None:
    """Write these columns of rows that are there, each row its own values, in one statement sent for many.

    `bulk_update` puts together an expression for every single value, which takes longer than the database.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in (*names, "id")]
    values = list(_values(fields, map(vars, rows)))
    settings = ", ".join(f'"{one.column}" = %s' for one in fields[:-1])
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{model._meta.db_table}" SET {settings} WHERE "id" = %s', values)  # noqa: S608 - our names


def _send(table: str, names: str, width: int, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks, waiting = f"({', '.join(['%s'] * width)})", iter(rows)
            most = max(1, (connection.features.max_query_params or 999) // width)
            while part := list(islice(waiting, most)):
                statement = f'INSERT INTO "{table}" ({names}) VALUES {", ".join([marks] * len(part))}'  # noqa: S608 - our names
                cursor.execute(statement, list(chain.from_iterable(part)))


def finish(*written: type[models.Model]) -> None:
    """Let the databases give out ids behind those that were written, and look at what they have got, to plan by it."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(written)):
            cursor.execute(statement)
        cursor.execute("ANALYZE")
