"""The history of an account or project in readable sentences: what the event log says, as far as this reader may know.

Sealed values are never opened here, and a field hidden from the reader's role does not appear with its values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openpsm.accounts.models import Account, Competitor
from openpsm.buying.models import Element, SupporterLabel
from openpsm.core import events
from openpsm.core.events import Event
from openpsm.duplicates.queries import merged_ids
from openpsm.org import field_rules
from openpsm.org.field_rules import FieldClass
from openpsm.org.models import User
from openpsm.process.queries import ProcessDefinition, definition
from openpsm.process.rules import title as fact_title
from openpsm.projects.models import ClosingReport, Project, ProjectMember
from openpsm.web.history_sentences import SENTENCES

PAGE = 50
QUOTED = ("reason", "evidence", "text", "source", "wanted_result", "result")
GIVEN = ("account.owner_changed", "project.owner_changed", "task.reassigned", "approval.passed_on")
NAMED = ("accounts.contact", "buying.stakeholder")
#: Fields whose models leave them the name that the code has.
NAMED_HERE: Mapping[str, Promise] = {
    "account": gettext_lazy("Customer"),
    "contact": gettext_lazy("Contact"),
    "owner": gettext_lazy("Owner"),
    "department": gettext_lazy("Department"),
    "buying_roles": gettext_lazy("Buying roles"),
    "project_role": gettext_lazy("Part in this project"),
    "power_class": gettext_lazy("Power"),
    "personal_need": gettext_lazy("Personal need"),
    "reports_to": gettext_lazy("Reports to"),
    "cover": gettext_lazy("Who of us covers them"),
    "next_step": gettext_lazy("Next step"),
    "next_on": gettext_lazy("Next step on"),
    "possibility_reason": gettext_lazy("Why this possibility"),
    "tender_source": gettext_lazy("Who told the tender date"),
    "boss_attitude_source": gettext_lazy("How we know"),
    "amount_currency": gettext_lazy("Currency"),
    "cost_currency": gettext_lazy("Currency"),
}


@dataclass(frozen=True)
class Change:
    """One field that changed; without `old` and `new` only that it did."""

    label: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Entry:
    """One event: who (empty: the program) did what when, in which words, with which changes."""

    seq: int
    at: datetime
    who: str
    text: str
    quote: str = ""
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """A page of entries, newest first; `next` is the number before which the older ones stand, None at the end."""

    entries: list[Entry]
    next: int | None


def history_of(root: Model, *, user: User, before: int | None = None, limit: int = PAGE) -> History:
    """Return what happened to a record that the caller loaded through `visible_to` (at most 8 queries)."""
    merged = merged_ids(root) if isinstance(root, Account) else ()
    rows = events.history(root, also=merged)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    closed, label = _closed(user, found), SupporterLabel._meta.label_lower
    readable = [event for event in found if event.subject_type != label or event.subject_id not in closed]
    names = _Names(readable, root, user)
    entries = [_entry(event, names, user) for event in readable]
    return History(entries, found[-1].seq if more else None)


def _closed(user: User, found: Sequence[Event]) -> set[int]:
    """Return the labels of supporters among the subjects that this reader may not know of (1 query if any)."""
    label = SupporterLabel._meta.label_lower
    labels = _subject_ids(found, label)
    is_held = "kind" in field_rules.readable_fields(user, SupporterLabel)
    return labels - field_rules.opened(user, label, labels) if is_held else labels


def _entry(event: Event, names: "_Names", user: User) -> Entry:
    sentence = SENTENCES.get(f"{event.name}:{event.data.get('outcome')}") or SENTENCES.get(event.name)
    text = str(sentence) % names.of(event) if sentence else _("Something happened: %(name)s") % {"name": event.name}
    who = event.by.name if event.by else _("OpenPSM")
    return Entry(event.seq, event.at, who, text, _quote(event), _changes(event, user, names))


def _quote(event: Event) -> str:
    said = (event.data.get(key) for key in QUOTED)
    return next((text for text in said if isinstance(text, str) and text.strip()), "")


class _Names:
    """What the numbers in events stand for, fetched at once for all events of a page."""

    def __init__(self, found: Sequence[Event], root: Model, user: User) -> None:
        self.process = definition(root.process_version_id) if isinstance(root, Project) else None
        self.users = _named(User.objects.visible_to(user), _user_ids(found))
        self.accounts = _named(Account.objects.visible_to(user), _ids(found, "account"))
        self.competitors = _named(Competitor.objects.visible_to(user), _ids(found, "competitor", "winner"))
        self.subjects = {
            label: _named(apps.get_model(label)._default_manager.all(), _subject_ids(found, label)) for label in NAMED
        }

    def of(self, event: Event) -> dict[str, str]:
        """Return every placeholder that a sentence may hold."""
        data = event.data
        known = self.subjects.get(event.subject_type, {})
        return {
            "name": str(known.get(event.subject_id) or data.get("name") or _("(no name)")),
            "user": self.users.get(data.get("user") or data.get("owner"), _("nobody")),
            "old_user": self.users.get(_plain_id(data.get("old")), _("nobody")),
            "new_user": self.users.get(_plain_id(data.get("new")), _("nobody")),
            "account": self.accounts.get(data.get("account"), _("a customer that is not open to you")),
            "competitor": self.competitors.get(data.get("competitor") or data.get("winner"), _("unknown")),
            "stage": self._stage(data.get("stage")),
            "to": self._stage(data.get("to")) or _("the end"),
            "step": self._step(data.get("new")),
            "nodes": _(", ").join(map(self._node, data.get("missing") or [data.get("node") or data.get("key") or ""])),
            "element": _element(data.get("kind")),
            "reason": _closing_reason(data.get("reason")),
            "role": _team_role(data.get("new")),
            "value": _attitude(data.get("value")),
            "score": str(data.get("score", "")),
            "number": str(len(data.get("new") or ()) if isinstance(data.get("new"), list | dict) else ""),
            "grade": str(data.get("new") or "—") if isinstance(data.get("new"), str) else "—",
            "main": self.users.get(data.get("main"), _("nobody")),
            "until": str(data.get("until") or "—"),
        }

    def _stage(self, key: Any) -> str:
        found = self.process.stage_called(key) if self.process and isinstance(key, str) else None
        return found.title if found else str(key or "")

    def _step(self, key: Any) -> str:
        found = self.process.step_called(key) if self.process and isinstance(key, str) else None
        return found.title if found else ""

    def _node(self, key: str) -> str:
        return _node_title(self.process, key) if self.process else key


def _node_title(process: ProcessDefinition, key: str) -> str:
    nodes = (node for stage in process.stages if (node := stage.node(key)))
    return next((node.title for node in nodes), None) or fact_title(key)


def _element(kind: Any) -> str:
    return str(dict(Element.choices).get(kind, kind)) if isinstance(kind, str) else ""


def _attitude(value: Any) -> str:
    return f"{value:+d}" if isinstance(value, int) and value else str("" if value is None else value)


def _closing_reason(key: Any) -> str:
    return str(dict(ClosingReport._meta.get_field("reason").flatchoices).get(key, key or ""))


def _team_role(key: Any) -> str:
    labels = dict(ProjectMember._meta.get_field("role").flatchoices)
    return str(labels.get(key, _("nobody"))) if not isinstance(key, list | dict) else ""


def _plain_id(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _ids(found: Iterable[Event], *keys: str) -> set[int]:
    return {pk for event in found for key in keys if isinstance(pk := event.data.get(key), int)}


def _user_ids(found: Sequence[Event]) -> set[int]:
    moved = [event for event in found if event.name in GIVEN]
    return _ids(found, "user", "owner", "main") | _ids(moved, "old", "new")


def _subject_ids(found: Iterable[Event], label: str) -> set[int]:
    return {event.subject_id for event in found if event.subject_type == label}


def _named(rows: Any, ids: set[int]) -> dict[int | None, str]:
    return dict(rows.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


# --- what changed


def _changes(event: Event, user: User, names: _Names) -> list[Change]:
    model = apps.get_model(event.subject_type) if event.subject_type in _models() else None
    pairs, touched = _pairs(event.data), event.data.get("fields") or event.data.get("personal") or []
    if model is None:
        return []
    readable = field_rules.readable_fields(user, model)
    made = [_change(model, name, old, new) for name, (old, new) in pairs.items() if _may_show(model, name, readable)]
    shown = set(pairs)
    made += [Change(_label(model, name)) for name in touched if name not in shown and _is_known(model, name)]
    return made


def _models() -> set[str]:
    return {model._meta.label_lower for model in apps.get_models() if model.__module__.startswith("openpsm.")}


def _pairs(data: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Read both shapes of changes: `{field: [old, new]}`, and two mappings `old` and `new`."""
    listed = data.get("changes") or data.get("changed")
    if isinstance(listed, Mapping):
        return {name: (both[0], both[1]) for name, both in listed.items() if isinstance(both, list) and len(both) == 2}
    old, new = data.get("old"), data.get("new")
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {name: (old.get(name), value) for name, value in new.items()}
    return {}


def _may_show(model: type[Model], name: str, readable: set[str]) -> bool:
    rule = field_rules.rule_of(model, name)
    return rule is not None and rule.cls == FieldClass.OPEN and rule.field in readable


def _is_known(model: type[Model], name: str) -> bool:
    rule = field_rules.rule_of(model, name)
    return rule is not None and rule.cls != FieldClass.INTERNAL


def _change(model: type[Model], name: str, old: Any, new: Any) -> Change:
    kind = _field(model, name)
    if isinstance(kind, ForeignKey) or isinstance(old, dict | list) or isinstance(new, dict | list):
        return Change(_label(model, name))
    return Change(_label(model, name), _value(kind, old), _value(kind, new))


def _field(model: type[Model], name: str) -> Field[Any, Any] | None:
    try:
        found = model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _label(model: type[Model], name: str) -> str:
    kind = _field(model, name)
    if name == "custom":
        return _("Own fields")
    return str(NAMED_HERE.get(name.removesuffix("_id")) or (capfirst(str(kind.verbose_name)) if kind else name))


def _value(kind: Field[Any, Any] | None, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices: Mapping[Any, str | Promise] = dict(kind.flatchoices) if kind else {}
    return str(choices.get(value, value))
