"""Registrations, made through the operation."""

from typing import Any

from openpsm.accounts.models import Account
from openpsm.accounts.operations import NewAccount
from openpsm.org.models import User
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject
from openpsm.registrations.models import Registration
from openpsm.registrations.operations import register
from tests.factories import AT
from tests.factories.accounts import unlike_name
from tests.factories.org import make_department, make_user


def make_seller(**fields: Any) -> User:
    """A seller in a department of their own."""
    return make_user(department=fields.pop("department", None) or make_department(), **fields)


def register_account(name: str = "", *, by: User | None = None, **fields: Any) -> Registration:
    """A registered new customer."""
    return register(account=NewAccount(name=name or unlike_name(), **fields), by=by or make_seller(), at=AT)


def registered_account(name: str = "", *, by: User | None = None, **fields: Any) -> Account:
    """The customer of a fresh registration."""
    account = register_account(name, by=by, **fields).account
    assert account is not None
    return account


def registered_project(name: str, *, account: Account, by: User, **fields: Any) -> Project:
    """The project of a fresh registration at a known customer."""
    project = register_project(name, account_id=account.pk, by=by, **fields).project
    assert project is not None
    return project


def register_project(name: str, *, account_id: int, by: User, **fields: Any) -> Registration:
    """A registered project at a known customer."""
    return register(account_id=account_id, project=NewProject(name=name, account_id=account_id, **fields), by=by, at=AT)
