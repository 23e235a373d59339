"""Conditions and formulas that people write, in CEL: `bid.submitted && amount > 1000000.0`.

The language has no loops and no side effects; size, nesting and vocabulary are bounded here, so that a text from a
settings screen or a pack can neither hang nor end the process. Dates are compared as text: `bid.due_on < '2026-12-31'`.
"""

from __future__ import annotations

import math
import re
import sys
import types
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError

# The package brings its command line along, and with it three libraries for terminals: 11 MB of every process.
sys.modules.setdefault("cel.cli", types.ModuleType("cel.cli"))
import cel  # noqa: E402 - after its command line was put aside

LONGEST = 1_000
DEEPEST = 12
MOST_MACROS = 2  # one within another: more could take long over long lists
FUNCTIONS = frozenset(
    ("size", "contains", "startsWith", "endsWith", "int", "double", "string", "has", "exists", "exists_one", "all")
) | {"filter", "map"}
_MACROS = frozenset(("exists", "exists_one", "all", "filter", "map"))
_RESERVED = frozenset(("true", "false", "null", "in"))
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
      | (?P<text>'(?:[^'\\\r\n]|\\['"\\nrt])*'|"(?:[^"\\\r\n]|\\['"\\nrt])*")
      | (?P<number>(?:\d+\.\d+|\d+)(?![\w.]))
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE | re.ASCII,
)


class ExpressionError(DomainError):
    """The text is no expression, or has no value with these facts; `column` counts from 1, 0 if there is no place."""

    code = "expression"

    def __init__(self, message: str, *, column: int = 0) -> None:
        super().__init__(message, column=column)
        self.column = column


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression and the facts it asks for ("bid.submitted")."""

    text: str
    names: frozenset[str]
    program: cel.Program


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def compile(text: str) -> Expression:  # noqa: A001  # as in `re.compile`; always called through the module
    """Check an expression; raises ExpressionError that says what is wrong and where."""
    if len(text) > LONGEST:
        raise ExpressionError(_("An expression has at most %(number)s characters.") % {"number": LONGEST})
    return _compiled(text)


@lru_cache(maxsize=2_000)
def _compiled(text: str) -> Expression:
    tokens = list(_tokens(text))
    _check_nesting(tokens)
    _check_macros(tokens)
    names = _names(tokens)
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise _syntax_error(str(error)) from None
    return Expression(text, names, program)


def names_in(text: str) -> set[str]:
    """Return the dotted names of the facts an expression asks for; raises ExpressionError."""
    return set(compile(text).names)


def evaluate(text: str, facts: Mapping[str, Any]) -> Any:
    """Return the value of an expression over facts with dotted names: bool, int, float, str, list or None.

    A name that is not among the facts raises ExpressionError, even where its value would not matter: a condition must
    not hold by accident. So does whatever has no value: comparing a number with nothing, dividing by zero.
    """
    expression = compile(text)
    unknown = sorted(expression.names - facts.keys())
    if unknown:
        column = text.find(unknown[0]) + 1
        raise ExpressionError(_("There is no fact called “%(name)s”.") % {"name": unknown[0]}, column=column)
    try:
        value = expression.program.execute(_nested({name: facts[name] for name in expression.names}))
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise _no_value(error) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError(_("The result is not a number."))
    return value


# --- reading


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            shown = text[place] if unicodedata.category(text[place])[0] != "C" else "?"
            message = _("“%(sign)s” cannot stand here.") % {"sign": shown}
            raise ExpressionError(message, column=place + 1)
        if match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match[0], place + 1)
        place = match.end()


def _check_nesting(tokens: list[_Token]) -> None:
    """Bound brackets and chained operators of one operand, before the parser meets them."""
    depth = run = 0
    for token in tokens:
        depth += (token.text in ("(", "[")) - (token.text in (")", "]")) if token.kind == "sign" else 0
        run = run + 1 if token.text in ("!", "-", "?") else run
        if depth > DEEPEST or run > 4 * DEEPEST:
            raise ExpressionError(_("This expression is nested too deeply."), column=token.column)


def _names(tokens: list[_Token]) -> frozenset[str]:
    """Return the dotted names that are facts: those that neither the language nor a macro has taken."""
    taken = _RESERVED | frozenset(_bound(tokens))
    return frozenset(chain for chain in _chains(tokens) if chain.split(".")[0] not in taken)


def _chains(tokens: list[_Token]) -> Iterator[str]:
    """Yield each chain of names; the last one of a chain that is called is a function, not a fact."""
    index = 0
    while index < len(tokens):
        end = _end_of_chain(tokens, index)
        parts = tokens[index:end:2]
        is_called = end < len(tokens) and tokens[end].text == "("
        if end > index and is_called and parts[-1].text not in FUNCTIONS:
            message = _("There is no function called “%(name)s”.") % {"name": parts[-1].text}
            raise ExpressionError(message, column=parts[-1].column)
        names = [part.text for part in (parts[:-1] if is_called else parts)]
        if names and not _follows_a_value(tokens, index):
            yield ".".join(names)
        index = max(end, index + 1)


def _end_of_chain(tokens: list[_Token], start: int) -> int:
    end = start
    while end < len(tokens) and tokens[end].kind == "name":
        end += 1
        if end + 1 < len(tokens) and tokens[end].text == "." and tokens[end + 1].kind == "name":
            end += 1
        else:
            break
    return end


def _follows_a_value(tokens: list[_Token], index: int) -> bool:
    """A chain behind a dot is a part of the value before it, as in `list[0].name`."""
    return index > 0 and tokens[index - 1].text == "."


def _bound(tokens: list[_Token]) -> Iterator[str]:
    """Yield the names that macros bind: the first argument of `list.exists(item, …)`."""
    for first, bracket, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if first.text in _MACROS and bracket.text == "(" and name.kind == "name":
            yield name.text


def _check_macros(tokens: list[_Token]) -> None:
    """Refuse macros nested deeper than allowed."""
    opened: list[bool] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.text == "(" and token.kind == "sign":
            opened.append(before is not None and before.kind == "name" and before.text in _MACROS)
        elif token.text == ")" and token.kind == "sign" and opened:
            opened.pop()
        if sum(opened) > MOST_MACROS:
            raise ExpressionError(_("This expression is nested too deeply."), column=token.column)


def _syntax_error(raw: str) -> ExpressionError:
    """Turn the parser's report into a plain sentence with the column."""
    place = re.search(r"<input>:\d+:(\d+)", raw)
    column = int(place[1]) if place else 0
    message = _("This cannot be read as an expression, from character %(column)s on.") if column else ""
    return ExpressionError(message % {"column": column} if message else _("This is not an expression."), column=column)


def _no_value(error: Exception) -> ExpressionError:
    if isinstance(error, ArithmeticError):
        return ExpressionError(_("The result is not a number."))
    if isinstance(error, TypeError):
        return ExpressionError(_("Values of different kinds cannot be compared or combined, nor can missing ones."))
    return ExpressionError(_("This expression has no value with these facts."))


# --- facts


def _nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted names into maps of maps."""
    tree: dict[str, Any] = {}
    for name, value in sorted(facts.items()):
        *path, last = name.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
            if not isinstance(branch, dict):
                message = _("“%(name)s” is a part of a fact that has no parts.") % {"name": name}
                raise ExpressionError(message)
        branch[last] = _plain(value)
    return tree


def _plain(value: Any) -> Any:
    """Turn a fact into what the language knows: amounts become fractions, days their ISO text."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | float | str):
        return value
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, int | Decimal):
        return int(value) if isinstance(value, int) and abs(value) < 2**63 else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    raise ExpressionError(_("A fact has a value that expressions cannot use."))
