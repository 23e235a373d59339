"""Numbers a customer may change: declared in code with a default, kept as a row where somebody changed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openpsm.core import events, memo
from openpsm.core.errors import InvalidInput
from openpsm.core.models.configuration import Parameter

KINDS = ("integer", "decimal", "boolean", "text", "choice", "list")
_MEMO = "core.parameters"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a parameter means and which values it may have; both bounds belong to the range."""

    key: str
    kind: str
    default: Any
    label: str | Promise
    help: str | Promise
    group: str | Promise
    minimum: Decimal | int | None
    maximum: Decimal | int | None
    choices: tuple[tuple[str, str | Promise], ...]


_declared: dict[str, Declaration] = {}


def declare(
    key: str,
    *,
    kind: str,
    default: Any,
    label: str | Promise,
    help: str | Promise = "",  # the word that forms use
    group: str | Promise = "",
    minimum: Decimal | int | None = None,
    maximum: Decimal | int | None = None,
    choices: Sequence[tuple[str, str | Promise]] = (),
) -> Declaration:
    """Declare a parameter: kind "integer", "decimal", "boolean", "text", "choice" or "list" (of texts).

    Called in `AppConfig.ready`; the same key twice or a default outside its own bounds is a defect.
    """
    declaration = Declaration(key, kind, default, label, help, group, minimum, maximum, tuple(choices))
    if kind not in KINDS or _declared.get(key, declaration) != declaration:
        raise ValueError(f"parameter {key!r} is declared twice or has an unknown kind")
    _parse(declaration, default)
    _declared[key] = declaration
    return declaration


def declarations() -> list[Declaration]:
    """All declared parameters in the order of their declaration."""
    return list(_declared.values())


def value(key: str) -> Any:
    """The value in force: Decimal for "decimal", a list for "list". One query per request for all parameters."""
    declaration = _declared[key]
    changed = memo.remember(_MEMO, lambda: dict(Parameter.objects.values_list("key", "value")))
    return _parse(declaration, changed.get(key, declaration.default))


def set_parameter(*, key: str, value: Any, by: AbstractBaseUser | None, at: datetime) -> Parameter:
    """Change a parameter and record it; the caller has checked the right. Raises InvalidInput."""
    if key not in _declared:
        raise InvalidInput({"key": _("There is no such setting.")})
    stored = _stored(_parse(_declared[key], value))
    with transaction.atomic():
        old = Parameter.objects.filter(key=key).values_list("value", flat=True).first()
        changes = {"value": stored, "changed_at": at, "changed_by": by}
        parameter, _is_new = Parameter.objects.update_or_create(key=key, defaults=changes)
        before = _stored(_declared[key].default) if old is None else old
        events.record("parameter.changed", subject=parameter, by=by, at=at, key=key, old=before, new=stored)
    memo.forget(_MEMO)
    return parameter


def _stored(parsed: Any) -> Any:
    return str(parsed) if isinstance(parsed, Decimal) else parsed


def _parse(declaration: Declaration, raw: Any) -> Any:
    parsed = _PARSERS[declaration.kind](raw)
    if parsed is None:
        raise InvalidInput({declaration.key: _("This is not a value of the right kind.")})
    if declaration.kind in ("integer", "decimal"):
        _check_bounds(declaration, parsed)
    if declaration.kind == "choice" and parsed not in dict(declaration.choices):
        raise InvalidInput({declaration.key: _("This choice does not exist.")})
    return parsed


def _check_bounds(declaration: Declaration, number: Decimal | int) -> None:
    if declaration.minimum is not None and number < declaration.minimum:
        message = _("The value must be at least %(bound)s.") % {"bound": declaration.minimum}
        raise InvalidInput({declaration.key: message})
    if declaration.maximum is not None and number > declaration.maximum:
        message = _("The value must be at most %(bound)s.") % {"bound": declaration.maximum}
        raise InvalidInput({declaration.key: message})


def _integer(raw: Any) -> int | None:
    number = _decimal(raw)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _decimal(raw: Any) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, Decimal | int | str):
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 20 else None


def _boolean(raw: Any) -> bool | None:
    return raw if isinstance(raw, bool) else {"true": True, "false": False}.get(str(raw).casefold())


def _text(raw: Any) -> str | None:
    return raw.strip() if isinstance(raw, str) and "\x00" not in raw and len(raw) <= 10_000 else None


def _list(raw: Any) -> list[str] | None:
    parts = [_text(part) for part in raw] if isinstance(raw, list | tuple) else [None]
    return None if None in parts else [part for part in parts if part]


_PARSERS: dict[str, Any] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "text": _text,
    "choice": _text,
    "list": _list,
}
