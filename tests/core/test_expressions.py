"""Conditions that people write: bounded, explained, and never a crash."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openpsm.core import expressions
from openpsm.core.expressions import ExpressionError

FACTS: dict[str, Any] = {
    "bid.submitted": True,
    "bid.count": 3,
    "amount": Decimal("1200000.50"),
    "due": date(2026, 1, 1),
    "seen": datetime(2026, 1, 1, 8, tzinfo=UTC),
    "tags": ["a", "b"],
    "people": [{"role": "key", "power": 3}],
    "nothing": None,
    "grade": "甲",
    "huge": 10**400,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("bid.submitted && bid.count > 2", True),
        ("bid.submitted && amount >= 1200000.5", True),
        ("amount > 1000000", True),
        ("!bid.submitted || bid.count == 3", True),
        ("due < '2026-02-01' && seen > '2026-01-01'", True),
        ("tags.exists(t, t == 'a')", True),
        ("tags.all(t, t in ['a', 'b'])", True),
        ("people.exists(p, p.role == 'key' && p.power > 2)", True),
        ("size(tags.filter(t, t != 'a'))", 1),
        ("'a' in tags ? 'yes' : 'no'", "yes"),
        ("nothing == null", True),
        ("grade == '甲'", True),
        ("grade == 'matches(x'", False),
        ("bid.count * 2 + 1", 7),
        ("has(people[0].role)", True),
        ("grade.startsWith('甲')", True),
        ("double(bid.count) / 2.0", 1.5),
    ],
)
def test_expression_has_the_value_of_its_facts(text: str, value: Any) -> None:
    assert expressions.evaluate(text, FACTS) == value


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("bid.count >", 12),
        ("bid.count > > 1", 13),
        ("bid.count = 1", 11),
        ("wrong.name == 1", 1),
        ("bid.count + wrong", 13),
        ("matches('a', 'b')", 1),
        ("grade.matches('a')", 7),
        ("bid.count; 1", 10),
        ("'open", 1),
        ("中 == 1", 1),
        ("1e5 > 1", 1),
        ("b'x' == b'x'", 1),
    ],
)
def test_mistake_is_explained_with_its_place(text: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        expressions.evaluate(text, FACTS)
    assert (caught.value.column, bool(str(caught.value))) == (column, True)


NO_VALUE = """
nothing > 1|bid.count / 0|1.0 / 0.0|tags[5]|bid.count > 'a'|9223372036854775807 + 1|huge > 1.0|int('x')
people[0].wrong|bid.count + 0.5|9223372036854775807 * 2|bid.count % 0
"""


@pytest.mark.parametrize("text", [text for line in NO_VALUE.strip().splitlines() for text in line.split("|")])
def test_expression_without_value_says_so(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.evaluate(text, FACTS)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1001,
        "(" * 400 + "1" + ")" * 400,
        "[" * 400 + "]" * 400,
        "!" * 900 + "true",
        "-" * 900 + "1",
        "true?1:" * 140 + "1",
        "(" * 900,
        "size(" * 190,
        "tags.all(a, tags.all(b, tags.all(c, true)))",
        "a" + ".a" * 400 + "(1)",
    ],
)
def test_oversized_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.compile(text)


def test_names_are_those_of_facts_only() -> None:
    text = "bid.submitted && people.exists(p, p.role == grade) && tags.size() > 1 && 'not.a.fact' != a.b.c"
    assert expressions.names_in(text) == {"bid.submitted", "people", "grade", "tags", "a.b.c"}


def test_fact_that_is_also_a_group_of_facts_is_refused() -> None:
    with pytest.raises(ExpressionError):
        expressions.evaluate("a == 1 && a.b == 1", {"a": 1, "a.b": 1})


def test_unknown_name_is_refused_even_where_it_would_not_matter() -> None:
    with pytest.raises(ExpressionError):
        expressions.evaluate("true || wrong.name", {})


def test_fact_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ExpressionError):
        expressions.evaluate("thing == 1", {"thing": object()})


WORDS = """bid . count submitted ( ) [ ] && || ! - + / % ? : , 'a' " 1 0 2.5 tags exists map size has in null true == <
people \\ ' 9223372036854775807 nothing huge all t int string 中 { } b'"""
PIECES = st.sampled_from([*WORDS.split(), " ", "\n"])


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=40))
@example("\ud800")
@example("\x00")
@example("a.all(a,a)")
@example("in")
@example("tags.map(t,1/0)")
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        value = expressions.evaluate(text, FACTS)
    except ExpressionError:
        return
    assert expressions.names_in(text) <= FACTS.keys()
    assert isinstance(value, bool | int | float | str | list | type(None))


def test_one_expression_serves_many_threads() -> None:
    results: list[Any] = []
    text = "bid.count > 2 && tags.exists(t, t == 'b')"

    def work() -> None:
        results.extend(expressions.evaluate(text, FACTS) for _ in range(100))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 400
