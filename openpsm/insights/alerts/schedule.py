"""When alerts are swept: every morning, and at once after what may make two visits clash or ends a silence."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from openpsm.activities.models import Activity
from openpsm.core import events
from openpsm.core.events import Event
from openpsm.core.jobs.schedule import periodic
from openpsm.insights.alerts import findings, sweeping


@periodic(cron="30 5 * * *", name="alerts.sweep")
@task()
def sweep_alerts() -> int:
    """Look at everything by every rule."""
    return sweeping.sweep(at=timezone.now())


@events.on(
    *("activity.planned", "activity.changed", "activity.cancelled", "activity.completed"),
    *("activity.deleted", "activity.restored"),
)
def sweep_visits(event: Event) -> None:
    """Two sellers are told before they go."""
    account = Activity.objects.filter(pk=event.subject_id).values_list("account_id", flat=True).first()
    if account:
        sweeping.sweep_subjects(findings.CLASH, [account], at=event.at)


@events.on("price.offered")
def sweep_prices(event: Event) -> None:
    """The manager hears at once that one undercuts another."""
    sweeping.sweep_subjects(findings.UNDERCUT, [event.data["account"]], at=event.at)


@events.on("loss.reported", "loss.withdrawn")
def sweep_loss(event: Event) -> None:
    """A reported loss ends the silence."""
    if event.root_id:
        sweeping.recheck(findings.SILENT, [event.root_id], at=event.at)
