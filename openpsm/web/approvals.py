"""Where the record of an approval is shown, as far as the reader may open it."""

from openpsm.org.models import Approval, User
from openpsm.registrations.arbitration import KIND
from openpsm.registrations.models import Arbitration
from openpsm.web.places import open_place


def place_of(approval: Approval, user: User) -> str:
    """Return the address of the record, empty where there is none for this reader (at most 1 query)."""
    if approval.kind == KIND:
        found = Arbitration.objects.visible_to(user).filter(approval=approval).values_list("pk", flat=True).first()
        return f"/registrations/arbitrations/{found}" if found else ""
    return open_place(approval.subject_type, approval.subject_id, user)
