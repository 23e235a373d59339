"""What happens to projects by itself as time goes by."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from openpsm.core.jobs.schedule import periodic
from openpsm.projects import operations


@periodic(cron="10 0 * * *", name="projects.sweep")
@task()
def sweep_projects() -> int:
    """Refresh what has turned since yesterday: day counts, grades, debts made good by a date."""
    return operations.sweep(at=timezone.now())
