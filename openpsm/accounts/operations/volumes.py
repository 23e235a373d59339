"""Volumes come in masses: recorded, corrected and taken back, set-wise. Rule: docs/business-rules.md#volumes"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountVolume
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.events import EventRow
from openpsm.core.locks import lock_rows
from openpsm.core.money import default_currency
from openpsm.core.versions import bump, require_version
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission

EDITABLE = ("quantity", "unit", "amount", "amount_currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVolume:
    """What an account took in a month; see `AccountVolume`."""

    account_id: int
    month: date
    quantity: Decimal
    unit: str
    product: str = ""
    amount: Decimal | None = None
    currency: str = ""
    source: str = ""


def check_new_volume(row: NewVolume) -> None:
    """Raise InvalidInput for what `record_volumes` would refuse in the fields of a row; no query."""
    _clean(_draft(row, None, None))


def record_volumes(*, rows: Sequence[NewVolume], by: User, at: datetime) -> list[AccountVolume]:
    """Record volumes of visible accounts, one event each; a fixed number of statements.

    Raises NotAllowed, Account.DoesNotExist, InvalidInput, DomainError "duplicate".
    """
    _require(by)
    volumes = [_draft(row, by, at) for row in rows]
    for volume in volumes:
        _clean(volume)
    ids = {row.account_id for row in rows}
    with transaction.atomic():
        lock_rows(Account, ids)
        accounts = {one.pk: one for one in Account.objects.visible_to(by).filter(pk__in=ids)}
        if len(accounts) != len(ids):
            raise Account.DoesNotExist
        try:
            with transaction.atomic():
                AccountVolume.objects.bulk_create(volumes)
        except IntegrityError as error:
            raise DomainError(_("There is a figure for this customer and month already."), code="duplicate") from error
        made = [EventRow(one, root=accounts[one.account_id], data=_data(one)) for one in volumes]
        events.record_many("volume.recorded", made, by=by, at=at)
    return volumes


def update_volume(
    *, volume_id: int, changes: Mapping[str, Any], by: User, at: datetime, version: int | None = None
) -> AccountVolume:
    """Correct a figure. Raises NotAllowed, Stale, InvalidInput."""
    _require(by)
    if unknown := sorted(set(changes) - set(EDITABLE)):
        raise InvalidInput({name: _("This field cannot be changed.") for name in unknown})
    with transaction.atomic():
        seen = AccountVolume.objects.visible_to(by).select_related("account")
        volume: AccountVolume = seen.select_for_update(no_key=True, of=("self",)).get(pk=volume_id)
        require_version(volume, version)
        before = {name: getattr(volume, name) for name in EDITABLE}
        for name, value in changes.items():
            setattr(volume, name, value)
        _clean(volume)
        old = {name: value for name, value in before.items() if getattr(volume, name) != value}
        if not old:
            return volume
        bump(volume, at=at)
        volume.save()
        new = {name: getattr(volume, name) for name in old}
        events.record("volume.changed", subject=volume, root=volume.account, by=by, at=at, old=old, new=new)
    return volume


def withdraw_volumes(*, versions: Mapping[int, int], by: User, at: datetime) -> set[int]:
    """Take imported figures back unless somebody has changed them since; returns their ids."""
    _require(by)
    with transaction.atomic():
        rows = AccountVolume.objects.visible_to(by).filter(pk__in=versions).select_related("account")
        lock_rows(Account, {one.account_id for one in rows})
        gone = [one for one in rows.all() if one.version == versions[one.pk]]
        made = [EventRow(one, root=one.account, data=_data(one)) for one in gone]
        ids = {one.pk for one in gone}
        AccountVolume.objects.filter(pk__in=ids).delete()
        events.record_many("volume.withdrawn", made, by=by, at=at)
    return ids


def _require(by: User) -> None:
    require(by, Permission.TAKE_OVER)
    require(by, Permission.ACCOUNT_EDIT)


def _draft(row: NewVolume, by: User | None, at: datetime | None) -> AccountVolume:
    volume = AccountVolume(
        account_id=row.account_id,
        month=row.month.replace(day=1),
        product=row.product.strip(),
        quantity=row.quantity,
        unit=row.unit,
        amount=row.amount,
        amount_currency=row.currency or default_currency(),
        source=row.source[:200],
        created_by=by,
    )
    if at is not None:
        volume.created_at = volume.updated_at = at
    return volume


def _clean(volume: AccountVolume) -> None:
    volume.unit = str(volume.unit).strip()
    errors: dict[str, str] = {}
    for name in ("quantity", "amount"):
        field: Any = AccountVolume._meta.get_field(name)
        try:
            setattr(volume, name, field.to_python(getattr(volume, name)))
        except ValidationError as refused:
            errors[name] = refused.messages[0]
    if "quantity" not in errors and (volume.quantity or 0) < 0:
        errors["quantity"] = _("A quantity is zero or more.")
    if not volume.unit or len(volume.unit) > 20:
        errors["unit"] = _("Say in which unit, in at most 20 signs.")
    if len(volume.product) > 40:
        errors["product"] = _("At most %(n)s signs fit here.") % {"n": 40}
    code = volume.amount_currency
    if not (len(code) == 3 and code.isascii() and code.isupper()):
        errors["currency"] = _("Write the currency with three letters, such as CNY.")
    if errors:
        raise InvalidInput(errors)


def _data(volume: AccountVolume) -> dict[str, Any]:
    names = ("month", "product", "quantity", "unit", "amount", "amount_currency", "source")
    return {name: getattr(volume, name) for name in names}
