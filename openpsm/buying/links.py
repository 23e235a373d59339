"""What becomes of this package's references to users, accounts and contacts."""

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, Contact
from openpsm.buying.models import AttitudeChange, IntelligenceItem, Stakeholder, SupporterLabel
from openpsm.core import events, links
from openpsm.org.models import User


def _labelled(user: User) -> QuerySet[SupporterLabel]:
    return SupporterLabel.objects.live().filter(author=user)


def _give_labels(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """The receiver of a handover takes over who our supporters are; a label given twice ends."""
    own = SupporterLabel.objects.live().filter(author=new)
    for stakeholder_id, kind in own.values_list("stakeholder_id", "kind"):
        _labelled(old).filter(stakeholder_id=stakeholder_id, kind=kind).update(ended_at=at, version=F("version") + 1)
    return _labelled(old).update(author=new, version=F("version") + 1, updated_at=at)


def _told(user: User) -> QuerySet[IntelligenceItem]:
    return IntelligenceItem.objects.live().filter(author=user)


def _give_intelligence(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """The receiver of a handover answers for what is known and learns who the inside sources are."""
    return _told(old).update(author=new, version=F("version") + 1, updated_at=at)


def _covered(user: User) -> QuerySet[Stakeholder]:
    return Stakeholder.objects.live().filter(cover=user)


def _give_cover(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    return _covered(old).update(cover=new, version=F("version") + 1, updated_at=at)


def _move_account(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    return Stakeholder.objects.filter(account=gone).update(account=kept)


def _move_contact(*, kept: Contact, gone: Contact, by: User | None, at: datetime) -> int:
    """Where both take part in a project, the row of the merged one is taken away."""
    both = Stakeholder.objects.live().filter(contact=kept).values("project_id")
    Stakeholder.objects.live().filter(contact=gone, project_id__in=both).update(removed_at=at)
    return Stakeholder.objects.filter(contact=gone).update(contact=kept)


def _erase_contact(*, target: Contact, by: User | None, at: datetime) -> int:
    """Keep the part in the decision and take the person out of it, also where they are named as a source.

    What was said of a placeholder before it became this contact is sealed under the placeholder's own key.
    """
    rows = Stakeholder.objects.filter(contact=target)
    said = IntelligenceItem.objects.filter(project__in=rows.values("project_id"), source_person__contains=target.name)
    for sealed in (*rows, *said):
        events.erase(sealed)
    said.update(source_person="", version=F("version") + 1, updated_at=at)
    SupporterLabel.objects.filter(stakeholder__in=rows).update(reason="")
    AttitudeChange.objects.filter(stakeholder__in=rows).update(reason="")
    return rows.update(name="—", title="", note="", next_step="", custom={}, version=F("version") + 1, updated_at=at)


def _parts(target: Contact) -> QuerySet[Stakeholder]:
    return Stakeholder.objects.filter(contact=target)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    user, contact = "org.user", "accounts.contact"
    links.declare(SupporterLabel, "author", target=user, label=_("supporters"), move=_give_labels, listing=_labelled)
    links.declare(
        IntelligenceItem,
        "author",
        target=user,
        label=_("information answered for"),
        move=_give_intelligence,
        listing=_told,
    )
    links.declare(
        Stakeholder, "cover", target=user, label=_("people we look after"), move=_give_cover, listing=_covered
    )
    links.declare(AttitudeChange, "by", target=user, label=_("who noted an attitude"))
    links.declare(IntelligenceItem, "confirmed_by", target=user, label=_("who confirmed information"))
    links.declare(Stakeholder, "account", target="accounts.account", label=_("people"), merge=_move_account)
    links.declare(
        Stakeholder,
        "contact",
        target=contact,
        label=_("parts in projects"),
        merge=_move_contact,
        erase=_erase_contact,
        listing=_parts,
    )
