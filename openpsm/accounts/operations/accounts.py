"""Accounts: create, change, give to somebody, delete and bring back.

A seller's new account or new name is a registration: the skins call `openpsm.registrations.operations`, which checks
for collisions and then calls what stands here. Rules: docs/business-rules.md#registration, #recycle-bin
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import CharField, F
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountKind, AccountMember, AccountName
from openpsm.accounts.operations import keys
from openpsm.accounts.rules import normal_domain, normal_uscc
from openpsm.core import bulk, custom, events, memo
from openpsm.core.errors import DomainError, InvalidInput, NotAllowed
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.core.text import fold, is_placeholder
from openpsm.core.versions import Origin, bump, require_version
from openpsm.org import access
from openpsm.org.access import require
from openpsm.org.bin import require_kept
from openpsm.org.models import User
from openpsm.org.permissions import Permission

#: Fields that a person may change; everything else follows from them or has an operation of its own.
EDITABLE = (
    *("name", "short_name", "kind", "uscc", "country", "region", "address", "industry", "domain", "phone"),
    *("parent_id", "note", "custom"),
)


@dataclass(frozen=True)
class NewAccount:
    """An account to be made; `other_names` are pairs of kind (short, former, english, alias) and name.

    Without `owner_id` it belongs to the caller, unless it is to lie in the public pool or, taken over without owner,
    to be distributed by managers. `origin` says who entered it elsewhere, and needs the right to take over stock.
    """

    name: str
    short_name: str = ""
    kind: str = AccountKind.BUYER
    uscc: str = ""
    country: str = "CN"
    region: str = ""
    address: str = ""
    industry: str = ""
    domain: str = ""
    phone: str = ""
    parent_id: int | None = None
    owner_id: int | None = None
    is_in_pool: bool = False
    is_unassigned: bool = False
    note: str = ""
    custom: Mapping[str, Any] = field(default_factory=dict)
    other_names: Sequence[tuple[str, str]] = ()
    names_source: str = AccountName.Source.TYPED
    origin: Origin | None = None


def create_accounts(*, rows: Sequence[NewAccount], by: User, at: datetime) -> list[Account]:
    """Create accounts with their names, search keys and owners (at most 9 statements, whatever the number of rows).

    Owners other than the caller must be below the caller or the caller must take over stock. Raises NotAllowed,
    InvalidInput (fields of the first bad row).
    """
    require(by, Permission.ACCOUNT_CREATE)
    if any(row.origin for row in rows):
        require(by, Permission.TAKE_OVER)
    owners = _owners(rows, by)
    _require_visible_parents({row.parent_id for row in rows if row.parent_id is not None}, by)
    with memo.ensured():
        accounts = [_draft(row, owners.get(_owner_id(row, by) or 0), by, at) for row in rows]
    with transaction.atomic(savepoint=False):
        bulk.insert(Account, accounts)
        AccountName.objects.bulk_create(
            AccountName(account=account, name=name, strict_key=fold(name)[:200], kind=kind, source=row.names_source)
            for account, row in zip(accounts, rows, strict=True)
            for kind, name in _distinct_names(row)
        )
        keys.write_new(
            [(account, [name for _kind, name in row.other_names]) for account, row in _pairs(accounts, rows)]
        )
        links = ({"account_id": a.pk, "user_id": a.owner_id, "is_owner": True} for a in accounts if a.owner_id)
        bulk.write(AccountMember, links)
        made = [EventRow(subject=a, data={"name": a.name, "owner": a.owner_id}) for a in accounts]
        events.record_many("account.created", made, by=by, at=at)
    return accounts


def foresee_keys(rows: Sequence[NewAccount]) -> None:
    """Work out and remember what `create_accounts` will need to know of these names, before it takes any lock."""
    for row in rows:
        others = (name for _kind, name in row.other_names)
        names = tuple(dict.fromkeys(name for name in (row.name.strip(), row.short_name.strip(), *others) if name))
        country = row.country.upper() or "CN"
        keys.keys_of(names, normal_uscc(row.uscc), normal_domain(row.domain), row.phone.strip(), country)


def _require_visible_parents(ids: set[int | None], by: User) -> None:
    """Raise InvalidInput unless the caller sees all these accounts (1 query, none without ids)."""
    if ids and Account.objects.visible_to(by).filter(pk__in=ids).count() != len(ids):
        raise InvalidInput({"parent": _("Choose one of the accounts that you see.")})


def _pairs(accounts: list[Account], rows: Sequence[NewAccount]) -> list[tuple[Account, NewAccount]]:
    return list(zip(accounts, rows, strict=True))


def _owner_id(row: NewAccount, by: User) -> int | None:
    return None if row.is_in_pool or row.is_unassigned else row.owner_id or by.pk


def _owners(rows: Sequence[NewAccount], by: User) -> dict[int, User]:
    """Return the owners by id, after making sure that the caller may give accounts to each of them."""
    wanted = {row.owner_id for row in rows if row.owner_id} - {by.pk}
    found = {by.pk: by, **User.objects.select_related("department").in_bulk(wanted)} if wanted else {by.pk: by}
    for pk in wanted:
        if pk not in found or not found[pk].is_active:
            raise InvalidInput({"owner": _("This user does not exist or is not active.")})
        require_may_give(by, found[pk])
    return found


def require_may_give(by: User, owner: User) -> None:
    """Raise NotAllowed unless the caller manages the owner's department, takes over stock or sees all accounts."""
    reach = access.reach(by)
    path = (owner.department.path or "") if owner.department else ""
    wide = (Permission.TAKE_OVER, Permission.ACCOUNT_VIEW_ALL)
    if owner.pk != by.pk and not reach.manages(path) and not any(reach.holds(one, path=path) for one in wide):
        raise NotAllowed(_("Only a manager of this person may give an account to them."))


def _distinct_names(row: NewAccount) -> list[tuple[str, str]]:
    seen = {fold(name): (kind, name.strip()) for kind, name in reversed(row.other_names) if fold(name)}
    seen.pop(fold(row.name), None)
    return list(seen.values())


def _draft(row: NewAccount, owner: User | None, by: User, at: datetime) -> Account:
    account = Account(
        kind=row.kind,
        country=row.country.upper() or "CN",
        parent_id=row.parent_id,
        owner=owner,
        department_id=owner.department_id if owner else by.department_id if row.is_unassigned else None,
        is_unassigned=row.is_unassigned,
        pooled_at=at if owner is None and not row.is_unassigned else None,
        created_by_id=row.origin.by_id if row.origin else by.pk,
        created_at=(row.origin and row.origin.at) or at,
        updated_at=at,
    )
    _fill(account, row)
    keys.derive(account, [name for _kind, name in row.other_names])
    return account


def _fill(account: Account, row: NewAccount) -> None:
    for name in ("name", "short_name", "uscc", "region", "address", "industry", "domain", "phone", "note"):
        setattr(account, name, getattr(row, name))
    account.custom = custom.clean(Account, row.custom)
    clean(account)


def check_new_account(row: NewAccount) -> None:
    """Raise InvalidInput for what `create_accounts` would refuse in the fields of a row; no query but custom fields."""
    _fill(Account(kind=row.kind, country=row.country.upper() or "CN"), row)


def clean(account: Account) -> None:
    """Trim and normalise the account's own fields; raises InvalidInput."""
    for name in ("name", "short_name", "region", "address", "industry", "phone", "note"):
        setattr(account, name, str(getattr(account, name)).strip())
    account.uscc, account.domain = normal_uscc(account.uscc), normal_domain(account.domain)
    errors: dict[str, str] = {}
    if is_placeholder(account.name):
        errors["name"] = _("Please enter the real name of the company.")
    if account.kind not in _KINDS:
        errors["kind"] = _("This kind of account does not exist.")
    for attname, most in _lengths():
        if len(getattr(account, attname)) > most:
            errors[attname] = _("At most %(n)s signs fit here.") % {"n": most}
    if errors:
        raise InvalidInput(errors)


_KINDS = frozenset(AccountKind.values)


@cache
def _lengths() -> tuple[tuple[str, int], ...]:
    """The text columns that people fill in, with what fits into them."""
    columns = [one for one in Account._meta.concrete_fields if one.editable and isinstance(one, CharField)]
    return tuple((one.attname, one.max_length or 0) for one in columns if one.max_length)


def locked(account_id: int, by: User, permission: Permission, version: int | None) -> Account:
    """Return the account locked if the caller sees it and may do this; raises DoesNotExist, NotAllowed, Stale."""
    lock_rows(Account, [account_id])
    account: Account = Account.objects.visible_to(by).select_related("department").get(pk=account_id)
    require(by, permission, on=account)
    require_version(account, version)
    return account


def update_account(
    *, account_id: int, changes: Mapping[str, Any], by: User, at: datetime, version: int | None = None
) -> Account:
    """Change fields of an account (EDITABLE); returns it unchanged when nothing differs.

    It does not look for collisions: `registrations.operations.change_account` does and is what the skins call.
    Raises NotAllowed, Stale, InvalidInput.
    """
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise InvalidInput({name: _("This field cannot be changed.") for name in sorted(unknown)})
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, version)
        before = {name: getattr(account, name) for name in EDITABLE}
        _require_visible_parents({changes.get("parent_id")} - {None, account.parent_id}, by)
        _apply(account, changes)
        old = {name: value for name, value in before.items() if getattr(account, name) != value}
        if not old:
            return account
        keys.rewrite(account)
        bump(account, at=at)
        account.save()
        new = {name: getattr(account, name) for name in old}
        events.record("account.changed", subject=account, by=by, at=at, old=old, new=new)
    return account


def _apply(account: Account, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        kept = account.custom
        setattr(account, name, custom.clean(Account, value, existing=kept) if name == "custom" else value)
    clean(account)
    if account.parent_id is not None and _is_above(account, account.parent_id):
        raise InvalidInput({"parent": _("An account cannot be its own parent company, not even in a circle.")})


def _is_above(account: Account, parent_id: int | None) -> bool:
    for _step in range(20):
        if parent_id is None:
            return False
        if parent_id == account.pk:
            return True
        parent_id = Account.objects.filter(pk=parent_id).values_list("parent_id", flat=True).first()
    return True


def add_account_name(*, account_id: int, name: str, kind: str, by: User, at: datetime) -> AccountName:
    """Add a short, former, English or other name, by which the account is found from then on."""
    name = name.strip()
    if is_placeholder(name) or len(name) > 200 or kind not in AccountName.Kind.values:
        raise InvalidInput({"name": _("Please enter a real name.")})
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, None)
        if fold(name) == account.strict_key or account.names.filter(strict_key=fold(name)).exists():
            raise DomainError(_("The account already has this name."), code="duplicate")
        source = AccountName.Source.TYPED
        values = {"name": name, "strict_key": fold(name)[:200], "kind": kind, "source": source}
        added = AccountName.objects.create(account=account, **values)
        _touch(account, at)
        events.record("account.name_added", subject=account, by=by, at=at, name=name, kind=kind)
    return added


def remove_account_name(*, name_id: int, by: User, at: datetime) -> Account:
    """Take a name away again."""
    with transaction.atomic():
        row = AccountName.objects.get(pk=name_id)
        account = locked(row.account_id, by, Permission.ACCOUNT_EDIT, None)
        row.delete()
        _touch(account, at)
        events.record("account.name_removed", subject=account, by=by, at=at, name=row.name, kind=row.kind)
    return account


def _touch(account: Account, at: datetime) -> None:
    keys.rewrite(account)
    account.save(update_fields=["search_text", "strict_key", "sort_key", *bump(account, at=at)])


def set_account_owner(
    *, account_id: int, owner_id: int | None, by: User, at: datetime, version: int | None = None
) -> Account:
    """Give the account to another person, or to nobody (None: it lies in the public pool from then on).

    The former owner stays on the account's team only if they were put there again. One's own account may be given to
    the pool; to a colleague only by a manager. Raises NotAllowed, Stale, InvalidInput.
    """
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, version)
        owner = User.objects.select_related("department").filter(pk=owner_id, is_active=True).first()
        if owner_id is not None and owner is None:
            raise InvalidInput({"owner": _("This user does not exist or is not active.")})
        if owner is not None:
            require_may_give(by, owner)
        old = account.owner_id
        write_owner(account, owner, at=at)
        events.record("account.owner_changed", subject=account, by=by, at=at, old=old, new=owner_id)
    return account


def write_owner(account: Account, owner: User | None, *, at: datetime) -> None:
    """Store the owner, the department that goes with them, and the member row; rights and event are the caller's."""
    AccountMember.objects.filter(account=account, is_owner=True).delete()
    if owner is not None:
        AccountMember.objects.update_or_create(account=account, user=owner, defaults={"is_owner": True})
    account.owner, account.is_unassigned = owner, False
    account.department_id, account.pooled_at = (owner.department_id, None) if owner else (None, at)
    account.save(update_fields=["owner", "department", "is_unassigned", "pooled_at", *bump(account, at=at)])


def leave_to_pool(*, account_ids: Collection[int], at: datetime) -> None:
    """Take the owners off accounts that the caller has locked (2 statements); rights and events are the caller's."""
    AccountMember.objects.filter(account__in=account_ids, is_owner=True).delete()
    changes = {"owner": None, "department": None, "is_unassigned": False, "pooled_at": at, "updated_at": at}
    Account.objects.filter(pk__in=account_ids).update(**changes, version=F("version") + 1)


def add_account_member(*, account_id: int, user_id: int, by: User, at: datetime) -> AccountMember:
    """Put a colleague on the account's team, which opens its contacts' phones; a second time changes nothing."""
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, None)
        user = User.objects.filter(pk=user_id, is_active=True).first()
        if user is None:
            raise InvalidInput({"user": _("This user does not exist or is not active.")})
        member, is_new = AccountMember.objects.get_or_create(account=account, user=user)
        if is_new:
            events.record("account.member_added", subject=account, by=by, at=at, user=user_id)
    return member


def remove_account_member(*, account_id: int, user_id: int, by: User, at: datetime) -> Account:
    """Take a colleague off the team; the owner stays on it."""
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, None)
        deleted, _models = AccountMember.objects.filter(account=account, user=user_id, is_owner=False).delete()
        if not deleted:
            raise DomainError(_("This person is not on the team, or owns the account."), code="no-member")
        events.record("account.member_removed", subject=account, by=by, at=at, user=user_id)
    return account


def delete_account(*, account_id: int, by: User, at: datetime, version: int | None = None) -> Account:
    """Move an account to the recycle bin; refused while a project that is not in the bin refers to it."""
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_DELETE, version)
        parties: Any = account.parties  # of projects, a layer above
        if parties.filter(project__deleted_at=None).exists():
            raise DomainError(_("This account has projects; it cannot be deleted."), code="has-projects")
        account.deleted_at = at
        account.save(update_fields=["deleted_at", *bump(account, at=at)])
        events.record("account.deleted", subject=account, by=by, at=at)
    return account


def restore_account(*, account_id: int, by: User, at: datetime) -> Account:
    """Bring an account back from the recycle bin: its owner or a manager of its department."""
    with transaction.atomic():
        lock_rows(Account, [account_id])
        account: Account = Account.objects.select_related("department").get(pk=account_id)
        if account.owner_id != by.pk:
            require(by, Permission.ACCOUNT_DELETE, on=account)
        if account.merged_into_id is not None:
            raise DomainError(
                _("This account was merged with another one; take the merge back instead."), code="merged"
            )
        require_kept(account.deleted_at, at=at)
        account.deleted_at = None
        account.save(update_fields=["deleted_at", *bump(account, at=at)])
        events.record("account.restored", subject=account, by=by, at=at)
    return account
