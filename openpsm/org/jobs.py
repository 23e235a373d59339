"""The periodic jobs of this package."""

from django.utils import timezone
from django_tasks import task

from openpsm.core.jobs.schedule import periodic
from openpsm.org.models import UserSession
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
