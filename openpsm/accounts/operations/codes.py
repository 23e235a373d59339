"""Loading the shipped code lists."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files
from typing import TypeVar

from django.db import transaction

from openpsm.accounts.models import Division, Industry
from openpsm.core.text import search_text

Row = TypeVar("Row", Industry, Division)

#: Cities of the official list that are no places but drawers, such as “the districts under the city”.
DRAWERS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")


def install(at: datetime) -> None:
    """Load the industries (GB/T 4754-2017) and administrative divisions; a second call changes nothing.

    `at` is not stored: the lists carry no dates. 2 queries when they are complete.
    """
    with transaction.atomic():
        _complete(Industry, _industries)
        _complete(Division, _divisions)


def _complete(model: type[Row], missing: Callable[[set[str]], Iterator[Row]]) -> None:
    manager = model._default_manager
    manager.bulk_create(missing(set(manager.values_list("pk", flat=True))), batch_size=500)


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("openpsm.accounts").joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _industries(known: set[str]) -> Iterator[Industry]:
    for row in _rows("industries.csv"):
        if row["code"] in known:  # the pinyin of all of them takes seconds
            continue
        text = search_text(row["code"], row["name"])
        level = int(row["level"])
        yield Industry(code=row["code"], name=row["name"], parent_code=row["parent"], level=level, search_text=text)


def _divisions(known: set[str]) -> Iterator[Division]:
    full: dict[str, str] = {}
    for row in sorted(_rows("divisions.csv"), key=lambda row: int(row["level"])):
        code, name = row["code"], row["name"]
        full[code] = full.get(row["parent"], "") + ("" if name in DRAWERS else name)
        if code in known:
            continue
        yield Division(
            code=code,
            name=name,
            full_name=full[code],
            parent_code=row["parent"],
            level=int(row["level"]),
            search_text=search_text(code, full[code]),
        )
