"""What we know of a project: pieces of information with their source, and honest "unknown, will ask by …".

Who said it is personal: events keep it sealed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.buying.models import IntelligenceItem
from openpsm.buying.models.market import Element
from openpsm.buying.operations.values import assign, open_part, sealed_part
from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput, Message, NotAllowed
from openpsm.core.events import EventRow
from openpsm.core.text import fold, is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org import operations as org
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project
from openpsm.projects.operations.records import locked

State = IntelligenceItem.State
ASK = "intelligence.ask"
PERSONAL = frozenset({"source_person"})


@dataclass(frozen=True)
class NewIntelligence:
    """One piece of information. Known and partly known ones need text and source, unknown ones `ask_by`."""

    kind: str
    state: str
    text: str = ""
    source: str = ""
    source_person: str = ""
    got_on: date | None = None
    ask_by: date | None = None


class IntelligenceValues(TypedDict, total=False):
    """What may be changed of an item; the kind never."""

    state: str
    text: str
    source: str
    source_person: str
    got_on: date | None
    ask_by: date | None


CHANGEABLE = frozenset(IntelligenceValues.__annotations__)
FIELDS = frozenset(field.name for field in fields(NewIntelligence))


def add_intelligence(
    *,
    project_id: int,
    kind: str,
    state: str,
    by: User,
    at: datetime,
    text: str = "",
    source: str = "",
    source_person: str = "",
    got_on: date | None = None,
    ask_by: date | None = None,
) -> IntelligenceItem:
    """Record what is known, or that it is unknown and by when the owner will ask, which makes a task.

    An answer replaces the open "unknown" of the same kind and ends its task. Refuses placeholders and a text that
    stands under another kind already. Raises InvalidInput.
    """
    note = NewIntelligence(kind, state, text, source, source_person, got_on, ask_by)
    with transaction.atomic():
        project = _project(project_id, by)
        item = write_intelligence(project, [note], by=by, at=at)[0]
        projects.refresh_locked(projects=[project], at=at, by=by)
    return item


def _project(project_id: int, by: User) -> Project:
    return locked(project_id, by=by, permission=Permission.PROJECT_EDIT)


def write_intelligence(
    project: Project,
    notes: Sequence[NewIntelligence],
    *,
    by: User,
    at: datetime,
    prefix: str = "",
    instead_of: IntelligenceItem | None = None,
) -> list[IntelligenceItem]:
    """Write items of a locked project with tasks and events; the caller refreshes the facts.

    With a prefix errors are named by position: "intelligence.0.text".
    """
    current = list(IntelligenceItem.objects.current().filter(project=project))
    others = [item for item in current if instead_of is None or item.pk != instead_of.pk]
    items = [_new(project, note, by=by, at=at) for note in notes]
    _check(items, others, on=today(at), prefix=prefix)
    IntelligenceItem.objects.bulk_create(items)
    _replace(items, others, instead_of, by=by, at=at)
    _open_tasks(project, items, by=by, at=at)
    events.record_many("intelligence.added", [_row(project, item) for item in items], by=by, at=at)
    return items


def _new(project: Project, note: NewIntelligence, *, by: User, at: datetime) -> IntelligenceItem:
    item = IntelligenceItem(project=project, author=by, created_at=at, updated_at=at, created_by=by)
    values = asdict(note)
    if note.state != State.UNKNOWN and values["got_on"] is None:
        values["got_on"] = today(at)
    assign(item, values, allowed=FIELDS)
    return item


def _check(items: Sequence[IntelligenceItem], others: Iterable[IntelligenceItem], *, on: date, prefix: str) -> None:
    told = {fold(item.text): item.kind for item in others if item.text}
    errors: dict[str, Message] = {}
    for number, item in enumerate(items):
        start = f"{prefix}{number}." if prefix else ""
        errors |= {f"{start}{name}": text for name, text in _problems(item, told, on).items()}
        told |= {fold(item.text): item.kind} if item.text else {}
    if errors:
        raise InvalidInput(errors)


def _problems(item: IntelligenceItem, told: Mapping[str, str], on: date) -> dict[str, Message]:
    if item.state == State.UNKNOWN:
        is_late = item.ask_by is None or item.ask_by < on
        return {"ask_by": _("Say by which day you will find out.")} if is_late else {}
    problems: dict[str, Message] = {}
    if is_placeholder(item.text):
        problems["text"] = _("Write what you know. If nobody knows it yet, choose “unknown” and a day.")
    elif told.get(fold(item.text), item.kind) != item.kind:
        problems["text"] = _("The same text stands under another heading. Write what you know about this one.")
    if not item.source:
        problems["source"] = _("Say where this comes from.")
    if item.got_on and item.got_on > on:
        problems["got_on"] = _("This day is still to come.")
    return problems


def _replace(
    items: Sequence[IntelligenceItem],
    others: Iterable[IntelligenceItem],
    old: IntelligenceItem | None,
    *,
    by: User,
    at: datetime,
) -> None:
    """Let answers stand in the place of open questions of their kind, and the new item in that of the old one."""
    answers = {item.kind: item for item in items if item.state != State.UNKNOWN}
    replaced = [item for item in others if item.state == State.UNKNOWN and item.kind in answers]
    for item in replaced:
        item.replaced_by = answers[item.kind]
    if old is not None:
        old.replaced_by = items[0]
        replaced.append(old)
    for item in replaced:
        bump(item, at=at)
    if replaced:
        IntelligenceItem.objects.bulk_update(replaced, ["replaced_by", "version", "updated_at"])
        org.settle_tasks(origin=ASK, subjects=replaced, by=by, at=at)


def _open_tasks(project: Project, items: Iterable[IntelligenceItem], *, by: User, at: datetime) -> None:
    """Ask the project's owner to find out what is unknown."""
    tasks = [_task(project, item) for item in items if item.state == State.UNKNOWN]
    if tasks:
        org.open_tasks(rows=tasks, by=by, at=at)


def _task(project: Project, item: IntelligenceItem) -> org.NewTask:
    title = _("Find out: %(element)s") % {"element": Element(item.kind).label}
    return org.NewTask(
        owner_id=project.owner_id, title=title, due_on=item.ask_by, origin=ASK, subject=item, project=project
    )


def _row(project: Project, item: IntelligenceItem) -> EventRow:
    names = ("kind", "state", "text", "source", "got_on", "ask_by")
    data = {name: getattr(item, name) for name in names}
    sealed = {"source_person": item.source_person} if item.source_person else None
    return EventRow(subject=item, root=project, data=data, sealed=sealed)


def _loaded(item_id: int, *, by: User, version: int | None) -> IntelligenceItem:
    found = IntelligenceItem.objects.visible_to(by).current().values_list("project_id", flat=True).get(pk=item_id)
    project = _project(found, by)
    item: IntelligenceItem = IntelligenceItem.objects.current().get(pk=item_id)
    item.project = project
    require_version(item, version)
    return item


def _without_closed_source(item: IntelligenceItem, changes: Mapping[str, Any], by: User) -> dict[str, Any]:
    """Leave the informant out of the changes of somebody who may not know them (1 query for inside sources)."""
    kept = dict(changes)
    is_inside = item.source == IntelligenceItem.Source.INSIDER
    if not is_inside or IntelligenceItem.objects.filter(pk=item.pk).with_open_source(by).exists():
        return kept
    if kept.pop("source_person", "") or kept.get("source", item.source) != item.source:
        raise NotAllowed(_("Only the line of command of whoever heard it may change an inside source."))
    return kept


def update_intelligence(
    *, item_id: int, version: int | None, by: User, at: datetime, **changes: Unpack[IntelligenceValues]
) -> IntelligenceItem:
    """Correct an item; what was confirmed must be confirmed again. Raises Stale, InvalidInput.

    Who may not know an inside source leaves it as it is: an empty `source_person` does not erase it. Raises
    NotAllowed for another one and for another `source`, which would open it.
    """
    with transaction.atomic():
        item = _loaded(item_id, by=by, version=version)
        changed = assign(item, _without_closed_source(item, changes, by), allowed=CHANGEABLE)
        others = IntelligenceItem.objects.current().filter(project_id=item.project_id).exclude(pk=item.pk)
        _check([item], others, on=today(at), prefix="")
        if changed:
            item.is_confirmed, item.confirmed_by, item.confirmed_at = False, None, None
            _save(item, by=by, at=at)
            if "state" in changed or "ask_by" in changed:
                org.settle_tasks(origin=ASK, subjects=[item], by=by, at=at)
                _open_tasks(item.project, [item], by=by, at=at)
            data = open_part(changed, personal=PERSONAL)
            sealed = sealed_part(changed, personal=PERSONAL) or None
            events.record("intelligence.changed", subject=item, root=item.project, by=by, at=at, sealed=sealed, **data)
    return item


def _save(item: IntelligenceItem, *, by: User, at: datetime) -> None:
    bump(item, at=at)
    item.save()
    projects.refresh_locked(projects=[item.project], at=at, by=by)


def replace_intelligence(
    *, item_id: int, note: NewIntelligence, version: int | None, by: User, at: datetime
) -> IntelligenceItem:
    """Put newer information of the same kind in the place of an item, which stays in the history."""
    with transaction.atomic():
        old = _loaded(item_id, by=by, version=version)
        if note.kind != old.kind:
            raise InvalidInput({"kind": _("Newer information is of the same kind.")})
        item = write_intelligence(old.project, [note], by=by, at=at, instead_of=old)[0]
        projects.refresh_locked(projects=[old.project], at=at, by=by)
    return item


def confirm_intelligence(*, item_id: int, by: User, at: datetime, version: int | None = None) -> IntelligenceItem:
    """Vouch for an item that is known or partly known."""
    with transaction.atomic():
        item = _loaded(item_id, by=by, version=version)
        if item.state == State.UNKNOWN:
            raise DomainError(_("There is nothing to confirm yet: this is unknown."), code="nothing-to-confirm")
        item.is_confirmed, item.confirmed_by, item.confirmed_at = True, by, at
        _save(item, by=by, at=at)
        events.record("intelligence.confirmed", subject=item, root=item.project, by=by, at=at, kind=item.kind)
    return item


def remove_intelligence(*, item_id: int, version: int | None, by: User, at: datetime) -> IntelligenceItem:
    """Take an item away that was a mistake; its task ends with it."""
    with transaction.atomic():
        item = _loaded(item_id, by=by, version=version)
        item.removed_at = at
        _save(item, by=by, at=at)
        org.settle_tasks(origin=ASK, subjects=[item], by=by, at=at)
        events.record("intelligence.removed", subject=item, root=item.project, by=by, at=at, kind=item.kind)
    return item
