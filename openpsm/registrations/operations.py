"""Registering customers and projects: exactly one of two claims on the same thing wins.

Every check that decides runs inside one lock, so that two alike but unequal names cannot both pass it; the unique
strict key of live registrations stands behind it. Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from openpsm.accounts.models import Account, AccountName
from openpsm.accounts.names import company_name
from openpsm.accounts.operations import NewAccount, create_accounts, update_account
from openpsm.accounts.operations import add_account_name as write_account_name
from openpsm.accounts.operations import restore_account as bring_back
from openpsm.accounts.operations.accounts import write_owner
from openpsm.core import events, limits, parameters
from openpsm.core.dates import previous_working_day, today
from openpsm.core.errors import DomainError, InvalidInput
from openpsm.core.locks import lock_rows
from openpsm.core.text import fold
from openpsm.core.versions import bump
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.operations import Note, notify
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject, create_within, update_project
from openpsm.registrations import matching
from openpsm.registrations.matching import Claim, Hit, ProjectClaim
from openpsm.registrations.models import Registration, RegistrationLock
from openpsm.registrations.parameters import CHECKS_PER_HOUR, POOL_LIMIT, PROTECTION_DAYS
from openpsm.registrations.rules import HitClass

Kind, Status = Registration.Kind, Registration.Status
#: Fields of an account and of a project by which collisions are found.
ACCOUNT_IDENTITY = frozenset({"name", "short_name", "uscc", "domain", "phone"})
PROJECT_IDENTITY = frozenset({"name", "site", "product_line", "tender_number"})


class Collision(DomainError):
    """The claim means something that is claimed already, or (code `confirm-different`) may mean it."""

    code = "collision"

    def __init__(self, hits: Sequence[Hit], *, code: str | None = None) -> None:
        message = _("Somebody has registered this already.")
        if code == "confirm-different":
            message = _("This may be registered already. Look at the hits and confirm that it is another one.")
        super().__init__(message, code=code, hits=[hit.for_api() for hit in hits])
        self.hits = list(hits)


def install(at: datetime) -> None:
    """Make the row that registering locks; a second call changes nothing (`at` is not stored)."""
    RegistrationLock.objects.get_or_create(pk=1)


def lock() -> None:
    """Wait until nobody else registers; held until the end of the transaction (1 statement once the row exists)."""
    if RegistrationLock.objects.select_for_update(no_key=True).filter(pk=1).first() is None:
        RegistrationLock.objects.get_or_create(pk=1)
        RegistrationLock.objects.select_for_update(no_key=True).get(pk=1)


def check_claim(
    *, account: Claim | None = None, project: ProjectClaim | None = None, by: User, at: datetime
) -> list[Hit]:
    """Return what a claim would run into; nothing is stored but that it was asked. Raises NotAllowed, TooMany."""
    require(by, Permission.REGISTRATION_CREATE)
    _count(by, at)
    hits = matching.check(by=by, account=account, project=project)
    with transaction.atomic():
        _record(by, at, "registration.checked", hits, account, project)
    return hits


def _count(by: User, at: datetime) -> None:
    limit = parameters.value(CHECKS_PER_HOUR)
    limits.hit(f"registration.check:{by.pk}", limit=limit, per=timedelta(hours=1), at=at)


def _record(
    by: User, at: datetime, name: str, hits: Sequence[Hit], account: Claim | None, project: ProjectClaim | None
) -> None:
    counts: dict[str, Any] = {cls.value: sum(hit.cls == cls for hit in hits) for cls in HitClass}
    asked: dict[str, Any] = {"account_name": account.name if account else ""}
    asked["project_name"] = project.name if project else ""
    events.record(name, subject=by, by=by, at=at, **asked, **counts)


@contextmanager
def _registering(by: User, at: datetime, account: Claim | None, project: ProjectClaim | None) -> Iterator[None]:
    """Hold the lock in a transaction; a refusal is rolled back, counted and recorded, and then raised.

    The strict key of a live registration that the check did not see (its record was renamed) refuses as well.
    """
    try:
        with transaction.atomic(), events.together():
            lock()
            yield
    except IntegrityError as error:
        if not any(part in str(error) for part in ("one_live_registration_per_name", "registration.strict_key")):
            raise
        _refused(by, at, [], account, project)
        raise Collision([]) from error
    except Collision as collision:
        _refused(by, at, collision.hits, account, project)
        raise


def _refused(by: User, at: datetime, hits: Sequence[Hit], account: Claim | None, project: ProjectClaim | None) -> None:
    with transaction.atomic():
        _record(by, at, "registration.refused", hits, account, project)
    _count(by, at)


def register(
    *,
    account: NewAccount | None = None,
    account_id: int | None = None,
    account_hit: str = "",
    project: NewProject | None = None,
    emails: Sequence[str] = (),
    confirmed_different: Collection[str] = (),
    by: User,
    at: datetime,
) -> Registration:
    """Register a new customer, a new project, or both; returns the project's registration, else the customer's.

    `account_id` names a visible customer; `account_hit` the key of a hit on one: the project goes there, a customer in
    the pool is claimed, and at a colleague's customer the project must be for a product line or site of its own.
    `confirmed_different` holds the keys of the possible hits that the seller has looked at.
    Raises NotAllowed, InvalidInput, TooMany, Collision (codes `collision`, `confirm-different`).
    """
    require(by, Permission.REGISTRATION_CREATE)
    if (account is None) == (account_id is None) or (account is None and project is None):
        raise InvalidInput({"account": _("Name one customer, a new or a known one, and a project for a known one.")})
    claim = _claim(account, emails) if account else None
    wanted = _project_claim(project, account_id) if project else None
    with _registering(by, at, claim, wanted):
        made: list[Registration] = []
        if account is not None and claim is not None:
            target = _register_account(account, claim, account_hit, confirmed_different, made, by, at)
        else:
            target = Account.objects.visible_to(by).select_related("owner", "department").get(pk=account_id)
        if project is not None:
            made.append(_register_project(project, target, confirmed_different, by, at))
        if not made:
            raise DomainError(_("This customer is known already; name a project for it."), code="known-account")
    return made[-1]


def _claim(account: NewAccount, emails: Sequence[str] = ()) -> Claim:
    others = tuple(name for name in (account.short_name, *(name for _kind, name in account.other_names)) if name)
    return Claim(
        name=account.name,
        uscc=account.uscc,
        phones=(account.phone,) if account.phone else (),
        emails=tuple(emails),
        domain=account.domain,
        other_names=others,
        country=account.country or "CN",
    )


def _project_claim(project: NewProject, account_id: int | None) -> ProjectClaim:
    number = getattr(project, "tender_number", "")
    return ProjectClaim(project.name, account_id, project.site, project.product_line, number)


def _register_account(
    new: NewAccount,
    claim: Claim,
    account_hit: str,
    confirmed: Collection[str],
    made: list[Registration],
    by: User,
    at: datetime,
) -> Account:
    """Return the customer of the claim: a new one, or the known one that the seller chose among the hits."""
    hits = matching.check(by=by, account=claim)
    chosen = next((hit for hit in hits if account_hit and hit.key == account_hit), None)
    if chosen is not None:
        return _known_account(chosen, made, by, at)
    refuse(hits, confirmed)
    account = create_accounts(rows=[replace(new, parent_id=new.parent_id or _parent(claim, hits))], by=by, at=at)[0]
    made.append(_write(Kind.ACCOUNT, account, None, confirmed, asdict(claim), by, at))
    return account


def refuse(hits: Sequence[Hit], confirmed: Collection[str]) -> None:
    """Raise Collision on a hit that is the same, or on possible ones that were not confirmed to be different."""
    if any(hit.cls == HitClass.SAME for hit in hits):
        raise Collision(hits)
    if any(hit.cls == HitClass.POSSIBLE and hit.key not in confirmed for hit in hits):
        raise Collision(hits, code="confirm-different")


def _parent(claim: Claim, hits: Sequence[Hit]) -> int | None:
    """Return the visible account of which the claim is a branch."""
    if not company_name(claim.name).is_branch:
        return None
    family = (hit for hit in hits if hit.cls == HitClass.RELATED and hit.label and hit.record_id)
    return next((hit.record_id for hit in family if not company_name(hit.label or "").is_branch), None)


def _known_account(chosen: Hit, made: list[Registration], by: User, at: datetime) -> Account:
    """Return the account of a hit that the seller chose; one in the pool is claimed on the way."""
    lock_rows(Account, [chosen.pk])
    account: Account = Account.objects.live().select_related("owner", "department").get(pk=chosen.pk)
    if chosen.is_in_pool:
        made.append(_claim_from_pool(account, by, at))
    return account


def _register_project(
    project: NewProject, account: Account, confirmed: Collection[str], by: User, at: datetime
) -> Registration:
    claim = _project_claim(project, account.pk)
    is_colleagues = account.owner_id not in (None, by.pk)
    is_unseen = is_colleagues and not Account.objects.visible_to(by).filter(pk=account.pk).exists()
    hits = matching.check(by=by, project=claim)
    if is_unseen and not (project.product_line.strip() or project.site.strip()):
        raise Collision(hits)
    refuse(hits, confirmed)
    row = replace(project, account_id=account.pk, owner_id=project.owner_id or by.pk)
    made: Project = create_within([row], by=by, at=at, known=[account])[0]
    if is_colleagues and account.owner_id:
        note = Note(user_id=account.owner_id, kind="registration.project_at_your_account", subject=account)
        notify(rows=[note], at=at)
    return _write(Kind.PROJECT, account, made, confirmed, asdict(claim), by, at)


def _write(
    kind: str,
    account: Account,
    project: Project | None,
    confirmed: Collection[str],
    claim: Mapping[str, Any],
    by: User,
    at: datetime,
) -> Registration:
    record: Account | Project = project or account
    _supersede_deleted(kind, strict_key(record), at)
    registration = Registration.objects.create(
        kind=kind,
        name=record.name,
        strict_key=strict_key(record),
        account=account,
        project=project,
        owner_id=record.owner_id or by.pk,
        registered_at=at,
        protected_until=protected_until(at),
        confirmed_different=sorted(confirmed),
        claim={name: value for name, value in claim.items() if value and name not in ("phones", "emails")},
        created_by=by,
        created_at=at,
        updated_at=at,
    )
    data: dict[str, Any] = {"kind": kind, "name": record.name, "confirmed": sorted(confirmed)}
    data |= {"owner": registration.owner_id, "until": registration.protected_until}
    events.record("registration.registered", subject=registration, root=record, by=by, at=at, **data)
    return registration


def _supersede_deleted(kind: str, key: str, at: datetime) -> None:
    """A record in the recycle bin does not stop a new claim on its name (1 query, 1 more if there is one)."""
    rows = Registration.objects.filter(kind=kind, strict_key=key, status=Status.LIVE)
    found = rows.values_list("pk", "account__deleted_at", "project__deleted_at")
    in_bin = [pk for pk, *deleted in found if any(deleted)]
    if in_bin:
        Registration.objects.filter(pk__in=in_bin).update(status=Status.SUPERSEDED, updated_at=at)


def strict_key(record: Account | Project) -> str:
    """Return the key of which only one live registration may exist; a project's is prefixed by its customer."""
    return f"{record.account_id}:{fold(record.name)}"[:240] if isinstance(record, Project) else fold(record.name)[:240]


def protected_until(at: datetime) -> date:
    """Return the last protected day; on a day off it is the working day before."""
    return previous_working_day(today(at) + timedelta(days=parameters.value(PROTECTION_DAYS)))


def claim_account(*, account_id: int, by: User, at: datetime) -> Registration:
    """Take an account out of the public pool and register it. Raises NotAllowed, DomainError `pool-limit`, `owned`."""
    require(by, Permission.REGISTRATION_CREATE)
    with transaction.atomic():
        lock()
        lock_rows(Account, [account_id])  # a manager may be giving it to somebody at this moment
        account = Account.objects.visible_to(by).select_related("department").get(pk=account_id)
        return _claim_from_pool(account, by, at)


def _claim_from_pool(account: Account, by: User, at: datetime) -> Registration:
    if account.owner_id is not None or account.is_unassigned:
        raise DomainError(_("This account is not in the public pool."), code="owned")
    held = Account.objects.live().filter(owner=by)
    guarded = Registration.objects.filter(status=Status.LIVE, kind=Kind.ACCOUNT, protected_until__gte=today(at))
    if held.exclude(pk__in=guarded.values("account_id")).count() >= parameters.value(POOL_LIMIT):
        message = _("You hold as many unprotected accounts as you may. Give one back first.")
        raise DomainError(message, code="pool-limit")
    old = Registration.objects.filter(account=account, kind=Kind.ACCOUNT, status=Status.LIVE)
    old.update(status=Status.SUPERSEDED, updated_at=at)
    write_owner(account, by, at=at)
    events.record("account.claimed", subject=account, by=by, at=at)
    return _write(Kind.ACCOUNT, account, None, (), {}, by, at)


def change_account(
    *,
    account_id: int,
    changes: Mapping[str, Any],
    confirmed_different: Collection[str] = (),
    by: User,
    at: datetime,
    version: int | None = None,
) -> Account:
    """Change an account; where name, code, domain or phone change, it must not collide with another one.

    Raises what `update_account` does, and Collision.
    """
    account: Account = Account.objects.visible_to(by).get(pk=account_id)
    if not any(name in changes and changes[name] != getattr(account, name) for name in ACCOUNT_IDENTITY):
        return update_account(account_id=account_id, changes=changes, by=by, at=at, version=version)
    require(by, Permission.ACCOUNT_EDIT, on=account)
    claim = _changed_claim(account, changes)
    with _registering(by, at, claim, None):
        refuse(matching.check(by=by, account=claim, excluding_account=account_id), confirmed_different)
        account = update_account(account_id=account_id, changes=changes, by=by, at=at, version=version)
        _rename(Registration.objects.filter(account=account, kind=Kind.ACCOUNT), account, at)
    return account


def _changed_claim(account: Account, changes: Mapping[str, Any]) -> Claim:
    values = {name: str(changes.get(name, getattr(account, name))) for name in ACCOUNT_IDENTITY}
    phones = (values["phone"],) if values["phone"] else ()
    others = (values["short_name"],) if values["short_name"] else ()
    return Claim(values["name"], values["uscc"], phones, (), values["domain"], others, account.country)


def _rename(registrations: Any, record: Account | Project, at: datetime) -> None:
    """Let the live registration follow the record's name, so that the unique key guards the present one."""
    for registration in registrations.filter(status=Status.LIVE).exclude(strict_key=strict_key(record)):
        registration.name, registration.strict_key = record.name, strict_key(record)
        registration.save(update_fields=["name", "strict_key", *bump(registration, at=at)])


def add_account_name(
    *, account_id: int, name: str, kind: str, confirmed_different: Collection[str] = (), by: User, at: datetime
) -> AccountName:
    """Add another name to an account, unless it is somebody else's. Raises what the plain operation does, Collision."""
    account: Account = Account.objects.visible_to(by).get(pk=account_id)
    require(by, Permission.ACCOUNT_EDIT, on=account)
    claim = Claim(name)
    with _registering(by, at, claim, None):
        refuse(matching.check(by=by, account=claim, excluding_account=account_id), confirmed_different)
        return write_account_name(account_id=account_id, name=name, kind=kind, by=by, at=at)


def restore_account(*, account_id: int, confirmed_different: Collection[str] = (), by: User, at: datetime) -> Account:
    """Bring an account back from the recycle bin, unless its name was claimed meanwhile. Raises Collision besides."""
    account: Account = Account.objects.get(pk=account_id, deleted_at__isnull=False)
    claim = _changed_claim(account, {})
    with _registering(by, at, claim, None):
        back = bring_back(account_id=account_id, by=by, at=at)
        refuse(matching.check(by=by, account=claim, excluding_account=account_id), confirmed_different)
    return back


def change_project(
    *,
    project_id: int,
    changes: Mapping[str, Any],
    confirmed_different: Collection[str] = (),
    by: User,
    at: datetime,
    version: int | None = None,
) -> Project:
    """Change a project; where what identifies it changes, it must not collide with another one.

    Raises what `projects.update_project` does, and Collision.
    """
    project: Project = Project.objects.visible_to(by).get(pk=project_id)
    if not any(name in changes and changes[name] != getattr(project, name) for name in PROJECT_IDENTITY):
        return update_project(project_id=project_id, changes=changes, by=by, at=at, version=version)
    require(by, Permission.PROJECT_EDIT, on=project)
    values = {name: str(changes.get(name, getattr(project, name))) for name in PROJECT_IDENTITY}
    claim = ProjectClaim(account_id=project.account_id, **values)
    with _registering(by, at, None, claim):
        refuse(matching.check(by=by, project=claim, excluding_project=project_id), confirmed_different)
        project = update_project(project_id=project_id, changes=changes, by=by, at=at, version=version)
        _rename(Registration.objects.filter(project=project), project, at)
    return project
