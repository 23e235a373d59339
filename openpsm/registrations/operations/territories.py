"""Drawing territories, and asking for an exception from one.

Rule: docs/business-rules.md#territories
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, Division, Industry
from openpsm.core import events
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.core.text import fold, is_placeholder
from openpsm.core.versions import bump, require_version
from openpsm.org import operations as org
from openpsm.org.access import require, require_over
from openpsm.org.models import ApprovalStep, Department, User
from openpsm.org.operations import NewStep
from openpsm.org.permissions import Permission
from openpsm.registrations.models import Territory, TerritoryException
from openpsm.registrations.territories import KIND, Place, deciders, looks, strange_territories

MOST = 500
LONGEST = 300


def create_territory(
    *,
    name: str,
    regions: Sequence[str] = (),
    industries: Sequence[str] = (),
    account_ids: Collection[int] = (),
    user_ids: Collection[int] = (),
    department_ids: Collection[int] = (),
    by: User,
    at: datetime,
) -> Territory:
    """Draw a territory: places and industries by the beginnings of their codes, customers one by one, who works there.

    Raises NotAllowed, InvalidInput.
    """
    require_over(by, Permission.SETTINGS_ADMIN)
    made = Territory(created_by=by, created_at=at, updated_at=at)
    parts = (account_ids, user_ids, department_ids)
    with transaction.atomic():
        _write(made, name, regions, industries, parts, by, lambda: made.save(force_insert=True))
        events.record("territory.created", subject=made, by=by, at=at, **_told(made, parts))
    return made


def update_territory(
    *,
    territory_id: int,
    version: int | None,
    name: str,
    regions: Sequence[str] = (),
    industries: Sequence[str] = (),
    account_ids: Collection[int] = (),
    user_ids: Collection[int] = (),
    department_ids: Collection[int] = (),
    by: User,
    at: datetime,
) -> Territory:
    """Draw it anew; customers that lie in it stay with whoever has them, named ones that the caller does not see too.

    Raises NotAllowed, Stale, InvalidInput.
    """
    require_over(by, Permission.SETTINGS_ADMIN)
    parts = (account_ids, user_ids, department_ids)
    with transaction.atomic():
        found = _locked(territory_id, version, by)
        changed = ["name", "regions", "industries", *bump(found, at=at)]
        _write(found, name, regions, industries, parts, by, lambda: found.save(update_fields=changed))
        _void_questions(found, by, at)
        events.record("territory.changed", subject=found, by=by, at=at, **_told(found, parts))
    return found


def close_territory(*, territory_id: int, version: int | None, by: User, at: datetime) -> Territory:
    """Let it bind nobody any more. Raises NotAllowed, Stale, DomainError "unchanged"."""
    return _turn(territory_id, version, False, by, at)


def reopen_territory(*, territory_id: int, version: int | None, by: User, at: datetime) -> Territory:
    """Let it bind again. Raises NotAllowed, Stale, DomainError "unchanged"."""
    return _turn(territory_id, version, True, by, at)


def _turn(territory_id: int, version: int | None, is_active: bool, by: User, at: datetime) -> Territory:
    require_over(by, Permission.SETTINGS_ADMIN)
    with transaction.atomic():
        found = _locked(territory_id, version, by)
        if found.is_active == is_active:
            raise DomainError(_("This is so already."), code="unchanged")
        found.is_active = is_active
        found.save(update_fields=["is_active", *bump(found, at=at)])
        _void_questions(found, by, at)
        events.record("territory.reopened" if is_active else "territory.closed", subject=found, by=by, at=at)
    return found


def _void_questions(territory: Territory, by: User, at: datetime) -> None:
    """What waits about a territory whose bounds are other ones now is void (1 query and some for each question)."""
    reason = _("The territory was drawn anew.")
    for one in TerritoryException.objects.open().filter(territory=territory).order_by("pk"):
        org.void_approvals(subject=one, reason=reason, by=by, at=at, fingerprint=looks(territory))


def _locked(territory_id: int, version: int | None, by: User) -> Territory:
    lock_rows(Territory, [territory_id])
    found: Territory = Territory.objects.visible_to(by).get(pk=territory_id)
    require_version(found, version)
    return found


def _told(territory: Territory, parts: Sequence[Collection[int]]) -> dict[str, Any]:
    bounds: dict[str, Any] = {
        "called": territory.name,
        "regions": territory.regions,
        "industries": territory.industries,
    }
    return bounds | dict(zip(("accounts", "people", "departments"), (sorted(ids) for ids in parts), strict=True))


def _write(
    territory: Territory,
    name: str,
    regions: Sequence[str],
    industries: Sequence[str],
    parts: Sequence[Collection[int]],
    by: User,
    save: Callable[[], None],
) -> None:
    territory.name, territory.regions, territory.industries = name.strip(), _codes(regions), _codes(_spread(industries))
    hidden = _hidden_accounts(territory, by)
    _require_parts(parts, by)
    parts = ({*parts[0], *hidden}, *parts[1:])
    _require_whole(territory, parts)
    try:
        with transaction.atomic():
            save()
    except IntegrityError as error:
        raise InvalidInput({"name": [_("There is a territory of this name already.")]}) from error
    for field, ids in zip(("accounts", "people", "departments"), parts, strict=True):
        getattr(territory, field).set(ids)


def _hidden_accounts(territory: Territory, by: User) -> list[int]:
    """Named customers that this person does not see, and so can neither keep nor drop (1 query)."""
    if territory._state.adding:
        return []
    seen = Account.objects.visible_to(by).live()
    return list(territory.accounts.exclude(pk__in=seen.values("pk")).values_list("pk", flat=True))


def _codes(given: Sequence[str]) -> list[str]:
    """A division of six digits means all below it: its zeros at the end say nothing."""
    return sorted({_shortened(code.strip().upper()) for code in given if code.strip()})


def _spread(industries: Sequence[str]) -> list[str]:
    """A section, written as a letter, means its divisions: no code below begins with the letter (1 query with one)."""
    letters = [code.strip().upper() for code in industries if code.strip().isalpha()]
    below = Industry.objects.filter(parent_code__in=letters).values_list("code", flat=True) if letters else ()
    return [*industries, *below]


def _shortened(code: str) -> str:
    if len(code) == 6 and code.isdigit():
        return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return code


def _require_whole(territory: Territory, parts: Sequence[Collection[int]]) -> None:
    account_ids, user_ids, department_ids = parts
    errors: dict[str, list[str]] = {}
    if is_placeholder(territory.name) or len(territory.name) > 100:
        errors["name"] = [_("Give it a name of at most 100 characters.")]
    if not (territory.regions or territory.industries or account_ids):
        errors["regions"] = [_("Name regions, industries or customers: a territory of nothing binds nobody.")]
    if not (user_ids or department_ids):
        errors["user_ids"] = [_("Say who works there: people, departments or both.")]
    errors |= _strange_codes(territory)
    if sum(len(part) for part in (territory.regions, territory.industries, *parts)) > MOST:
        errors["name"] = [_("A territory names at most %(most)s things.") % {"most": MOST}]
    if errors:
        raise InvalidInput(errors)


def _strange_codes(territory: Territory) -> dict[str, list[str]]:
    """Codes nothing in the lists begins with (1 query a list)."""
    errors: dict[str, list[str]] = {}
    for field, model in (("regions", Division), ("industries", Industry)):
        codes = getattr(territory, field)
        known = set(model._default_manager.values_list("pk", flat=True)) if codes else set()
        strange = [code for code in codes if not any(one.startswith(code) for one in known)]
        if strange:
            errors[field] = [_("No code begins with %(codes)s.") % {"codes": ", ".join(strange[:5])}]
    return errors


def _require_parts(parts: Sequence[Collection[int]], by: User) -> None:
    """Everything named exists, is seen and is active (1 query for each kind that is named)."""
    offered = (
        ("account_ids", Account.objects.visible_to(by).live()),
        ("user_ids", User.objects.visible_to(by).active()),
        ("department_ids", Department.objects.visible_to(by).filter(is_active=True)),
    )
    for (field, rows), ids in zip(offered, parts, strict=True):
        if ids and rows.filter(pk__in=ids).count() != len(set(ids)):
            raise InvalidInput({field: [_("One of these does not exist, is not seen by you, or is closed.")]})


def ask_exception(*, place: Place, reason: str, by: User, at: datetime) -> TerritoryException:
    """Ask to register one name in the territory of others; a manager of its department decides, never the asker.

    Raises NotAllowed, InvalidInput, DomainError "within-territory" (nothing keeps one from it), "approval-waiting",
    "no-decider".
    """
    require(by, Permission.REGISTRATION_CREATE)
    if is_placeholder(reason) or len(reason) > LONGEST:
        raise InvalidInput({"reason": [_("Say in at most 300 characters why you should have this customer.")]})
    if not fold(place.name):
        raise InvalidInput({"name": [_("Name the customer.")]})
    (strange,) = strange_territories([place], by)
    if not strange:
        raise DomainError(_("No territory keeps you from this customer: register it."), code="within-territory")
    return _ask(strange[0], place.name.strip()[:200], reason.strip(), by, at)


def _ask(territory: Territory, name: str, reason: str, by: User, at: datetime) -> TerritoryException:
    reviewers = deciders(territory, by)
    if not reviewers:
        raise DomainError(_("Nobody may decide on this territory; ask an administrator."), code="no-decider")
    made = TerritoryException(territory=territory, asker=by, name=name, strict_key=fold(name)[:200], reason=reason)
    made.created_by, made.created_at, made.updated_at = by, at, at
    with transaction.atomic(), events.together():
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:
            raise DomainError(_("This waits for an approval already."), code="approval-waiting") from error
        step = NewStep(tuple(user.pk for user in reviewers), ApprovalStep.Needs.ANY)
        made.approval = org.request_approval(
            kind=KIND,
            subject=made,
            title=_("Register “%(name)s” outside one's territory") % {"name": name[:120]},
            detail=reason,
            fingerprint=looks(territory),
            steps=[step],
            by=by,
            at=at,
        )
        made.save(update_fields=["approval"])
        told: dict[str, Any] = {"name": name, "territory": territory.pk}
        events.record("territory.exception_asked", subject=made, by=by, at=at, **told)
    return made
