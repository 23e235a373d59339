"""The registry of links: every reference to a user, account or contact says what becomes of it.

Handover, merge, erasure and deactivation walk this registry instead of knowing the packages above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, ManyToManyField, Model
from django.utils.functional import Promise

from openpsm.core.versions import Versioned

TARGETS = ("org.user", "accounts.account", "accounts.contact")
Action = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Link:
    """One declared reference.

    `move(*, old, new, by, at, **scope)` hands rows over to another user and returns how many; `merge(*, kept, gone,
    by, at)` re-points rows when two targets become one; `erase(*, target, by, at)` removes what is personal;
    `listing(target)` returns the rows as a QuerySet. None means: the row stays as it is, because it is history.
    """

    model: str
    field: str
    target: str
    label: str | Promise
    move: Action | None
    merge: Action | None
    erase: Action | None
    listing: Action | None


_links: dict[tuple[str, str], Link] = {}


def declare(
    model: type[Model] | str,
    field: str,
    *,
    target: str,
    label: str | Promise,
    move: Action | None = None,
    merge: Action | None = None,
    erase: Action | None = None,
    listing: Action | None = None,
) -> Link:
    """Declare a foreign key or many-to-many field to one of TARGETS; see Link for the actions."""
    name = (model if isinstance(model, str) else model._meta.label).lower()
    if target not in TARGETS:
        raise ValueError(f"{target!r} is no target of links: {', '.join(TARGETS)}")
    link = Link(name, field, target, label, move, merge, erase, listing)
    if _links.setdefault((name, field), link) != link:
        raise ValueError(f"{name}.{field} is declared twice")
    return link


def declared(target: str | None = None) -> list[Link]:
    """The declared links, all or those to one target, in the order of their declaration."""
    return [link for link in _links.values() if target in (None, link.target)]


def undeclared() -> list[str]:
    """Return "app.model.field" of every reference to a target that nobody declared: a defect of its package.

    `created_by` of a Versioned record needs no declaration: it is history and stays.
    """
    return sorted(
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if _needs_declaration(model, field) and (model._meta.label_lower, field.name) not in _links
    )


def _needs_declaration(model: type[Model], field: Field[Any, Any]) -> bool:
    if not isinstance(field, ForeignKey | ManyToManyField) or not isinstance(field.related_model, type):
        return False
    is_automatic = bool(model._meta.auto_created) or (issubclass(model, Versioned) and field.name == "created_by")
    return field.related_model._meta.label_lower in TARGETS and not is_automatic
