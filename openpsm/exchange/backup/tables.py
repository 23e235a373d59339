"""The tables of a backup: which they are, and one spelling of their rows that both databases give and take.

A table is a sequence of JSON lines in the order of the primary key, each the values of one row in the order of the
sorted column names. The same rows give the same bytes, whichever database holds them: their digest is the table's.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps import apps as installed
from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Collate

from openpsm.core import bulk

Node = tuple[str, str]
BATCH = 2_000
#: What only matters while the program runs; whoever restores signs in again.
LEFT_OUT = frozenset({"org.usersession", "core.ratebucket", "core.workerheartbeat"})


def own_labels() -> set[str]:
    """The labels of the program's own applications: the tables of the others are made anew with the database."""
    return {config.label for config in installed.get_app_configs() if config.name.startswith("openpsm.")}


def applied_migrations() -> list[Node]:
    """The migrations of our own applications that this database has had, in order."""
    own = own_labels()
    return sorted(node for node in MigrationLoader(connection).applied_migrations if node[0] in own)


def apps_at(nodes: Collection[Node]) -> Apps:
    """The models as they were after these migrations: those of today if there is nothing newer."""
    own, loader = own_labels(), MigrationLoader(None)
    if {node for node in loader.graph.nodes if node[0] in own} <= set(nodes):
        return installed
    return loader.project_state([node for node in nodes if node in loader.graph.nodes]).apps


def unknown_migrations(nodes: Collection[Node]) -> list[Node]:
    """Those that this program does not have: they come from a newer one."""
    return sorted(set(nodes) - set(MigrationLoader(None).graph.nodes))


def models_of(apps: Apps) -> dict[str, type[models.Model]]:
    """Return the models of all tables that a backup holds, by label, sorted."""
    own = own_labels()
    found = {
        model._meta.label_lower: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in own and model._meta.managed and not model._meta.proxy
    }
    return {label: found[label] for label in sorted(found) if label not in LEFT_OUT}


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields with a column, sorted by name: their order in a model says nothing."""
    return sorted(model._meta.concrete_fields, key=lambda field: field.attname)


def lines(model: type[models.Model]) -> Iterator[bytes]:
    """Read a table row by row; call it in a transaction, or the rows are of different moments."""
    names = [field.attname for field in columns_of(model)]
    rows = model._base_manager.order_by(_by_key(model)).values_list(*names)
    return map(_line, rows.iterator(chunk_size=BATCH))


def _by_key(model: type[models.Model]) -> Any:
    if not isinstance(model._meta.pk, models.CharField):
        return "pk"
    return Collate("pk", "C" if connection.vendor == "postgresql" else "BINARY")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | UUID | Decimal):
        return value.isoformat() if isinstance(value, date) else str(value)
    raise TypeError(f"a backup cannot hold a {type(value).__name__}")


_ENCODER = json.JSONEncoder(default=_plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _line(row: tuple[Any, ...]) -> bytes:
    return _ENCODER.encode(row).encode("ascii") + b"\n"


class Reader:
    """Reads the lines of one table back into rows."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        fields = columns_of(model)
        self.names = [field.attname for field in fields]
        self._parsers = [field.to_python for field in fields]

    def row(self, line: bytes) -> dict[str, Any]:
        """Return a row by column name; raises ValueError unless the line is exactly what `lines` would write."""
        try:
            values = json.loads(line)
            if not isinstance(values, list) or len(values) != len(self.names):
                raise ValueError("a row has another number of values than its table has columns")
            parsed = [parse(value) for parse, value in zip(self._parsers, values, strict=True)]
        except (ValidationError, TypeError, RecursionError) as error:
            raise ValueError(str(error)) from error
        if _line(tuple(parsed)) != line:
            raise ValueError("a row is not in the spelling of a backup")
        return dict(zip(self.names, parsed, strict=True))


def fill(model: type[models.Model], rows: Iterator[dict[str, Any]]) -> None:
    """Write the rows of one table in batches, as they are; the caller answers for transaction and constraints."""
    while batch := list(islice(rows, BATCH)):
        bulk.write(model, batch)


# --- where the ids go on: an id that was given once never comes again, for the event log knows it


def next_id(model: type[models.Model]) -> int:
    """The id that the database would give to the next row; 0 for tables whose keys it does not number."""
    if not isinstance(model._meta.pk, models.AutoField):
        return 0
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column])
            cursor.execute(f"SELECT last_value + is_called::int FROM {cursor.fetchone()[0]}")  # noqa: S608 - its name
        else:
            cursor.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = %s", [table])
        return int(cursor.fetchone()[0])


def go_on_from(model: type[models.Model], number: int) -> None:
    """Let the ids of a table go on from this number."""
    if not isinstance(model._meta.pk, models.AutoField):
        return
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s, false)", [f'"{table}"', column, number])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number - 1])
