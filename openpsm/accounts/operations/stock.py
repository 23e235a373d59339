"""Accounts and contacts that come in masses: more names for many at once, and taking back what an import brought.

Rule: docs/business-rules.md#imports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountName, Contact
from openpsm.accounts.operations import keys
from openpsm.core import events
from openpsm.core.errors import InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.core.text import fold, is_placeholder
from openpsm.core.versions import bump
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission


@dataclass(frozen=True, slots=True)
class NewName:
    """Another name of an account; `kind` is short, former, english or alias."""

    account_id: int
    name: str
    kind: str


def check_new_name(row: NewName) -> None:
    """Raise InvalidInput for a name that says nothing."""
    if is_placeholder(row.name) or len(row.name) > 200 or row.kind not in AccountName.Kind.values:
        raise InvalidInput({"name": _("Please enter a real name.")})


def add_account_names(*, rows: Sequence[NewName], by: User, at: datetime) -> list[AccountName]:
    """Add names to visible accounts that the caller takes over, one event a name; those that are known must not come.

    A fixed number of statements. Raises NotAllowed, Account.DoesNotExist, InvalidInput.
    """
    require(by, Permission.TAKE_OVER)
    require(by, Permission.ACCOUNT_EDIT)
    for row in rows:
        check_new_name(row)
    ids = {row.account_id for row in rows}
    with transaction.atomic():
        lock_rows(Account, ids)
        if Account.objects.visible_to(by).filter(pk__in=ids).count() != len(ids):
            raise Account.DoesNotExist
        names = [
            AccountName(
                account_id=row.account_id,
                name=row.name,
                strict_key=fold(row.name)[:200],
                kind=row.kind,
                source=AccountName.Source.IMPORT,
            )
            for row in rows
        ]
        AccountName.objects.bulk_create(names)
        accounts = {one.pk: one for one in keys.add_names(dict.fromkeys(ids, ()))}
        touched = [field for one in accounts.values() for field in bump(one, at=at)][:2]
        Account.objects.bulk_update(accounts.values(), ["search_text", *touched])
        record = [
            EventRow(subject=accounts[row.account_id], data={"name": row.name, "kind": row.kind}) for row in names
        ]
        events.record_many("account.name_added", record, by=by, at=at)
    return names


def remove_account_names(*, ids: Sequence[int], by: User, at: datetime) -> set[int]:
    """Take names away again, set-wise; returns the ids of those that were there."""
    require(by, Permission.TAKE_OVER)
    with transaction.atomic():
        seen = Account.objects.visible_to(by)
        names = list(AccountName.objects.filter(pk__in=ids, account__in=seen).select_related("account"))
        lock_rows(Account, {one.account_id for one in names})
        AccountName.objects.filter(pk__in=[one.pk for one in names]).delete()
        for account in {one.account_id: one.account for one in names}.values():
            keys.rewrite(account)
            account.save(update_fields=["search_text", *bump(account, at=at)])
        record = [EventRow(subject=one.account, data={"name": one.name, "kind": one.kind}) for one in names]
        events.record_many("account.name_removed", record, by=by, at=at)
    return {one.pk for one in names}


def withdraw_accounts(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Move imported accounts to the recycle bin unless somebody has changed or used them since; returns their ids.

    `versions` are those that the import left behind. Used is one with contacts, activities or projects that are not in
    the bin. A fixed number of statements.
    """
    require(by, Permission.TAKE_OVER)
    with transaction.atomic():
        lock_rows(Account, versions)
        rows = _unused(Account.objects.visible_to(by).filter(pk__in=versions))
        accounts = [one for one in rows if one.version == versions[one.pk]]
        ids = {one.pk for one in accounts}
        changes = {"deleted_at": at, "updated_at": at, "version": F("version") + 1}
        Account.objects.filter(pk__in=ids).update(**changes)
        events.record_many("account.deleted", [EventRow(subject=one) for one in accounts], by=by, at=at)
    return ids


def _unused(rows: QuerySet[Any]) -> QuerySet[Any]:
    live = {"deleted_at": None}
    contacts = Contact.objects.filter(**live).values("account_id")
    relations = {one.get_accessor_name(): one for one in Account._meta.related_objects}
    rows = rows.exclude(pk__in=contacts)
    parties = relations["parties"].related_model._base_manager.filter(project__deleted_at=None)
    activities = relations["activities"].related_model._base_manager.filter(**live)
    return rows.exclude(pk__in=parties.values("account_id")).exclude(pk__in=activities.values("account_id"))


def withdraw_contacts(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Move imported contacts to the recycle bin unless somebody has changed them since; returns their ids."""
    require(by, Permission.TAKE_OVER)
    with transaction.atomic():
        lock_rows(Contact, versions)
        rows = Contact.objects.visible_to(by).filter(pk__in=versions).select_related("account")
        contacts = [one for one in rows if one.version == versions[one.pk]]
        ids = {one.pk for one in contacts}
        for one in contacts:
            one.deleted_at = at
        changes = {"deleted_at": at, "updated_at": at, "version": F("version") + 1}
        Contact.objects.filter(pk__in=ids).update(**changes)
        keys.mark_contacts(contacts)
        record = [EventRow(subject=one, root=one.account) for one in contacts]
        events.record_many("contact.deleted", record, by=by, at=at)
    return ids
