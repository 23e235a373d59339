"""The second chance of an event handler that failed."""

from __future__ import annotations

from django.utils.module_loading import import_string
from django_tasks import task

from openpsm.core.models.events import Event


@task()
def redeliver(handler: str, seq: int) -> None:
    """Call the handler for this event again."""
    import_string(handler)(Event.objects.get(seq=seq))
