"""What an activity brought beside its report: whom we met, who came along, what was noticed about people and things."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from openpsm.accounts.models import Contact
from openpsm.activities.models import Activity, ActivityColleague, ActivityPerson
from openpsm.buying import operations as buying
from openpsm.buying.models import Stakeholder
from openpsm.buying.operations import AttitudeNote, NewIntelligence
from openpsm.core.errors import InvalidInput
from openpsm.org.models import User
from openpsm.projects.models import Project


@dataclass(frozen=True)
class Told:
    """What is entered on the same screen: ids of stakeholders and contacts met, of colleagues, and notes.

    Attitudes may be about people who were not met. Without a project there are only contacts and colleagues.
    """

    stakeholder_ids: Sequence[int] = ()
    contact_ids: Sequence[int] = ()
    colleague_ids: Sequence[int] = ()
    attitudes: Sequence[AttitudeNote] = ()
    intelligence: Sequence[NewIntelligence] = ()


@dataclass(frozen=True)
class Known:
    """The told ids, looked up: people of the project by id, those among them who were met, further contacts met."""

    people: Mapping[int, Stakeholder]
    met: Sequence[Stakeholder]
    contacts: Collection[int]


def look_up(told: Told, project: Project | None, *, by: User) -> Known:
    """Find everybody who is named (1 query for each kind of id that is there). Raises InvalidInput for strangers."""
    people = _people(told, project)
    is_met = set(told.stakeholder_ids)
    met = [one for one in people.values() if one.pk in is_met or one.contact_id in told.contact_ids]
    if is_met - people.keys():
        raise InvalidInput({"stakeholder_ids": _("Choose somebody of this project.")})
    contacts = set(told.contact_ids) - {one.contact_id for one in met}
    if contacts - set(
        Contact.objects.visible_to(by).filter(pk__in=contacts).values_list("pk", flat=True) if contacts else ()
    ):
        raise InvalidInput({"contact_ids": _("Choose among the contacts that you see.")})
    colleagues = set(told.colleague_ids)
    if colleagues and User.objects.filter(pk__in=colleagues, is_active=True).count() != len(colleagues):
        raise InvalidInput({"colleague_ids": _("Choose active users.")})
    return Known(people, met, contacts)


def _people(told: Told, project: Project | None) -> dict[int, Stakeholder]:
    """Return the project's people who are named in one way or another."""
    ids = {*told.stakeholder_ids, *(note.stakeholder_id for note in told.attitudes)}
    if project is None and (ids or told.intelligence):
        raise InvalidInput({"project_id": _("Attitudes and information belong to a project. Choose one.")})
    if project is None or not (ids or told.contact_ids):
        return {}
    named = Q(pk__in=ids) | Q(contact_id__in=told.contact_ids)
    rows = Stakeholder.objects.live().filter(named, project=project).select_related("contact")
    return {row.pk: row for row in rows}


def write(activity: Activity, told: Told, known: Known, project: Project | None, *, by: User, at: datetime) -> None:
    """Write who was there and what was noticed (a statement each, more for attitudes and information)."""
    met = [ActivityPerson(activity=activity, stakeholder=one, contact_id=one.contact_id) for one in known.met]
    met += [ActivityPerson(activity=activity, contact_id=pk) for pk in sorted(known.contacts)]
    if met:
        ActivityPerson.objects.bulk_create(met)
    if told.colleague_ids:
        with_us = sorted(set(told.colleague_ids) - {activity.owner_id})
        ActivityColleague.objects.bulk_create(ActivityColleague(activity=activity, user_id=pk) for pk in with_us)
    if known.met and activity.done_on:
        buying.mark_contacted(stakeholders=known.met, on=activity.done_on, at=at)
    if project and told.attitudes:
        buying.write_attitudes(project, told.attitudes, people=known.people, by=by, at=at)
    if project and told.intelligence:
        buying.write_intelligence(project, told.intelligence, by=by, at=at, prefix="intelligence.")
