"""Doing a bulk edit: the domain's own operation for each record, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from openpsm.core.errors import InvalidInput
from openpsm.core.jobs.outcomes import progress
from openpsm.org import operations
from openpsm.org.models import BulkEdit, BulkResult, User
from openpsm.web.forms.base import LOOKS
from openpsm.web.forms.pickers import PickerField, PickerForm
from openpsm.web.lists.bulk import Action
from openpsm.web.lists.declaration import Listing

#: So many records are tried before the act; the others are tried when it is their turn.
MOST_REHEARSED = 100
AT_ONCE = 50


class ValuesForm(PickerForm):
    """The values of an action."""

    def __init__(self, action: Action, user: User, data: Any = None) -> None:
        super().__init__(data, user=user)
        for name, field in action.inputs().items():
            look = next(css for kind, css in LOOKS if isinstance(field.widget, kind))
            field.widget.attrs.setdefault("class", look)
            if isinstance(field, PickerField):
                field.use(user)
            self.fields[name] = field

    def stored(self) -> dict[str, str]:
        """The values as texts, from which another form reads the same ones."""
        return {name: "" if value is None else str(value) for name, value in self.cleaned_data.items()}


def values_of(action: Action, user: User, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Read stored texts again; raises InvalidInput for what has become impossible."""
    form = ValuesForm(action, user, stored)
    if not form.is_valid():
        raise InvalidInput({name: list(map(str, errors)) for name, errors in form.errors.items()})
    return form.cleaned_data


@dataclass(frozen=True)
class Line:
    """What became, or would become, of one record."""

    pk: int
    label: str
    url: str
    outcome: str
    reason: str


def rehearsed(listing: Listing, action: Action, ids: list[int], values: dict[str, Any], user: User) -> list[Line]:
    """Try the act on the first records and take it back each time."""
    tried, at = [], timezone.now()
    for pk in ids[:MOST_REHEARSED]:
        outcome, reason, _kept = operations.rehearse(lambda pk=pk: action.run(pk, values, user, at))  # type: ignore[misc]
        tried.append((pk, outcome, reason))
    return lines(listing, tried, user)


def lines(listing: Listing, rows: list[tuple[int, str, str]], user: User) -> list[Line]:
    """Name the records that the user sees (1 query), the refused ones first."""
    name = listing.columns[0].paths[0]
    seen = listing.rows(user).filter(pk__in=[pk for pk, _outcome, _reason in rows])
    names = dict(seen.values_list("pk", name))
    order = {"refused": 0, "done": 1, "same": 2}
    made = [
        Line(pk, str(names.get(pk, _("not open to you"))), listing.home.format(pk=pk), outcome, reason)
        for pk, outcome, reason in rows
    ]
    return sorted(made, key=lambda one: order.get(one.outcome, 3))


def run(listing: Listing, bulk: BulkEdit, user: User) -> BulkEdit:
    """Do it to every record that has not had its turn; each is done and written down together."""
    action = next(one for one in listing.actions if one.key == bulk.action)
    kept = _kept(bulk) if bulk.undo_of_id else {}
    values = {} if bulk.undo_of_id else values_of(action, user, bulk.values)
    for number, pk in enumerate(bulk.ids, start=1):
        at = timezone.now()
        if bulk.undo_of_id:
            call = lambda pk=pk, at=at: _undone(action, pk, kept[pk], user, at)  # noqa: E731 - an act
        else:
            call = lambda pk=pk, at=at: action.run(pk, values, user, at)  # noqa: E731 - an act
        operations.do_one(bulk=bulk, record_id=pk, act=call)
        if number % 10 == 0:
            progress(number, len(bulk.ids))
    return operations.finish_bulk(bulk=bulk, at=timezone.now())


def _kept(bulk: BulkEdit) -> dict[int, Any]:
    rows = BulkResult.objects.filter(bulk=bulk.undo_of_id, outcome=BulkResult.Outcome.DONE)
    return dict(rows.values_list("record_id", "kept"))


def _undone(action: Action, pk: int, kept: Any, user: User, at: Any) -> None:
    assert action.undo is not None  # noqa: S101 - offered only then
    action.undo(pk, kept, user, at)
