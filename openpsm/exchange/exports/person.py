"""Everything that is kept about one person, for that person. Rule: docs/business-rules.md#my-data"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model, QuerySet

from openpsm.core import events, links, memo
from openpsm.core.models import Event
from openpsm.org import field_rules
from openpsm.org.field_rules import FieldClass, FieldRule
from openpsm.org.models import User

#: The app whose records with a person in them are about that person: sessions, tokens, tasks, what they follow.
OWN = "org"


def export_person(*, file: IO[bytes], by: User, at: datetime) -> int:
    """Write a ZIP with one's profile, every record that names one, and what one did; returns how many records.

    Lines of JSON, one record each: its kind, its number, as what it names the person, and its values as far as the
    person may read them today. A record that one no longer sees is there without its values: that it names one is
    one's own, what stands in it is the company's. Two queries for each kind of reference; memory stays flat.
    """
    with memo.ensured(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("profile.json", _json(_profile(by), indent=1))
        count = _write(archive, "records.jsonl", _records(by))
        _write(archive, "actions.jsonl", _actions(by))
    with transaction.atomic():
        events.record("personal_data.exported", subject=by, by=by, at=at, rows=count)
    return count


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=indent)


def _write(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    with archive.open(name, "w") as file:
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is the answer
            file.write(f"{_json(row)}\n".encode())
    return count


def _profile(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in _columns(User, _about_oneself)}


Opens = Callable[[FieldRule], bool]


def _about_oneself(rule: FieldRule) -> bool:
    """What is kept about a person is theirs to read, though it takes a right to read it of others; secrets are not."""
    return rule.cls not in (FieldClass.SECRET, FieldClass.INTERNAL)


def _columns(model: type[Model], opens: Opens) -> list[str]:
    rules = {one.attname: field_rules.rule_of(model, one.name) for one in model._meta.concrete_fields}
    return [name for name, rule in rules.items() if rule and opens(rule)]


def _records(user: User) -> Iterator[dict[str, Any]]:
    for link in links.declared("org.user"):
        model = apps.get_model(link.model)
        if model is Event:
            continue  # they are the actions
        rows: QuerySet[Any] = model._base_manager.filter(**{link.field: user}).order_by("pk")
        seen, names = _seen(user, model, link.field), _names(user, model)
        for row in rows.values("pk", *names).iterator(chunk_size=500):
            pk = row.pop("pk")
            yield {
                "kind": link.model,
                "id": pk,
                "as": link.field,
                "values": row if seen is None or pk in seen else None,
            }


def _names(user: User, model: type[Model]) -> list[str]:
    """The columns whose values the person may read, in whichever row they see."""
    if model._meta.app_label == OWN:
        return _columns(model, _about_oneself)
    held = field_rules.readable_fields(user, model)
    return _columns(model, lambda rule: rule.field in held and not rule.is_by_row)


def _seen(user: User, model: type[Model], field: str) -> set[Any] | None:
    """The rows that the person sees, None for all; parts of business records that nobody asks for alone stay closed."""
    if model._meta.app_label == OWN:
        return None
    manager: Any = model._default_manager
    rows = manager.visible_to(user) if hasattr(manager, "visible_to") else manager.none()
    return set(rows.filter(**{field: user}).values_list("pk", flat=True))


def _actions(user: User) -> Iterator[dict[str, Any]]:
    """What the person did: when, what, to which record; not what was said in it."""
    rows = Event.objects.filter(by=user).order_by("seq")
    for at, name, kind, pk in rows.values_list("at", "name", "subject_type", "subject_id").iterator(chunk_size=2000):
        yield {"at": at, "action": name, "kind": kind, "id": pk}
