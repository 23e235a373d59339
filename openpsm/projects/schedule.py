"""What happens to projects by itself as time goes by."""

from __future__ import annotations

import structlog
from django.utils import timezone
from django_tasks import task

from openpsm.core.jobs.schedule import periodic
from openpsm.projects import operations

log = structlog.get_logger(__name__)


@periodic(cron="10 0 * * *", name="projects.sweep")
@task()
def sweep_projects() -> int:
    """Refresh what has turned since yesterday: day counts, grades, debts made good by a date."""
    return operations.sweep(at=timezone.now())


@periodic(cron="*/5 * * * *", name="projects.fold-totals")
@task()
def fold_totals() -> int:
    """Add up the changes of the kept totals, so that there are never many of them to read."""
    return operations.fold_totals()


@periodic(cron="40 2 * * *", name="projects.check-totals")
@task()
def check_totals() -> int:
    """Mend the kept totals where they are wrong, and say so in the log: they should never be."""
    wrong = operations.rebuild_totals()
    if wrong:
        log.error("totals_were_wrong", sums=wrong)
    return wrong
