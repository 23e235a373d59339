"""What the ground stores, one module per noun."""

from openpsm.core.models.calendar import Holiday
from openpsm.core.models.configuration import CustomField, Parameter
from openpsm.core.models.events import Event, EventAnchor, EventHead, SealKey
from openpsm.core.models.files import Attachment
from openpsm.core.models.jobs import Job, JobSchedule, WorkerHeartbeat
from openpsm.core.models.requests import IdempotencyKey, RateBucket

__all__ = [
    "Attachment",
    "CustomField",
    "Event",
    "EventAnchor",
    "EventHead",
    "Holiday",
    "IdempotencyKey",
    "Job",
    "JobSchedule",
    "Parameter",
    "RateBucket",
    "SealKey",
    "WorkerHeartbeat",
]
