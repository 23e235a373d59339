"""Lists with their filters take at most eight statements, as many for fifty rows as for one; more pages are counted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openpsm.org.models import User
from openpsm.projects import operations
from tests.factories import AT
from tests.factories.accounts import make_account
from tests.factories.org import make_department, make_user
from tests.factories.projects import make_project, new_project

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def owner() -> User:
    return make_user(department=make_department())


def _fill(owner: User, number: int) -> None:
    account = make_account(owner=owner)
    rows = [new_project(f"Mill {index}", account=account) for index in range(number)]
    operations.create_projects(rows=rows, by=owner, at=AT)


def _statements(client, path: str) -> tuple[int, int]:
    """Return the number of statements and of rows."""
    client.get(path)  # definitions come into memory
    with CaptureQueriesContext(connection) as found:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(found), answer.content.count(b'class="psm-row"')


@pytest.mark.parametrize("asked", ["stage={stage}", "department={department}", "mine=on", "q=mill", "grade={grade}"])
def test_filtered_project_lists_take_eight_statements(client, owner, asked) -> None:
    project = make_project("Mill", owner=owner)
    values = {"stage": project.stage_id, "department": owner.department_id, "grade": project.grade}
    path = f"/projects?{asked.format(**values)}&sort=-amount"
    client.force_login(owner)
    few, rows = _statements(client, path)
    assert (rows, few <= 7) == (1, True)
    _fill(owner, 49)
    assert _statements(client, path) == (few, 50)
    _fill(owner, 1)
    assert _statements(client, path) == (few + 1, 50)  # a second page: now the rows are counted


def test_a_department_shows_the_projects_below_it(client) -> None:
    above, beside = make_department(), make_department()
    boss = make_user(roles=("executive",), department=above)
    project = make_project(owner=make_user(department=make_department(parent=above)))
    client.force_login(boss)
    pages = [client.get(f"/projects?department={one.pk}").content.decode() for one in (above, beside)]
    assert [project.name in page for page in pages] == [True, False]
