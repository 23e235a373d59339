"""Where the record of an approval is shown, as far as the reader may open it."""

from django.apps import apps

from openpsm.org.models import Approval, User
from openpsm.registrations.arbitration import KIND
from openpsm.registrations.models import Arbitration

#: Kind or model → address.
PLACES = {
    "projects.project": "/projects/{pk}",
    "accounts.account": "/accounts/{pk}",
    "activities.activity": "/activities/{pk}",
}


def place_of(approval: Approval, user: User) -> str:
    """Return the address of the record, empty where there is none for this reader (at most 1 query)."""
    if approval.kind == KIND:
        found = Arbitration.objects.visible_to(user).filter(approval=approval).values_list("pk", flat=True).first()
        return f"/registrations/arbitrations/{found}" if found else ""
    place = PLACES.get(approval.subject_type)
    if place is None:
        return ""
    model = apps.get_model(approval.subject_type)
    seen = model._default_manager.visible_to(user).filter(pk=approval.subject_id)
    return place.format(pk=approval.subject_id) if seen.exists() else ""
