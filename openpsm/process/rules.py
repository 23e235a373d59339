"""Does a key node hold? Decisions over facts: no database, no clock.

An unknown fact (None) never holds a node. Rule: docs/business-rules.md#gates
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from openpsm.core import expressions
from openpsm.process import facts as registry

Facts = Mapping[str, Any]
Params = Mapping[str, Any]


class Node(Protocol):
    """A key node, as stored or as remembered."""

    @property
    def kind(self) -> str: ...
    @property
    def check_name(self) -> str: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def expression(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Check:
    """A named test: which parameters it takes, whether it holds, and the sentence that says why."""

    params: frozenset[str]
    holds: Callable[[Params, Facts], bool]
    reason: Callable[[Params, Facts], str]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_true(params: Params, facts: Facts) -> bool:
    return facts.get(params["fact"]) is True


def _at_least(params: Params, facts: Facts) -> bool:
    value = facts.get(params["fact"])
    return _is_number(value) and bool(value >= params["value"])


def _equals(params: Params, facts: Facts) -> bool:
    value = facts.get(params["fact"])
    return value is not None and bool(value == params["value"])


def _all_true(params: Params, facts: Facts) -> bool:
    return all(facts.get(name) is True for name in params["facts"])


def _say(params: Params, facts: Facts) -> str:
    return _("%(fact)s: %(value)s") % {"fact": title(params["fact"]), "value": shown(facts.get(params["fact"]))}


def _say_of(params: Params, facts: Facts) -> str:
    value = facts.get(params["fact"])
    parts = {"fact": title(params["fact"]), "value": shown(value), "wanted": shown(params["value"])}
    if value is None:
        return _("%(fact)s: unknown, needed: %(wanted)s") % parts
    return _("%(fact)s: %(value)s of %(wanted)s") % parts


def _say_wanted(params: Params, facts: Facts) -> str:
    parts = {"fact": title(params["fact"]), "value": shown(facts.get(params["fact"])), "wanted": shown(params["value"])}
    return _("%(fact)s: %(value)s, needed: %(wanted)s") % parts


def _say_each(params: Params, facts: Facts) -> str:
    return _("; ").join(_say({"fact": name}, facts) for name in params["facts"])


CHECKS: dict[str, Check] = {
    "is_true": Check(frozenset({"fact"}), _is_true, _say),
    "at_least": Check(frozenset({"fact", "value"}), _at_least, _say_of),
    "equals": Check(frozenset({"fact", "value"}), _equals, _say_wanted),
    "all_true": Check(frozenset({"facts"}), _all_true, _say_each),
}


def title(fact: str) -> str:
    """Return the name of a fact in the reader's language."""
    definition = registry.definitions().get(fact)
    return definition.title if definition else fact


def shown(value: Any) -> str:
    """Write a value for reading."""
    if value is None:
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return number_format(value) if isinstance(value, int | Decimal) else str(value)


def fits(check: str, params: Params) -> bool:
    """Say whether there is such a check and the parameters are those that it takes."""
    if check not in CHECKS or params.keys() != CHECKS[check].params:
        return False
    is_list = isinstance(params.get("facts", []), list) and all(
        isinstance(name, str) for name in params.get("facts", [])
    )
    is_limit = check != "at_least" or _is_number(params["value"])
    return is_list and is_limit and isinstance(params.get("fact", ""), str)


def facts_in(params: Params) -> frozenset[str]:
    """Return the facts that a check with these parameters reads."""
    one: Sequence[str] = [params["fact"]] if "fact" in params else []
    return frozenset([*one, *params.get("facts", [])])


def facts_of(node: Node) -> frozenset[str]:
    """Return the facts that a key node reads; a manual one reads none."""
    if node.kind == "expression":
        return frozenset(expressions.names_in(node.expression))
    return facts_in(node.params) if node.kind == "computed" else frozenset()


def holds(node: Node, facts: Facts) -> bool:
    """Say whether a computed node or an expression holds. A manual one never does: it needs a person's word."""
    if node.kind == "computed":
        return CHECKS[node.check_name].holds(node.params, facts)
    return node.kind == "expression" and _result(node.expression, facts) is True


def reason(node: Node, facts: Facts) -> str:
    """Say why, with the actual values: “Insiders: 0 of 1”."""
    if node.kind == "computed":
        return CHECKS[node.check_name].reason(node.params, facts)
    if node.kind == "expression":
        return _say_each({"facts": sorted(facts_of(node))}, facts)
    return _("Nobody has confirmed this yet.")


def _result(expression: str, facts: Facts) -> Any:
    """Evaluate; what has no value because a fact is unknown does not hold."""
    try:
        return expressions.evaluate(expression, facts)
    except expressions.ExpressionError:
        return None
