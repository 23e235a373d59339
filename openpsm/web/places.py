"""Where a record of each kind is shown."""

from typing import Any

from django.apps import apps

from openpsm.org.models import User

PLACES = {
    "org.task": "/tasks/{pk}",
    "org.handover": "/handovers/{pk}",
    "registrations.arbitration": "/registrations/arbitrations/{pk}",
    "insights.alert": "/alerts/{pk}",
    "org.approval": "/approvals/{pk}",
    "org.absence": "/approvals?part=waiting",
    "projects.project": "/projects/{pk}",
    "accounts.account": "/accounts/{pk}",
    "registrations.registration": "/registrations/{pk}",
    "activities.activity": "/activities/{pk}",
}


def open_place(label: str, pk: int | None, user: User) -> str:
    """Return the address of a record, empty where it has none for this reader (at most 1 query)."""
    place = PLACES.get(label)
    if place is None or pk is None:
        return ""
    model: Any = apps.get_model(label)
    return place.format(pk=pk) if model._default_manager.visible_to(user).filter(pk=pk).exists() else ""
