"""What claims do when projects move or change hands. Rule: docs/business-rules.md#protection"""

from __future__ import annotations

from openpsm.core import events
from openpsm.core.dates import today
from openpsm.core.events import Event
from openpsm.projects.models import Project
from openpsm.registrations import operations
from openpsm.registrations.progress import GATE


@events.on("project.advanced")
def renew_by_gate(event: Event) -> None:
    """A gate passed and the next stage entered renew the claims on project and customer."""
    account = Project.objects.filter(pk=event.subject_id).values_list("account_id", flat=True).first()
    if account:
        ids = {"project_ids": [event.subject_id], "account_ids": [account]}
        operations.renew_claims(why=GATE, on=today(event.at), by=event.by, at=event.at, **ids)


@events.on("project.owner_changed")
def follow_owner(event: Event) -> None:
    """The claim belongs to whoever owns the project."""
    operations.follow_owner(project_id=event.subject_id, at=event.at)
