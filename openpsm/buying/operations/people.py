"""Who takes part in the customer's decision: adding people, changing what we know of them, weighing them.

Names, posts and notes are personal: events keep them sealed under the contact, or under the stakeholder without one.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, Contact
from openpsm.buying import vocabulary
from openpsm.buying.models import Stakeholder
from openpsm.buying.operations.attitudes import AttitudeNote, write_attitudes
from openpsm.buying.operations.values import Changed, assign, open_part, sealed_part
from openpsm.core import custom, events
from openpsm.core.errors import DomainError, InvalidInput, Message
from openpsm.core.events import EventRow
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects import operations as projects
from openpsm.projects.models import Party, PartyRole, Project
from openpsm.projects.operations.records import locked

PERSONAL = frozenset({"name", "title", "note", "next_step"})


class StakeholderValues(TypedDict, total=False):
    """What may be said of a person of the buying decision; attitude and weights have operations of their own."""

    name: str
    title: str
    account_id: int | None
    contact_id: int | None
    buying_roles: list[str]
    project_role: str
    is_purchasing: bool
    is_boss: bool
    is_outside: bool
    has_veto: bool
    power_class: int | None
    weight: int | None
    personal_need: str
    reports_to_id: int | None
    cover_id: int | None
    contacted_on: date | None
    next_step: str
    note: str
    custom: dict[str, Any]


CHANGEABLE = frozenset(StakeholderValues.__annotations__)


def add_stakeholder(
    *,
    project_id: int,
    by: User,
    at: datetime,
    attitude: int | None = None,
    attitude_reason: str = "",
    **values: Unpack[StakeholderValues],
) -> Stakeholder:
    """Put a person, or a post whose holder nobody knows yet, into the project's buying decision.

    A contact gives name, post and account unless others are said; without account it is the customer's. Somebody of an
    account that neither owns nor uses the project stands outside. An attitude needs its reason. Raises InvalidInput.
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT)
        stakeholder = Stakeholder(project=project, created_at=at, updated_at=at, created_by=by)
        contact = _contact(values.get("contact_id"), by)
        changed = assign(stakeholder, _completed(values, project, contact), allowed=CHANGEABLE)
        _check(stakeholder, changed, by=by, contact=contact)
        stakeholder.save()
        if attitude is not None:
            note = AttitudeNote(stakeholder.pk, attitude, attitude_reason)
            write_attitudes(project, [note], people={stakeholder.pk: stakeholder}, by=by, at=at)
        projects.refresh_locked(projects=[project], at=at, by=by)
        _record("stakeholder.added", stakeholder, changed, by=by, at=at)
    return stakeholder


def _completed(values: Mapping[str, Any], project: Project, contact: Contact | None) -> dict[str, Any]:
    """Fill in what follows from the contact and the project, and check the values of custom fields."""
    account_id = values.get("account_id") or (contact.account_id if contact else project.account_id)
    defaults: dict[str, Any] = {"account_id": account_id, "name": "", "title": ""}
    if contact:
        defaults |= {"name": contact.name, "title": contact.title}
    given = {name: value for name, value in values.items() if value not in (None, "") or name not in defaults}
    if "is_outside" not in given:
        given["is_outside"] = _is_outside(project, account_id)
    given["custom"] = custom.clean(Stakeholder, values.get("custom") or {})
    return defaults | given


def _is_outside(project: Project, account_id: int) -> bool:
    """Whether an account is neither the customer nor a party that owns or uses what is built (0–1 query)."""
    inside = {"role__in": (PartyRole.OWNER, PartyRole.END_USER), "account_id": account_id}
    return account_id != project.account_id and not Party.objects.filter(project=project, **inside).exists()


def _contact(contact_id: int | None, by: User) -> Contact | None:
    if contact_id is None:
        return None
    found: Contact | None = Contact.objects.visible_to(by).filter(pk=contact_id).first()
    if found is None:
        raise InvalidInput({"contact_id": _("Choose one of the contacts that you see.")})
    return found


def _check(stakeholder: Stakeholder, changed: Changed, *, by: User, contact: Contact | None) -> None:
    """Raise InvalidInput for what the fields themselves cannot see (a query for each foreign key that changed)."""
    errors: dict[str, Message] = {}
    if is_placeholder(stakeholder.name):
        errors["name"] = _("Name the person, or the post whose holder you will find out.")
    if set(stakeholder.buying_roles) - set(vocabulary.keys("buying_roles")):
        errors["buying_roles"] = _("Choose from the list.")
    if "contact_id" in changed and contact is not None and _is_taken(stakeholder):
        errors["contact_id"] = _("This person is in the list already.")
    if "account_id" in changed and not _sees_account(stakeholder, by):
        errors["account_id"] = _("Choose one of the accounts that you see.")
    if (
        "cover_id" in changed
        and stakeholder.cover_id
        and not User.objects.filter(pk=stakeholder.cover_id, is_active=True).exists()
    ):
        errors["cover_id"] = _("Choose an active user.")
    if "reports_to_id" in changed and stakeholder.reports_to_id and not _may_report(stakeholder):
        errors["reports_to_id"] = _("Choose somebody else of this project who does not report to this person.")
    if errors:
        raise InvalidInput(errors)


def _is_taken(stakeholder: Stakeholder) -> bool:
    same = Stakeholder.objects.live().filter(project_id=stakeholder.project_id, contact_id=stakeholder.contact_id)
    return same.exclude(pk=stakeholder.pk).exists()


def _sees_account(stakeholder: Stakeholder, by: User) -> bool:
    """The customer and the account of a visible contact need no further look."""
    contact = stakeholder.contact
    if stakeholder.account_id in (stakeholder.project.account_id, contact.account_id if contact else None):
        return True
    return Account.objects.visible_to(by).filter(pk=stakeholder.account_id).exists()


def _may_report(stakeholder: Stakeholder) -> bool:
    """Whether the superior is of this project and no chain of superiors leads back (1 query)."""
    people = Stakeholder.objects.live().filter(project_id=stakeholder.project_id)
    above = dict(people.values_list("pk", "reports_to_id"))
    superior, steps = stakeholder.reports_to_id, len(above)
    if superior not in above:
        return False
    while superior is not None and superior != stakeholder.pk and steps:
        superior, steps = above.get(superior), steps - 1
    return superior is None


def update_stakeholder(
    *, stakeholder_id: int, version: int | None, by: User, at: datetime, **changes: Unpack[StakeholderValues]
) -> Stakeholder:
    """Change what we know of a person. Raises Stale, InvalidInput; Stakeholder.DoesNotExist for unseen ones."""
    with transaction.atomic():
        stakeholder = loaded(stakeholder_id, by=by)
        require_version(stakeholder, version)
        values: dict[str, Any] = dict(changes)
        if "custom" in values:
            values["custom"] = custom.clean(Stakeholder, values["custom"], existing=stakeholder.custom)
        contact = _contact(values.get("contact_id"), by)
        changed = assign(stakeholder, values, allowed=CHANGEABLE)
        _check(stakeholder, changed, by=by, contact=contact)
        if changed:
            _write(stakeholder, changed, by=by, at=at)
    return stakeholder


def _write(stakeholder: Stakeholder, changed: Changed, *, by: User, at: datetime) -> None:
    bump(stakeholder, at=at)
    stakeholder.save()
    projects.refresh_locked(projects=[stakeholder.project], at=at, by=by)
    _record("stakeholder.changed", stakeholder, changed, by=by, at=at)


def loaded(stakeholder_id: int, *, by: User) -> Stakeholder:
    """Load a person whom the user may edit, with contact, and lock the project (3 queries beside the reach)."""
    project_id = Stakeholder.objects.visible_to(by).values_list("project_id", flat=True).get(pk=stakeholder_id)
    project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT)
    stakeholder: Stakeholder = Stakeholder.objects.live().select_related("contact").get(pk=stakeholder_id)
    stakeholder.project = project
    return stakeholder


def _record(name: str, stakeholder: Stakeholder, changed: Changed, *, by: User, at: datetime) -> None:
    data = open_part(changed, personal=PERSONAL)
    sealed = sealed_part(changed, personal=PERSONAL)
    owner, root = seal_owner(stakeholder), stakeholder.project
    events.record(name, subject=stakeholder, root=root, by=by, at=at, sealed=sealed or None, seal_for=owner, **data)


def seal_owner(stakeholder: Stakeholder) -> Contact | Stakeholder:
    """Return under whose key personal values about the stakeholder are sealed, so that erasing the person works."""
    return stakeholder.contact or stakeholder


def remove_stakeholder(*, stakeholder_id: int, version: int | None, by: User, at: datetime) -> Stakeholder:
    """Take a person out of the buying decision; whoever reported to them reports to their superior."""
    with transaction.atomic():
        stakeholder = loaded(stakeholder_id, by=by)
        require_version(stakeholder, version)
        stakeholder.reports.update(reports_to=stakeholder.reports_to_id)
        stakeholder.removed_at = at
        stakeholder.save(update_fields=["removed_at", *bump(stakeholder, at=at)])
        projects.refresh_locked(projects=[stakeholder.project], at=at, by=by)
        events.record("stakeholder.removed", subject=stakeholder, root=stakeholder.project, by=by, at=at)
    return stakeholder


def set_weights(*, project_id: int, weights: Mapping[int, int | None], by: User, at: datetime) -> list[Stakeholder]:
    """Set the weights (percent, None unknown) of several people at once; return those that changed.

    They need not add up to 100: they are shown normalised. Rule: docs/business-rules.md#weights
    """
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_EDIT)
        people = {row.pk: row for row in Stakeholder.objects.live().filter(project=project, pk__in=weights)}
        if people.keys() != weights.keys():
            raise DomainError(_("One of these people is no longer in the list. Reload it."), code="stakeholder-gone")
        touched = [people[pk] for pk, weight in weights.items() if people[pk].weight != weight]
        rows = [_weigh(one, weights[one.pk], project, at=at) for one in touched]
        Stakeholder.objects.bulk_update(touched, ["weight", "version", "updated_at"])
        events.record_many("stakeholder.weighed", rows, by=by, at=at)
    return touched


def _weigh(stakeholder: Stakeholder, weight: int | None, project: Project, *, at: datetime) -> EventRow:
    changed = assign(stakeholder, {"weight": weight}, allowed=CHANGEABLE)
    bump(stakeholder, at=at)
    return EventRow(subject=stakeholder, root=project, data={"changed": changed})


def mark_contacted(*, stakeholders: Collection[Stakeholder], on: date, at: datetime) -> None:
    """Note that these people were met or spoken to on a day, unless later already (1 query). Inside a transaction."""
    met = [one for one in stakeholders if one.contacted_on is None or one.contacted_on < on]
    for one in met:
        one.contacted_on = on
        bump(one, at=at)
    Stakeholder.objects.bulk_update(met, ["contacted_on", "version", "updated_at"])
