"""Saved views of lists, what a person keeps of a list, and exports on record. Rule: docs/business-rules.md#lists"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.locks import lock_rows
from openpsm.core.versions import bump, require_version
from openpsm.org.access import reach, require, require_over
from openpsm.org.models import Department, SavedView, User
from openpsm.org.permissions import Permission

MOST_VIEWS = 100
MOST_COLUMNS = 60
LONGEST_QUERY = 4_000
Sharing = SavedView.Sharing


def save_view(
    *,
    listing: str,
    name: str,
    query: str,
    by: User,
    at: datetime,
    sharing: str = Sharing.OWN,
    department_id: int | None = None,
) -> SavedView:
    """Keep a list as it stands. Sharing takes the right to share, over that department or everywhere."""
    if len(query) > LONGEST_QUERY:
        raise InvalidInput({"query": _("These filters are too long to be kept.")})
    with transaction.atomic():
        lock_rows(User, [by.pk])
        if SavedView.objects.filter(owner=by).count() >= MOST_VIEWS:
            raise DomainError(_("You have too many views already. Delete one first."), code="quota")
        view = SavedView(listing=listing, query=query, owner=by, created_by=by, created_at=at, updated_at=at)
        _put(view, name, sharing, department_id, by)
        view.save(force_insert=True)
        events.record("view.saved", subject=view, by=by, at=at, **_said(view))
    return view


def change_view(
    *,
    view_id: int,
    by: User,
    at: datetime,
    name: str | None = None,
    query: str | None = None,
    sharing: str | None = None,
    department_id: int | None = None,
    version: int | None = None,
) -> SavedView:
    """Rename a view of one's own, keep the list as it stands now, share it or take it back."""
    with transaction.atomic():
        view = _own(view_id, by, version)
        if query is not None and len(query) > LONGEST_QUERY:
            raise InvalidInput({"query": _("These filters are too long to be kept.")})
        view.query = view.query if query is None else query
        shared = view.sharing if sharing is None else sharing
        place = view.department_id if sharing is None else department_id
        _put(view, view.name if name is None else name, shared, place, by)
        bump(view, at=at)
        view.save()
        events.record("view.changed", subject=view, by=by, at=at, **_said(view))
    return view


def delete_view(*, view_id: int, by: User, at: datetime, version: int | None = None) -> None:
    """Delete a view of one's own, for all who use it; no record goes with it."""
    with transaction.atomic():
        view = _own(view_id, by, version)
        events.record("view.deleted", subject=view, by=by, at=at, **_said(view))
        view.delete()


def _own(view_id: int, by: User, version: int | None) -> SavedView:
    lock_rows(SavedView, [view_id])
    view: SavedView = SavedView.objects.visible_to(by).get(pk=view_id)
    if view.owner_id != by.pk:
        raise NotAllowed(_("Only who saved a view changes it. Save one of your own."))
    require_version(view, version)
    return view


def _said(view: SavedView) -> dict[str, Any]:
    said = {"listing": view.listing, "name": view.name, "query": view.query, "sharing": str(view.sharing)}
    return said | {"department": view.department_id}


def _put(view: SavedView, name: str, sharing: str, department_id: int | None, by: User) -> None:
    errors: dict[str, str] = {}
    view.name = name.strip()
    if not view.name or len(view.name) > 60:
        errors["name"] = _("A view has a name of at most 60 characters.")
    same = SavedView.objects.filter(owner=by, listing=view.listing, name=view.name).exclude(pk=view.pk)
    if same.exists():
        errors["name"] = _("You have a view of this name already.")
    if sharing not in Sharing.values:
        errors["sharing"] = _("This choice does not exist.")
    department = Department.objects.filter(pk=department_id or 0).first() if sharing == Sharing.DEPARTMENT else None
    if sharing == Sharing.DEPARTMENT and department is None:
        errors["department"] = _("Choose the department.")
    if errors:
        raise InvalidInput(errors)
    if sharing != view.sharing or (department.pk if department else None) != view.department_id:
        _require_share(by, sharing, department)
    view.sharing, view.department = sharing, department


def _require_share(by: User, sharing: str, department: Department | None) -> None:
    """What only oneself sees needs no right, taking back neither."""
    if sharing != Sharing.OWN:
        path = (department.path or "") if department else ""
        if not (department and reach(by).manages(path)):
            require_over(by, Permission.VIEW_SHARE, path=path)
        require(by, Permission.VIEW_SHARE)


def choose_columns(*, listing: str, columns: Sequence[str], by: User, at: datetime) -> User:
    """Keep the columns of a list for the next time; none means the usual ones."""
    if len(columns) > MOST_COLUMNS or any(len(key) > 60 for key in columns):
        raise InvalidInput({"columns": _("These are too many columns.")})
    return _choose(listing, "columns", list(columns), by, at)


def choose_view(*, listing: str, view_id: int | None, by: User, at: datetime) -> User:
    """Let a list open with this view, or with everything."""
    if view_id is not None and not SavedView.objects.visible_to(by).filter(pk=view_id, listing=listing).exists():
        raise InvalidInput({"view": _("There is no such view.")})
    return _choose(listing, "view", view_id, by, at)


def _choose(listing: str, name: str, value: Any, by: User, at: datetime) -> User:
    with transaction.atomic():
        user: User = User.objects.active().select_for_update(no_key=True).get(pk=by.pk)
        chosen = {**user.list_choices.get(listing, {}), name: value}
        user.list_choices = {**user.list_choices, listing: {key: one for key, one in chosen.items() if one}}
        user.save(update_fields=["list_choices"])
        events.record("user.profile_changed", subject=user, by=by, at=at, fields=["list_choices"], listing=listing)
    return user


def record_export(*, listing: str, query: str, columns: Sequence[str], number: int, by: User, at: datetime) -> None:
    """Put on record that a list left the program: which rows, which columns, how many. Takes the right to export."""
    require(by, Permission.EXPORT)
    data: dict[str, Any] = {"listing": listing, "query": query, "columns": list(columns), "number": number}
    with transaction.atomic():
        events.record("list.exported", subject=by, by=by, at=at, **data)
