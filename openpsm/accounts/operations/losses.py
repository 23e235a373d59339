"""Lost customers: judged lost, reported, taken back when they buy again. Rule: docs/business-rules.md#lost"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, Competitor, LossReason, LossRecord
from openpsm.accounts.operations.accounts import locked
from openpsm.accounts.operations.competitors import ensure_competitor
from openpsm.core import events, parameters
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.money import QuantityField, default_currency
from openpsm.core.text import is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org.access import require_supervision
from openpsm.org.models import User
from openpsm.org.operations import open_task, settle_tasks
from openpsm.org.permissions import Permission

REPORT_DAYS = "losses.report_days"
TASK = "loss.report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the form of a lost customer says; `price` is the winner's price for one `price_unit`, tax included."""

    reason: str
    destination: str
    lost_on: date | None
    reason_text: str = ""
    winner_name: str = ""
    price: Decimal | None = None
    price_currency: str = ""
    price_unit: str = ""


def judge_lost(*, account_id: int, by: User, at: datetime) -> LossRecord:
    """Say as a manager that a customer is lost: from then on its owner owes the report, within the days set.

    The owner gets a task. Said twice it is the same report. Raises NotAllowed, DomainError "no-owner".
    """
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, None)
        require_supervision(by, Permission.ACCOUNT_EDIT, on=account)
        known: LossRecord | None = LossRecord.objects.standing().filter(account=account).first()
        if known is not None:
            return known
        record = _asked(account, at)
        record.created_by = by
        record.save()
        title = _("Fill in the follow-up form of the lost customer %(name)s") % {"name": account.name[:100]}
        events.record("loss.judged", subject=record, root=account, by=by, at=at, due_on=record.due_on)
        open_task(
            owner_id=record.owner_id, title=title, due_on=record.due_on, origin=TASK, subject=account, by=by, at=at
        )
    return record


def _asked(account: Account, at: datetime) -> LossRecord:
    if account.owner_id is None:
        raise DomainError(_("This customer belongs to nobody: give it an owner first."), code="no-owner")
    due = today(at) + timedelta(days=parameters.value(REPORT_DAYS))
    return LossRecord(account=account, owner_id=account.owner_id, asked_at=at, due_on=due, created_at=at, updated_at=at)


def report_loss(*, account_id: int, loss: Loss, by: User, at: datetime, version: int | None = None) -> LossRecord:
    """Fill in the form of a lost customer, asked for or not; all sellers see reason, winner, destination and price.

    Raises NotAllowed, InvalidInput, Stale, DomainError "reported" (it is there already), "no-owner".
    """
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, None)
        record = LossRecord.objects.standing().filter(account=account).first() or _asked(account, at)
        if record.pk:
            require_version(record, version)
        if record.reported_at:
            raise DomainError(_("This customer's loss is reported already."), code="reported")
        _check(loss, today(at))
        winner = ensure_competitor(name=loss.winner_name, by=by, at=at) if loss.winner_name.strip() else None
        _fill(record, loss, winner)
        record.reported_at, record.reported_by = at, by
        record.created_by = record.created_by or by
        if record.pk:
            bump(record, at=at)
        record.save()
        events.record("loss.reported", subject=record, root=account, by=by, at=at, **_data(record))
        settle_tasks(origin=TASK, subjects=[account], by=by, at=at, result=str(LossReason(record.reason).label))
    return record


def withdraw_loss(*, account_id: int, reason: str, by: User, at: datetime) -> LossRecord:
    """Take the judgement or the report back because the customer buys again; it stays on record. A manager does it."""
    if is_placeholder(reason):
        raise InvalidInput({"reason": _("Please say why.")})
    with transaction.atomic():
        account = locked(account_id, by, Permission.ACCOUNT_EDIT, None)
        require_supervision(by, Permission.ACCOUNT_EDIT, on=account)
        record: LossRecord = LossRecord.objects.standing().get(account=account)
        record.withdrawn_at = at
        record.save(update_fields=["withdrawn_at", *bump(record, at=at)])
        events.record("loss.withdrawn", subject=record, root=account, by=by, at=at, reason=reason.strip())
        settle_tasks(origin=TASK, subjects=[account], by=by, at=at, result=reason.strip())
    return record


def _check(loss: Loss, on: date) -> None:
    errors: dict[str, Any] = {}
    if loss.reason not in LossReason.values:
        errors["reason"] = _("Please choose a reason.")
    elif loss.reason == LossReason.OTHER and is_placeholder(loss.reason_text):
        errors["reason_text"] = _("Please say in your own words what it was.")
    if is_placeholder(loss.destination) or len(loss.destination) > 200:
        errors["destination"] = _("Say where the customer buys now.")
    if loss.lost_on is None or loss.lost_on > on:
        errors["lost_on"] = _("Say on which day it was, today or earlier.")
    try:
        price = QuantityField().to_python(loss.price)
        if price is not None and price < 0:
            errors["price"] = _("This number is negative.")
    except ValidationError as refused:
        errors["price"] = refused.messages[0]
    code = loss.price_currency or default_currency()
    if not (len(code) == 3 and code.isascii() and code.isupper()):
        errors["price_currency"] = _("Write the currency with three letters, such as CNY.")
    if len(loss.price_unit) > 20:
        errors["price_unit"] = _("At most %(n)s signs fit here.") % {"n": 20}
    if errors:
        raise InvalidInput(errors)


def _fill(record: LossRecord, loss: Loss, winner: Competitor | None) -> None:
    record.reason, record.reason_text = loss.reason, loss.reason_text.strip()
    record.destination, record.lost_on = loss.destination.strip(), loss.lost_on
    record.winner, record.price = winner, loss.price
    record.price_currency, record.price_unit = loss.price_currency or default_currency(), loss.price_unit.strip()


def _data(record: LossRecord) -> dict[str, Any]:
    names = ("reason", "reason_text", "destination", "lost_on", "winner_id", "price", "price_currency", "price_unit")
    return {name.removesuffix("_id"): getattr(record, name) for name in names}
