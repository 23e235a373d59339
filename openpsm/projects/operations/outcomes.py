"""How projects end or rest: lost, dropped, on hold, and back again. Winning is passing gates: see `gates`.

Rule: docs/business-rules.md#outcomes
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Competitor
from openpsm.accounts.operations import ensure_competitor
from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.money import MoneyField, QuantityField, default_currency
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import DROP_REASONS, LOSE_REASONS, ClosingReason, ClosingReport, Outcome, Project
from openpsm.projects.operations.facts import save_with_facts
from openpsm.projects.operations.records import locked, require_reason, save

CLOSED = (Outcome.LOST, Outcome.DROPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is reported when a project ends without an order; see `lose`. No currency means the installation's."""

    reason: str
    reason_text: str = ""
    winner_name: str = ""
    competitor_id: int | None = None
    winner_amount: Decimal | None = None
    winner_currency: str = ""
    destination: str = ""
    revisit_on: date | None = None
    hours_spent: Decimal | None = None


def lose(
    *,
    project_id: int,
    reason: str,
    by: User,
    at: datetime,
    reason_text: str = "",
    winner_name: str = "",
    competitor_id: int | None = None,
    winner_amount: Decimal | None = None,
    winner_currency: str = "",
    destination: str = "",
    revisit_on: date | None = None,
    hours_spent: Decimal | None = None,
    version: int | None = None,
) -> Project:
    """Close a project as lost, from any stage, with its report: reason, winner, the winner's price, where it went.

    `winner_amount` is tax-inclusive. Where the customer went is compulsory: the winner, a destination in words, or,
    as long as nobody knows, the day on which to ask again. Raises InvalidInput, DomainError "not-open".
    """
    closing = Closing(
        reason=reason,
        reason_text=reason_text,
        winner_name=winner_name,
        competitor_id=competitor_id,
        winner_amount=winner_amount,
        winner_currency=winner_currency,
        destination=destination,
        revisit_on=revisit_on,
        hours_spent=hours_spent,
    )
    return _close(project_id, Outcome.LOST, closing, by=by, at=at, version=version)


def drop(
    *,
    project_id: int,
    reason: str,
    by: User,
    at: datetime,
    reason_text: str = "",
    winner_name: str = "",
    competitor_id: int | None = None,
    winner_amount: Decimal | None = None,
    winner_currency: str = "",
    destination: str = "",
    revisit_on: date | None = None,
    hours_spent: Decimal | None = None,
    version: int | None = None,
) -> Project:
    """Close a project of our own will; `hours_spent` so far shows what an early drop saves. Otherwise like `lose`."""
    closing = Closing(
        reason=reason,
        reason_text=reason_text,
        winner_name=winner_name,
        competitor_id=competitor_id,
        winner_amount=winner_amount,
        winner_currency=winner_currency,
        destination=destination,
        revisit_on=revisit_on,
        hours_spent=hours_spent,
    )
    return _close(project_id, Outcome.DROPPED, closing, by=by, at=at, version=version)


def _close(
    project_id: int, outcome: Outcome, closing: Closing, *, by: User, at: datetime, version: int | None
) -> Project:
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_CLOSE, version=version)
        if project.outcome != Outcome.OPEN:
            raise DomainError(_("This project is not open any more."), code="not-open")
        report = _report(project, outcome, closing, by=by, at=at)
        project.outcome, project.outcome_at = outcome, at
        project.is_on_hold, project.hold_until = False, None
        save_with_facts(project, ["outcome", "outcome_at", "is_on_hold", "hold_until"], by=by, at=at)
        data: dict[str, Any] = {
            "reason": report.reason,
            "text": report.reason_text,
            "winner": report.winner_id,
            "winner_amount": report.winner_amount,
            "winner_currency": report.winner_currency,
            "destination": report.destination,
            "revisit_on": report.revisit_on,
            "hours_spent": report.hours_spent,
        }
        events.record(f"project.{outcome.value}", subject=project, by=by, at=at, **data)
    return project


def _report(project: Project, outcome: Outcome, closing: Closing, *, by: User, at: datetime) -> ClosingReport:
    _check(outcome, closing, today(at))
    winner = _winner(closing, by=by, at=at)
    return ClosingReport.objects.create(
        project=project,
        outcome=outcome,
        reason=closing.reason,
        reason_text=closing.reason_text.strip(),
        winner=winner,
        winner_amount=closing.winner_amount,
        winner_currency=closing.winner_currency or default_currency(),
        destination=closing.destination.strip() or (winner.name if winner else ""),
        revisit_on=closing.revisit_on,
        hours_spent=closing.hours_spent,
        by=by,
        at=at,
    )


def _check(outcome: Outcome, closing: Closing, on: date) -> None:
    errors = {}
    if closing.reason not in (LOSE_REASONS if outcome == Outcome.LOST else DROP_REASONS):
        errors["reason"] = _("Please choose a reason.")
    elif closing.reason == ClosingReason.OTHER and not closing.reason_text.strip():
        errors["reason_text"] = _("Please say in your own words what it was.")
    is_known = closing.winner_name.strip() or closing.competitor_id or closing.destination.strip()
    if outcome == Outcome.LOST and not is_known and closing.revisit_on is None:
        errors["destination"] = _("Where did the customer go? If nobody knows yet, set a day to ask again.")
    if closing.revisit_on is not None and closing.revisit_on <= on:
        errors["revisit_on"] = _("This day must lie ahead.")
    errors |= _check_numbers(closing)
    if errors:
        raise InvalidInput(errors)
    for name in ("reason_text", "destination"):
        if getattr(closing, name).strip():
            require_reason(getattr(closing, name), field=name)


def _check_numbers(closing: Closing) -> dict[str, str]:
    errors = {}
    for name, field in (("winner_amount", MoneyField()), ("hours_spent", QuantityField())):
        try:
            number = field.to_python(getattr(closing, name))
        except ValidationError as refused:
            errors[name] = refused.messages[0]
        else:
            if number is not None and number < 0:
                errors[name] = _("This number is negative.")
    if len(closing.destination) > 200:
        errors["destination"] = _("At most %(longest)s characters.") % {"longest": 200}
    return errors


def _winner(closing: Closing, *, by: User, at: datetime) -> Competitor | None:
    if closing.competitor_id is not None:
        known: Competitor | None = Competitor.objects.visible_to(by).filter(pk=closing.competitor_id).first()
        if known is None:
            raise InvalidInput({"winner": _("There is no such competitor.")})
        return known
    return ensure_competitor(name=closing.winner_name, by=by, at=at) if closing.winner_name.strip() else None


def reopen(*, project_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> Project:
    """Open a lost or dropped project again, in the stage where it stood; its report stays on record as reopened."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_CLOSE, version=version)
        if project.outcome not in CLOSED:
            raise DomainError(_("This project is not closed."), code="not-closed")
        reason, old = require_reason(reason), project.outcome
        ClosingReport.objects.filter(project=project, reopened_at=None).update(reopened_at=at)
        project.outcome, project.outcome_at = Outcome.OPEN, None
        save_with_facts(project, ["outcome", "outcome_at"], by=by, at=at)
        events.record("project.reopened", subject=project, by=by, at=at, old=old, reason=reason)
    return project


def hold(
    *, project_id: int, reason: str, by: User, at: datetime, until: date | None = None, version: int | None = None
) -> Project:
    """Let an open project rest, until a day if one is known; `until` lies in the future."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_CLOSE, version=version)
        if project.outcome in CLOSED or project.is_on_hold:
            raise DomainError(_("Only a running project can be put on hold."), code="not-running")
        if until is not None and until <= today(at):
            raise InvalidInput({"until": _("This day must lie ahead.")})
        reason = require_reason(reason)
        project.is_on_hold, project.hold_until = True, until
        save(project, ["is_on_hold", "hold_until"], at=at)
        events.record("project.held", subject=project, by=by, at=at, reason=reason, until=until)
    return project


def resume(*, project_id: int, reason: str, by: User, at: datetime, version: int | None = None) -> Project:
    """Go on with a project that was on hold."""
    with transaction.atomic():
        project = locked(project_id, by=by, permission=Permission.PROJECT_CLOSE, version=version)
        if not project.is_on_hold:
            raise DomainError(_("This project is not on hold."), code="not-on-hold")
        reason = require_reason(reason)
        project.is_on_hold, project.hold_until = False, None
        save(project, ["is_on_hold", "hold_until"], at=at)
        events.record("project.resumed", subject=project, by=by, at=at, reason=reason)
    return project
