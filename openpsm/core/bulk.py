"""Rows straight into their tables, for loads of hundreds of thousands: COPY on PostgreSQL, one statement on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any

from django.core.management.color import no_style
from django.db import connection, connections, models

Row = Mapping[str, Any]


def ids(model: type[models.Model]) -> Iterator[int]:
    """Count on from the highest id of the table; `renumber` when all is written."""
    highest = model._default_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
    return count(highest + 1)


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


def _values(fields: list[Any], rows: Iterable[Row]) -> Iterator[list[Any]]:
    """Yield what the database is given; numbers and texts of plain columns go as they are, which most values are."""
    real = connections[connection.alias]
    ready = [(one.attname, one.get_default(), one.get_db_prep_save, _as_they_are(one)) for one in fields]
    for row in rows:
        found = ((row.get(name, default), prepared, plain) for name, default, prepared, plain in ready)
        yield [value if type(value) in plain else prepared(value, real) for value, prepared, plain in found]


_PLAIN = (models.CharField, models.TextField, models.ForeignKey, models.IntegerField, models.AutoField)
_NOTHING = type(None)


def _as_they_are(column: Any) -> tuple[type, ...]:
    """Return the types of values that both Django and the driver would hand on unchanged."""
    if isinstance(column, _PLAIN):
        return (int, str, _NOTHING)
    if connection.vendor == "postgresql" and isinstance(column, (models.DateField, models.BooleanField)):
        return (datetime if isinstance(column, models.DateTimeField) else date, bool, _NOTHING)
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


def _send(table: str, names: str, width: int, rows: Iterable[list[Any]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * width)
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(rows))  # noqa: S608 - our names


def finish(*written: type[models.Model]) -> None:
    """Let the databases give out ids behind those that were written, and look at what they have got, to plan by it."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(written)):
            cursor.execute(statement)
        cursor.execute("ANALYZE")
