"""Changing what identifies a customer or project: checked like a new claim.

Rule: docs/business-rules.md#registration
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from openpsm.accounts.models import Account, AccountName
from openpsm.accounts.operations import add_account_name as write_account_name
from openpsm.accounts.operations import restore_account as bring_back
from openpsm.accounts.operations import update_account
from openpsm.core.versions import bump
from openpsm.org.access import require
from openpsm.org.models import User
from openpsm.org.permissions import Permission
from openpsm.projects.models import Project
from openpsm.projects.operations import update_project
from openpsm.registrations import matching
from openpsm.registrations.matching import Claim, ProjectClaim
from openpsm.registrations.models import Registration
from openpsm.registrations.operations.checking import refuse, registering
from openpsm.registrations.operations.claims import Kind, Status, strict_key
from openpsm.registrations.territories import require_no_strange_move

#: Fields of an account and of a project by which collisions are found.
ACCOUNT_IDENTITY = frozenset({"name", "short_name", "uscc", "domain", "phone"})


PROJECT_IDENTITY = frozenset({"name", "site", "product_line", "tender_number"})


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

    Raises what `update_account` does, Collision, and OutsideTerritory where it would move into the territory of others.
    """
    account: Account = Account.objects.visible_to(by).get(pk=account_id)
    require_no_strange_move(account, changes, by)
    if not any(name in changes and changes[name] != getattr(account, name) for name in ACCOUNT_IDENTITY):
        return update_account(account_id=account_id, changes=changes, by=by, at=at, version=version)
    require(by, Permission.ACCOUNT_EDIT, on=account)
    claim = _changed_claim(account, changes)
    with registering(by, at, claim, None):
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
    with registering(by, at, claim, None):
        refuse(matching.check(by=by, account=claim, excluding_account=account_id), confirmed_different)
        return write_account_name(account_id=account_id, name=name, kind=kind, by=by, at=at)


def restore_account(*, account_id: int, confirmed_different: Collection[str] = (), by: User, at: datetime) -> Account:
    """Bring an account back from the recycle bin, unless its name was claimed meanwhile. Raises Collision besides."""
    account: Account = Account.objects.get(pk=account_id, deleted_at__isnull=False)
    claim = _changed_claim(account, {})
    with registering(by, at, claim, None):
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
    on = project.order_on or project.tender_on
    claim = ProjectClaim(account_id=project.account_id, on=on, **values)
    with registering(by, at, None, claim):
        refuse(matching.check(by=by, project=claim, excluding_project=project_id), confirmed_different)
        project = update_project(project_id=project_id, changes=changes, by=by, at=at, version=version)
        _rename(Registration.objects.filter(project=project), project, at)
    return project
