"""Projects, made through the operation, and the facts that open their gates."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from openpsm.accounts.models import Account
from openpsm.org.models import User
from openpsm.process import facts, operations as processes, queries
from openpsm.process.content import parse
from openpsm.process.models import ProcessVersion
from openpsm.projects import operations
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user

_numbers = count(1)


def make_owner(**fields: Any) -> User:
    """A seller in a department of their own."""
    return make_user(department=fields.pop("department", None) or make_department(), **fields)


def make_project(
    name: str = "", *, account: Account | None = None, owner: User | None = None, at: datetime = AT, **fields: Any
) -> Project:
    """A project in the first stage, with a possibility of 40 % and the order in 100 days unless said otherwise."""
    owner = owner or make_owner()
    account = account or make_account(owner=owner)
    given = {"possibility": 40, "possibility_reason": "They asked for a second meeting", "amount": 1_200_000}
    given["order_on"] = at.date() + timedelta(days=100)
    row = NewProject(name=name or f"Line {next(_numbers)} lubrication", account_id=account.pk, **(given | fields))
    return operations.create_projects(rows=[row], by=owner, at=at)[0]


def make_manager(project: Project, **fields: Any) -> User:
    """Somebody who manages the project's department and is not on the project."""
    return make_user(roles=("sales-manager",), manages=project.department, **fields)
