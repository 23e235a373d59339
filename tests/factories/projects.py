"""Projects, made through the operations, and a small process whose gates tests can open by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from openpsm.accounts.models import Account
from openpsm.org.models import User
from openpsm.process import queries
from openpsm.process.content import parse
from openpsm.process.operations import publish_process
from openpsm.process.queries import ProcessDefinition
from openpsm.projects import operations
from openpsm.projects.models import Project
from openpsm.projects.operations import NewProject
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user

_numbers = count(1)
REASON = "The customer's director promised it to our vice president"
EVIDENCE = "Engineer Wang said so on the phone this morning"


def make_owner(**fields: Any) -> User:
    """A seller in a department."""
    return make_user(department=fields.pop("department", None) or make_department(), **fields)


def new_project(name: str = "", *, account: Account, at: datetime = AT, **fields: Any) -> NewProject:
    """A row for `create_projects`: a possibility of 40 % and the order in 100 days unless said otherwise."""
    given: dict[str, Any] = {"possibility": 40, "possibility_reason": "They asked for a second meeting"}
    given |= {"amount": 1_200_000, "order_on": at.date() + timedelta(days=100)}
    return NewProject(name=name or f"Line {next(_numbers)} lubrication", account_id=account.pk, **(given | fields))


def make_project(
    name: str = "", *, account: Account | None = None, owner: User | None = None, at: datetime = AT, **fields: Any
) -> Project:
    """A project in the first stage of its process, the default one unless said otherwise."""
    owner = owner or make_owner()
    row = new_project(name, account=account or make_account(owner=owner, at=at), at=at, **fields)
    return operations.create_projects(rows=[row], by=owner, at=at)[0]


def make_manager(project: Project, **fields: Any) -> User:
    """Somebody who manages the project's department and is not on the project."""
    return make_user(roles=("sales-manager",), manages=project.department, **fields)


def manual(key: str, *, is_warning: bool = False) -> dict[str, Any]:
    """A key node that waits for a person's word."""
    return {"key": key, "kind": "manual", "label": {"en": key, "zh": key}, "is_warning": is_warning}


def needs(key: str, fact: str) -> dict[str, Any]:
    """A key node that a fact computes."""
    params = {"fact": fact}
    return {"key": key, "kind": "computed", "check": "is_true", "params": params, "label": {"en": key, "zh": key}}


#: Four stages: two manual nodes; one and a warning; a stated fact, which wins; one manual node, which finishes.
SMALL: Mapping[str, Sequence[dict[str, Any]]] = {
    "first": (manual("one"), manual("two")),
    "second": (manual("three"), manual("advice", is_warning=True)),
    "third": (needs("bid-submitted", "bid.submitted"),),
    "fourth": (manual("four"),),
}


def make_process(stages: Mapping[str, Sequence[dict[str, Any]]] = SMALL) -> ProcessDefinition:
    """Publish a process of these stages; the last but one marks the project won."""
    keys = list(stages)
    content = {
        "key": f"small-{next(_numbers)}",
        "name": {"en": "Small", "zh": "小流程"},
        "steps": [{"key": f"step-{key}", "name": {"en": key, "zh": key}} for key in keys],
        "stages": [
            {
                "key": key,
                "step": f"step-{key}",
                "name": {"en": key, "zh": key},
                "expected_days": 10,
                "is_won_gate": key == keys[-2],
                "is_final": key == keys[-1],
                "key_nodes": list(nodes),
            }
            for key, nodes in stages.items()
        ],
    }
    version = publish_process(content=parse(content), by=None, at=AT)
    queries.clear()  # SQLite gives ids of rolled back tests out again
    return queries.definition(version.pk)


def make_small_project(**fields: Any) -> Project:
    """A project in the first stage of the small process."""
    return make_project(process_version_id=make_process().version_id, **fields)


def confirm(project: Project, *nodes: str, at: datetime = AT) -> None:
    """Give the owner's word on manual key nodes."""
    for node in nodes:
        operations.confirm_node(project_id=project.pk, node_key=node, by=project.owner, at=at, evidence=EVIDENCE)


def state(project: Project, *names: str, at: datetime = AT) -> None:
    """State facts as the owner."""
    for name in names:
        operations.state_fact(project_id=project.pk, fact=name, by=project.owner, at=at, evidence=EVIDENCE)


def reloaded(project: Project) -> Project:
    """The project as the database has it."""
    return Project.objects.with_debt_counts().select_related("owner", "department", "stage").get(pk=project.pk)
