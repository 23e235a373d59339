"""Activities, made through the operations."""

from datetime import datetime, timedelta
from typing import Any

from openpsm.activities import operations
from openpsm.activities.models import Activity
from openpsm.projects.models import Project
from tests.factories import AT


def log_activity(project: Project, *, at: datetime = AT, **fields: Any) -> Activity:
    """A visit of the project's owner on the day of `at`."""
    given: dict[str, Any] = {
        "done_on": at.date(),
        "result": "They want to see a trial",
        "next_step": "Bring samples",
        "next_on": at.date() + timedelta(days=7),
        "by": project.owner,
        "project_id": project.pk,
    }
    return operations.log_activity(at=at, **(given | fields))


def plan_activity(project: Project, *, at: datetime = AT, **fields: Any) -> Activity:
    """A visit of the project's owner planned for three days later."""
    given: dict[str, Any] = {
        "planned_on": at.date() + timedelta(days=3),
        "purpose": "Show the test report",
        "by": project.owner,
        "project_id": project.pk,
    }
    return operations.plan_activity(at=at, **(given | fields))
