"""The periodic jobs of this package."""

from django.utils import timezone
from django_tasks import task

from openpsm.core.jobs.schedule import periodic
from openpsm.org.models import UserSession
from openpsm.org.operations.absences import end_past_absences
from openpsm.org.operations.approvals import remind_of_approvals
from openpsm.org.operations.tasks import remind_of_tasks


@periodic(cron="*/10 * * * *", name="org.remind")
@task()
def remind() -> int:
    """Remind people of tasks that have become due."""
    return remind_of_tasks(at=timezone.now())


@periodic(cron="7 3 * * *", name="org.purge-sessions")
@task()
def purge_sessions() -> int:
    """Forget sessions that are over."""
    ended: int = UserSession.objects.filter(expire_date__lt=timezone.now()).delete()[0]
    return ended


@periodic(cron="20 * * * *", name="org.remind-approvals")
@task()
def remind_reviewers() -> int:
    """Remind reviewers of what waits for them."""
    return remind_of_approvals(at=timezone.now())


@periodic(cron="3 0 * * *", name="org.end-absences")
@task()
def end_absences() -> int:
    """Forget absences that are over."""
    return end_past_absences(at=timezone.now())
