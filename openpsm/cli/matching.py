"""`openpsm match`: which companies or projects of a file are known already, in the database or in a second file."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.utils.translation import gettext as _

from openpsm.cli.exchanging import actor
from openpsm.cli.main import Refused
from openpsm.core.errors import DomainError
from openpsm.exchange.sheets import containers, delimited, reading
from openpsm.exchange.sheets.refusal import BadTable
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.registrations import matching
from openpsm.registrations.matching import REASONS, Claim, Hit, ProjectClaim
from openpsm.registrations.matching.lists import CompanyList, Match
from openpsm.registrations.matching.rows import ProjectList, project_of

PROGRESS_EVERY = 1000
Commands = Any  # argparse gives the type of its subparsers no public name
Row = Mapping[str, str]


class Index(Protocol):
    """What rows are compared with."""

    def add(self, row: Row) -> None: ...
    def hits(self, row: Row, limit: int) -> list[dict[str, Any]]: ...
    def known(self, row: Row, limit: int, by: User) -> list[dict[str, Any]]: ...


class Companies:
    """Rows of companies: a name, and whatever else tells who they are."""

    columns: ClassVar = ("name", "uscc", "phone", "email", "domain", "region", "alias")

    def __init__(self) -> None:
        self._list = CompanyList()

    def add(self, row: Row) -> None:
        self._list.add(self._claim(row))

    def hits(self, row: Row, limit: int) -> list[dict[str, Any]]:
        return [_match(one) for one in self._list.matches(self._claim(row), limit)]

    def known(self, row: Row, limit: int, by: User) -> list[dict[str, Any]]:
        return [_hit(one) for one in matching.check(by=by, account=self._claim(row))[:limit]]

    @staticmethod
    def _claim(row: Row) -> Claim:
        name = row["name"].strip()
        region = row.get("region", "").strip()
        names = [part.strip() for part in re.split(r"[;；、|]", row.get("alias", "")) if part.strip()]
        if region and region not in name:
            names.append(region + name)
        return Claim(
            name=name,
            uscc=row.get("uscc", ""),
            phones=tuple(filter(None, [row.get("phone", "")])),
            emails=tuple(filter(None, [row.get("email", "")])),
            domain=row.get("domain", ""),
            other_names=tuple(names),
        )


class Projects:
    """Rows of projects: a name, its parties, where, what, under which number and when."""

    columns: ClassVar = ("name", "account", "contractor", "site", "product_line", "tender_number", "date")

    def __init__(self) -> None:
        self._list = ProjectList()

    def add(self, row: Row) -> None:
        self._list.add(project_of(row))

    def hits(self, row: Row, limit: int) -> list[dict[str, Any]]:
        return [_match(one) for one in self._list.matches(project_of(row), limit)]

    def known(self, row: Row, limit: int, by: User) -> list[dict[str, Any]]:
        told = project_of(row)
        claim = ProjectClaim(
            told.name,
            site=told.site,
            product_line=told.product_line,
            tender_number=told.tender_number,
            account=told.account,
            contractor=told.contractor,
            on=told.on,
        )
        return [_hit(one) for one in matching.check(by=by, project=claim)[:limit]]


KINDS: dict[str, type[Companies] | type[Projects]] = {"accounts": Companies, "projects": Projects}


def add_commands(commands: Commands) -> None:
    """Describe the command."""
    one = commands.add_parser("match", help=_("say which companies or projects of a file are known already"))
    one.add_argument(
        "file", type=Path, metavar="FILE", help=_("a name a line, or CSV or XLSX with headings; also gzipped")
    )
    one.add_argument("--against", type=Path, metavar="FILE", help=_("compare with this file, not with the database"))
    one.add_argument("--kind", choices=[*KINDS], default="accounts", help=", ".join(KINDS))
    one.add_argument("--json", action="store_true", help=_("one line of JSON for each row"))
    one.add_argument("--limit", type=_limit, default=10, metavar="N", help=_("so many hits of one row, the best first"))
    one.add_argument("--user", default="", help=_("what this person sees; the first who may by default"))
    one.set_defaults(run=run_match)


def _limit(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError(_("must be a number from 1 to 1000"))
    return number


def run_match(given: argparse.Namespace) -> int:
    """Run `openpsm match`: 0 whatever is found."""
    kind = KINDS[given.kind]()
    by = None if given.against else actor(given.user, (Permission.REGISTRATION_CREATE,))
    try:
        if given.against:
            for row in _told(_rows(given.against, kind.columns), _("Reading")):
                kind.add(row)
        for row in _told(_rows(given.file, kind.columns), _("Comparing")):
            hits = kind.hits(row, given.limit) if by is None else kind.known(row, given.limit, by)
            _print(row["name"].strip(), hits, is_json=given.json)
    except DomainError as error:
        raise Refused(str(error)) from error
    return 0


def _told(rows: Iterator[Row], what: str) -> Iterator[Row]:
    """Pass the rows on, and tell the person at a terminal how many there were."""
    is_shown = sys.stderr.isatty()
    for number, row in enumerate(rows, 1):
        yield row
        if is_shown and not number % PROGRESS_EVERY:
            print(f"\r{what} {number:,}", end="", file=sys.stderr, flush=True)
    if is_shown:
        print("\r\x1b[K", end="", file=sys.stderr)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Read a table with a heading `name`, or a name a line; empty names are left out of the second only.

    Raises Refused where there is no such file, BadTable where it is none that can be read.
    """
    if not path.is_file():
        raise Refused(_("There is no file %(name)s.") % {"name": path.name})
    try:
        if containers.is_workbook(containers.peek(path)):
            with reading.opened(path, path.name, known=columns.__contains__) as table:
                yield from _cells(table.headings, table.rows, columns)
            return
        with delimited.opened(path, path.name) as found:
            first = next(iter(found.rows), (0, []))
            if "name" in map(_heading, first[1]):
                yield from _cells(first[1], found.rows, columns)
                return
            encoding = found.encoding
    except BadTable as error:
        raise Refused(str(error)) from error
    opener = gzip.open if path.read_bytes()[:2] == b"\x1f\x8b" else open
    with io.TextIOWrapper(opener(path, "rb"), encoding=encoding) as lines:
        yield from ({"name": line.strip()} for line in lines if line.strip())


def _heading(text: str) -> str:
    return text.strip().lower()


def _cells(headings: list[str], rows: Iterator[tuple[int, list[str]]], columns: tuple[str, ...]) -> Iterator[Row]:
    heads = [*map(_heading, headings)]
    for _number, cells in rows:
        row = dict(zip(heads, cells, strict=False))
        yield {name: row.get(name) or "" for name in columns}


def _match(one: Match) -> dict[str, Any]:
    return _answer(one.name, one.likeness.cls.value, one.likeness.score, one.likeness.reasons)


def _hit(one: Hit) -> dict[str, Any]:
    """A record that the person may not see has no name."""
    return _answer(one.label or "", one.cls.value, one.score, one.reasons)


def _answer(name: str, cls: str, score: int, reasons: tuple[str, ...]) -> dict[str, Any]:
    return {"name": name, "class": cls, "score": score / 100, "reasons": [str(REASONS[reason]) for reason in reasons]}


def _print(name: str, hits: list[dict[str, Any]], *, is_json: bool) -> None:
    if is_json:
        print(json.dumps({"name": name, "hits": hits}, ensure_ascii=False))
        return
    print(name)
    for hit in hits:
        print(f"  {hit['class']:9}{hit['score']:.2f}  {hit['name']}  ({', '.join(hit['reasons'])})")
    if not hits:
        print("  " + _("nothing like it"))
