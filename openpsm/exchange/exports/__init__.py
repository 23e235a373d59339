"""Records as tables, for whoever may see them: what one file says, the same kind's import understands."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events, memo
from openpsm.exchange.exports.rows import ROWS
from openpsm.exchange.imports import mapping
from openpsm.exchange.imports.kinds.base import Column, Kind
from openpsm.exchange.imports.kinds.custom import columns
from openpsm.exchange.imports.mapping import title
from openpsm.exchange.imports.parsers import factor_of
from openpsm.exchange.sheets import writing
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission

__all__ = ["export", "write_template"]


def export(*, kind: Kind, form: str, file: IO[bytes], by: User, at: datetime) -> int:
    """Write all records of a kind that the person sees, field by field as the rules allow; returns how many.

    A field hidden from the person in a row is empty there. Leaves an event: what left the house is on record.
    """
    require(by, Permission.EXPORT)
    with memo.ensured():
        shown = [one for one in columns(kind) if one.key not in ("province", "city")]
        rows = ([_cell(row.get(column.key)) for column in shown] for row in ROWS[kind.key](by))
        count = _write(form, file, kind, shown, rows)
    with transaction.atomic():
        events.record("export.made", subject=by, by=by, at=at, kind=kind.key, rows=count, format=form)
    return count


def _cell(value: Any) -> Any:
    """Lines end as they do in a cell."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _write(form: str, file: IO[bytes], kind: Kind, shown: Sequence[Column], rows: Iterator[list[Any]]) -> int:
    headings = _headings(kind, shown)
    if form == "xlsx":
        return writing.write_xlsx(file, str(kind.label), headings, rows)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        if form == "json":
            return writing.write_json(text, [column.key for column in shown], rows)
        return writing.write_csv(text, headings, rows)
    finally:
        text.flush()
        text.detach()


def _headings(kind: Kind, shown: Sequence[Column]) -> list[str]:
    """Return headings that an import understands as what they stand for.

    A custom field that is called like another column, or whose name holds a unit, stands under its key.
    """
    texts = [title(column) for column in shown]
    meant = mapping.guess(kind, texts)
    is_clear = [meant.get(str(n)) == one.key and factor_of(texts[n]) == 1 for n, one in enumerate(shown)]
    return [text if clear else one.key for text, clear, one in zip(texts, is_clear, shown, strict=True)]


def write_template(file: IO[bytes], kind: Kind) -> None:
    """Write an empty workbook with all headings and one example; required ones bear a star."""
    shown = columns(kind)
    names = _headings(kind, shown)
    headings = [f"{name} *" if column.is_required else name for name, column in zip(names, shown, strict=True)]
    writing.write_xlsx(file, str(_("Template")), headings, [[column.example for column in shown]])
