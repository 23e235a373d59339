"""Evaluation models as data: read from YAML, checked before they are published."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from openpsm.core.errors import DomainError

SHIPPED = Path(__file__).parent / "data" / "default_project.yaml"


class InvalidModel(DomainError):
    """The content of an evaluation model is wrong; `details["problems"]` lists what, in plain sentences."""

    code = "invalid-model"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(_("The evaluation model cannot be used: %(problems)s") % {"problems": _("; ").join(problems)})
        self.details = {"problems": problems}


def shipped() -> dict[str, Any]:
    """Return the nine-factor model that every installation starts with."""
    content: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return content


def check(content: Mapping[str, Any]) -> None:
    """Raise InvalidModel unless keys are unique, weights add up to 100, and every factor has levels 0 to 5."""
    missing = [key for key in ("key", "name", "pass_mark", "groups", "factors") if not content.get(key)]
    if missing:
        raise InvalidModel([_("“%(key)s” is missing") % {"key": key} for key in missing])
    problems = [*_repeated(content), *_weights(content), *_groups(content), *_levels(content["factors"])]
    if problems:
        raise InvalidModel(problems)


def _keys(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(row.get("key", "")) for row in rows]


def _repeated(content: Mapping[str, Any]) -> list[str]:
    lists = [_keys(content.get(name, ())) for name in ("groups", "factors", "hard_conditions")]
    twice = [key for keys in lists for key, count in Counter(keys).items() if count > 1 or not key]
    return [_("the key “%(key)s” is empty or used twice") % {"key": key} for key in twice]


def _weights(content: Mapping[str, Any]) -> list[str]:
    try:
        weights = [Decimal(str(factor.get("weight"))) for factor in content["factors"]]
        mark = Decimal(str(content["pass_mark"]))
    except InvalidOperation:
        return [_("weights and pass mark must be numbers")]
    problems = (
        [] if sum(weights) == 100 else [_("the weights add up to %(total)s, not to 100") % {"total": sum(weights)}]
    )
    if any(weight < 0 for weight in weights):
        problems.append(_("a weight is negative"))
    return problems if 0 < mark <= 100 else [*problems, _("the pass mark must lie between 1 and 100")]


def _groups(content: Mapping[str, Any]) -> list[str]:
    groups = set(_keys(content["groups"]))
    lost = [factor["key"] for factor in content["factors"] if factor.get("group") not in groups]
    return [_("the factor “%(key)s” names no group of the model") % {"key": key} for key in lost]


def _levels(factors: Iterable[Mapping[str, Any]]) -> list[str]:
    wrong = [f["key"] for f in factors if sorted(row.get("level", -1) for row in f.get("levels", ())) != list(range(6))]
    return [_("the factor “%(key)s” needs the levels 0 to 5, each once") % {"key": key} for key in wrong]
