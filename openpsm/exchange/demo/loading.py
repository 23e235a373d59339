"""The demo company on request of the first administrator: loaded by a worker, after the set-up has been committed."""

from django.utils import timezone
from django_tasks import task

from openpsm.core import events
from openpsm.core.models import Event
from openpsm.exchange.demo import load_demo
from openpsm.org.models import Department, User


@task(max_attempts=1)
def load(*, user_id: int) -> None:
    """Load the demo company, unless there are departments already."""
    if not Department.objects.exists():
        load_demo(timezone.now(), by=User.objects.get(pk=user_id))


@events.on("installation.set_up")
def after_set_up(event: Event) -> None:
    """Ask a worker for the demo company, if the first administrator wants it."""
    if event.data["with_demo"] and event.by_id:
        load.enqueue(user_id=event.by_id)
