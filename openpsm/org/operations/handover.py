"""Handing over: everything of a person who leaves or moves goes to others in one step, and they confirm it.

Rule: docs/business-rules.md#handover
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.utils.translation import gettext as _

from openpsm.core import events, links
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.locks import lock_rows
from openpsm.org import access
from openpsm.org.models import Handover, HandoverItem, User
from openpsm.org.operations.approvals.seats import pass_seats_on
from openpsm.org.operations.people import deactivate_user
from openpsm.org.operations.tasks import NewTask, open_tasks, settle_tasks
from openpsm.org.permissions import Permission

CONFIRM_DAYS = 3
ORIGIN = "handover.confirm"
OWNING = (Permission.PROJECT_EDIT, Permission.ACCOUNT_EDIT)


class HandoverIncomplete(DomainError):
    """Something that moves would stay behind; nothing was handed over. `left` says how many of which kind."""

    def __init__(self, left: Mapping[str, int]) -> None:
        self.left = dict(left)
        what = _("; ").join(f"{label}: {count}" for label, count in left.items())
        super().__init__(_("Not everything can go to the receiver: %(what)s.") % {"what": what}, code="incomplete")


@dataclass(frozen=True, slots=True)
class Belonging:
    """One kind of things that a person has and that moves."""

    link: links.Link
    rows: list[Any]

    @property
    def kind(self) -> str:
        return f"{self.link.model}.{self.link.field}"


def belongings(giver: User) -> list[Belonging]:
    """Return what would be handed over, kind by kind, kinds without a row left out (1 query per kind that moves)."""
    found = (Belonging(link, list(_listed(link, giver))) for link in _moving())
    return [one for one in found if one.rows]


def hand_over(
    *,
    giver_id: int,
    receiver_id: int,
    reason: str,
    by: User,
    at: datetime,
    receivers: Mapping[str, int] | None = None,
    deactivate: bool = False,
) -> Handover:
    """Move everything of the giver to the receiver, or kinds of things to those named in `receivers`, at once.

    All or nothing: what was done stays with who did it, each thing that moves leaves an event and waits for its
    receiver's word. `deactivate` ends the giver's access in the same step, with the rights that this takes. Raises
    NotAllowed, InvalidInput, HandoverIncomplete.
    """
    with transaction.atomic():
        people = _locked({giver_id, receiver_id, *(receivers or {}).values()})
        giver = people[giver_id]
        require_handing_over(by, giver)
        _require_valid(giver, [people[pk] for pk in {receiver_id, *(receivers or {}).values()}], reason)
        to = {kind: people[pk] for kind, pk in (receivers or {}).items()}
        with events.together():
            record = _begin(giver, reason, by, at)
            kinds = _move_all(record, giver, people[receiver_id], to, by, at)
            pass_seats_on(user=giver, by=by, at=at)
            _require_nothing_left(giver)
            _ask_receivers(record, by, at)
            data: dict[str, Any] = {"giver": giver.pk, "reason": reason, "kinds": kinds}
            events.record("user.handed_over", subject=giver, by=by, at=at, handover=record.pk, **data)
            if deactivate:
                deactivate_user(user_id=giver.pk, version=None, by=by, at=at)
    return record


def require_handing_over(by: User, giver: User) -> None:
    """Raise NotAllowed unless `by` manages the giver's department or one above it, or administers its users."""
    path = (giver.department.path or "") if giver.department else ""
    own = access.reach(by)
    if not by.is_active or not (
        (own.manages(path) and by.pk != giver.pk) or own.holds(Permission.USER_ADMIN, path=path)
    ):
        raise NotAllowed(_("Only a manager above this person or an administrator of users may hand over for them."))


def confirm_items(*, handover_id: int, item_ids: Collection[int] | None, by: User, at: datetime) -> int:
    """Say that these things have arrived, or all of one's own that wait with None; returns how many."""
    with transaction.atomic():
        record = _open(handover_id)
        items = HandoverItem.objects.waiting().filter(handover=record, receiver=by)
        if item_ids is not None:
            items = items.filter(pk__in=item_ids)
        ids = list(items.values_list("pk", flat=True))
        HandoverItem.objects.filter(pk__in=ids).update(confirmed_at=at, contested_at=None, remark="")
        with events.together():
            if ids:
                events.record("handover.confirmed", subject=record, by=by, at=at, items=ids)
            _close_when_done(record, by, at)
    return len(ids)


def contest_item(*, item_id: int, remark: str, by: User, at: datetime) -> HandoverItem:
    """Say what is wrong with a thing received: it stays with the receiver and open until confirmed."""
    if not remark.strip() or len(remark.strip()) > 500:
        raise InvalidInput({"remark": [_("Say in at most 500 characters what is wrong.")]})
    with transaction.atomic():
        found: HandoverItem = HandoverItem.objects.visible_to(by).get(pk=item_id)
        record = _open(found.handover_id)
        item: HandoverItem = HandoverItem.objects.get(pk=item_id)
        if item.receiver_id != by.pk:
            raise NotAllowed(_("Only who received it may say so."))
        if item.confirmed_at or item.passed_on_at:
            raise DomainError(_("This does not wait for your word any more."), code="item-closed")
        item.contested_at, item.remark = at, remark.strip()
        item.save(update_fields=["contested_at", "remark"])
        events.record("handover.contested", subject=record, by=by, at=at, item=item.pk)
    return item


def _moving() -> list[links.Link]:
    return [link for link in links.declared("org.user") if link.move is not None and link.listing is not None]


def _listed(link: links.Link, user: User) -> QuerySet[Any]:
    rows: QuerySet[Any] = link.listing(user)  # type: ignore[misc]  # _moving() leaves those without one out
    return rows


def _locked(pks: set[int]) -> dict[int, User]:
    lock_rows(User, sorted(pks))
    found = {user.pk: user for user in User.objects.select_related("department").filter(pk__in=pks)}
    if pks - set(found):
        raise InvalidInput({"receiver_id": [_("Choose an active user.")]})
    return found


def _require_valid(giver: User, receivers: Collection[User], reason: str) -> None:
    errors: dict[str, list[str]] = {}
    if reason not in Handover.Reason.values:
        errors["reason"] = [_("This choice does not exist.")]
    for user in receivers:
        own = access.reach(user)
        if user.pk == giver.pk:
            errors["receiver_id"] = [_("Choose somebody else than the person who hands over.")]
        elif not user.is_active:
            errors["receiver_id"] = [_("Choose an active user.")]
        elif not user.department or not any(own.holds_anywhere(one) for one in OWNING):
            errors["receiver_id"] = [
                _("%(name)s has no department or no role that may own this.") % {"name": user.name}
            ]
    if errors:
        raise InvalidInput(errors)


def _begin(giver: User, reason: str, by: User, at: datetime) -> Handover:
    HandoverItem.objects.waiting().filter(receiver=giver).update(passed_on_at=at)
    return Handover.objects.create(giver=giver, reason=reason, created_by=by, created_at=at, updated_at=at)


def _move_all(
    record: Handover, giver: User, receiver: User, to: Mapping[str, User], by: User, at: datetime
) -> dict[str, int]:
    """Move kind by kind and keep what moved as items; a move that records no events gets one per row here."""
    counts = {}
    for one in belongings(giver):
        new, before = to.get(one.kind, receiver), events.pending()
        one.link.move(old=giver, new=new, by=by, at=at)  # type: ignore[misc]  # belongings() moves
        if events.pending() == before:
            data = {"old": giver.pk, "new": new.pk, "handover": record.pk, "kind": one.kind}
            rows = [events.EventRow(row, root=_root(row), data=data) for row in one.rows]
            events.record_many("record.handed_over", rows, by=by, at=at)
        HandoverItem.objects.bulk_create(_item(record, one.kind, row, new) for row in one.rows)
        counts[one.kind] = len(one.rows)
    return counts


def _item(record: Handover, kind: str, row: Model, new: User) -> HandoverItem:
    subject = {"subject_type": row._meta.label_lower, "subject_id": row.pk}
    return HandoverItem(handover=record, kind=kind, receiver=new, **subject)


def _root(row: Model) -> Model | None:
    """The project or account that the row is a part of, known by its id alone: no query."""
    for name in ("project", "account"):
        field = next((one for one in row._meta.fields if one.name == name), None)
        pk = getattr(row, f"{name}_id", None)
        if isinstance(field, ForeignKey) and pk:
            return field.related_model(pk=pk)
    return None


def _require_nothing_left(giver: User) -> None:
    left = {str(one.link.label): len(one.rows) for one in belongings(giver)}
    if left:
        raise HandoverIncomplete(left)


def _ask_receivers(record: Handover, by: User, at: datetime) -> None:
    due = today(at) + timedelta(days=CONFIRM_DAYS)
    title = _("Confirm what %(name)s handed over to you") % {"name": record.giver.name}
    receivers = record.items.values_list("receiver", flat=True).distinct().order_by("receiver")
    rows = [NewTask(owner_id=pk, title=title, due_on=due, origin=ORIGIN, subject=record) for pk in receivers]
    open_tasks(rows=rows, by=by, at=at)


def _open(handover_id: int) -> Handover:
    lock_rows(Handover, [handover_id])
    record: Handover = Handover.objects.get(pk=handover_id)
    return record


def _close_when_done(record: Handover, by: User, at: datetime) -> None:
    """The last word closes the handover and the receivers' tasks."""
    if record.done_at or HandoverItem.objects.waiting().filter(handover=record).exists():
        return
    record.done_at = at
    record.save(update_fields=["done_at"])
    settle_tasks(origin=ORIGIN, subjects=[record], by=by, at=at)
