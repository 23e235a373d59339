"""System checks: what is published must stay computable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from openpsm.core.expressions import ExpressionError
from openpsm.process import facts, rules
from openpsm.process.models import KeyNode


@register(Tags.database)
def facts_exist(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """A condition of a published key node that names an unknown fact would never hold: an error."""
    if (
        "default" not in (databases or ())
        or KeyNode._meta.db_table not in connections["default"].introspection.table_names()
    ):
        return []
    nodes = KeyNode.objects.filter(stage__version__published_at__isnull=False).select_related("stage")
    return [error for node in nodes for error in _errors(node)]


def _errors(node: KeyNode) -> list[CheckMessage]:
    place = f"{node.stage.key}:{node.key}"
    try:
        unknown = sorted(rules.facts_of(node) - facts.definitions().keys())
    except ExpressionError as mistake:
        return [Error(f"Key node {place}: {mistake}", id="process.E002")]
    if node.kind == KeyNode.Kind.COMPUTED and not rules.fits(node.check_name, node.params):
        return [Error(f"Key node {place}: there is no check “{node.check_name}” like this.", id="process.E003")]
    return [Error(f"Key node {place} names unknown facts: {', '.join(unknown)}", id="process.E001")] if unknown else []
