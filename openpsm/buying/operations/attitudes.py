"""How people stand towards us and towards rivals: each change with its reason, and all of them kept.

Rule: docs/business-rules.md#attitude
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.buying import rules
from openpsm.buying.models import AttitudeChange, Contender, Stakeholder
from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import InvalidInput, Message
from openpsm.core.events import EventRow
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Project
from openpsm.projects.operations.records import locked


@dataclass(frozen=True)
class AttitudeNote:
    """What somebody noticed: −2 (against) to +2 (champion), to us or to a contender, and why they think so."""

    stakeholder_id: int
    value: int
    reason: str
    seen_on: date | None = None
    contender_id: int | None = None


def set_attitude(
    *,
    stakeholder_id: int,
    value: int,
    reason: str,
    by: User,
    at: datetime,
    seen_on: date | None = None,
    contender_id: int | None = None,
    version: int | None = None,
) -> Stakeholder:
    """State how a person stands towards us, or towards a contender of the project; the reason is compulsory.

    Of the boss it also answers the project's question about the boss's attitude. Raises InvalidInput, Stale.
    """
    with transaction.atomic():
        project_id = Stakeholder.objects.visible_to(by).values_list("project_id", flat=True).get(pk=stakeholder_id)
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT)
        stakeholder: Stakeholder = Stakeholder.objects.live().select_related("contact").get(pk=stakeholder_id)
        require_version(stakeholder, version)
        note = AttitudeNote(stakeholder_id, value, reason, seen_on, contender_id)
        write_attitudes(project, [note], people={stakeholder_id: stakeholder}, by=by, at=at)
        projects.refresh_locked(projects=[project], at=at, by=by)
    return stakeholder


def write_attitudes(
    project: Project, notes: Sequence[AttitudeNote], *, people: Mapping[int, Stakeholder], by: User, at: datetime
) -> None:
    """Write attitudes of people of a locked project, with their history and events; the caller refreshes the facts.

    2 queries and one per event batch, 1 more for contenders and for the boss. Raises InvalidInput by position:
    "attitudes.0.reason".
    """
    _check(project, notes, people, on=today(at))
    for note in notes:
        if note.contender_id is None:
            _take_over(people[note.stakeholder_id], note, at=at)
    AttitudeChange.objects.bulk_create(_change(note, by=by, at=at) for note in notes)
    ours = {note.stakeholder_id: people[note.stakeholder_id] for note in notes if note.contender_id is None}
    Stakeholder.objects.bulk_update(ours.values(), ["attitude", "attitude_on", "version", "updated_at"])
    _tell_project(project, notes, people, at=at)
    rows = [_row(project, note, people[note.stakeholder_id]) for note in notes]
    events.record_many("stakeholder.attitude_changed", rows, by=by, at=at)


def _check(project: Project, notes: Sequence[AttitudeNote], people: Mapping[int, Stakeholder], *, on: date) -> None:
    rivals = {note.contender_id for note in notes} - {None}
    known = (
        Contender.objects.live().filter(project=project, pk__in=rivals).values_list("pk", flat=True) if rivals else ()
    )
    lost = rivals - set(known)
    errors: dict[str, Message] = {}
    for number, note in enumerate(notes):
        errors |= {f"attitudes.{number}.{name}": text for name, text in _problems(note, people, lost, on).items()}
    if errors:
        raise InvalidInput(errors)


def _problems(
    note: AttitudeNote, people: Mapping[int, Stakeholder], lost: set[int | None], on: date
) -> dict[str, Message]:
    problems: dict[str, Message] = {}
    if note.stakeholder_id not in people or note.contender_id in lost:
        problems["stakeholder_id"] = _("Choose somebody of this project.")
    if note.value not in rules.ATTITUDES:
        problems["value"] = _("Choose an attitude from −2 (against us) to +2 (champion).")
    if is_placeholder(note.reason) or len(note.reason) > 300:
        problems["reason"] = _("Say in a sentence what makes you think so.")
    if note.seen_on and note.seen_on > on:
        problems["seen_on"] = _("This day is still to come.")
    return problems


def _take_over(stakeholder: Stakeholder, note: AttitudeNote, *, at: datetime) -> None:
    stakeholder.attitude, stakeholder.attitude_on = note.value, note.seen_on or today(at)
    bump(stakeholder, at=at)


def _change(note: AttitudeNote, *, by: User, at: datetime) -> AttitudeChange:
    return AttitudeChange(
        stakeholder_id=note.stakeholder_id,
        contender_id=note.contender_id,
        value=note.value,
        reason=note.reason.strip(),
        seen_on=note.seen_on or today(at),
        by=by,
        at=at,
    )


def _tell_project(
    project: Project, notes: Sequence[AttitudeNote], people: Mapping[int, Stakeholder], *, at: datetime
) -> None:
    """The boss's attitude is asked on every project: whoever states it on the person has answered that question."""
    bosses = [note for note in notes if note.contender_id is None and people[note.stakeholder_id].is_boss]
    if bosses:
        project.boss_attitude, project.boss_attitude_source = bosses[-1].value, bosses[-1].reason.strip()[:200]
        project.save(update_fields=["boss_attitude", "boss_attitude_source", *bump(project, at=at)])


def _row(project: Project, note: AttitudeNote, stakeholder: Stakeholder) -> EventRow:
    data = {"value": note.value, "contender": note.contender_id, "is_boss": stakeholder.is_boss}
    owner = stakeholder.contact or stakeholder
    return EventRow(subject=stakeholder, root=project, data=data, sealed={"reason": note.reason}, seal_for=owner)
