"""What becomes of this package's references to users, accounts and contacts.

What was done stays with who did it; what is planned goes to the receiver of a handover.
"""

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from openpsm.accounts.models import Account, Contact
from openpsm.activities.models import Activity, ActivityColleague, ActivityPerson, Comment, CommentMention, PriceOffer
from openpsm.core import links
from openpsm.org.models import User


def _planned(user: User) -> QuerySet[Activity]:
    return Activity.objects.filter(owner=user, state=Activity.State.PLANNED, deleted_at=None)


def _give_plans(*, old: User, new: User, by: User | None, at: datetime, **_scope: Any) -> int:
    """The key of the sender's device stays behind: it is the sender's own."""
    return _planned(old).update(owner=new, client_key="", version=F("version") + 1, updated_at=at)


def _move_account(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    return Activity.objects.filter(account=gone).update(account=kept)


def _move_contact(*, kept: Contact, gone: Contact, by: User | None, at: datetime) -> int:
    """Where both were met on one occasion, one row is enough."""
    both = list(ActivityPerson.objects.filter(contact=kept).values_list("activity_id", flat=True))
    ActivityPerson.objects.filter(contact=gone, activity_id__in=both).delete()
    return ActivityPerson.objects.filter(contact=gone).update(contact=kept)


def _move_comments(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    return Comment.objects.filter(account=gone).update(account=kept)


def _move_prices(*, kept: Account, gone: Account, by: User | None, at: datetime) -> int:
    return PriceOffer.objects.filter(account=gone).update(account=kept)


def _met(target: Contact) -> QuerySet[Activity]:
    return Activity.objects.filter(people__contact=target)


def declare_all() -> None:
    """Called once, from `AppConfig.ready`."""
    user = "org.user"
    links.declare(Activity, "owner", target=user, label=_("planned activities"), move=_give_plans, listing=_planned)
    links.declare(Activity, "confirmed_by", target=user, label=_("who confirmed a visit"))
    links.declare(ActivityColleague, "user", target=user, label=_("who came along"))
    links.declare(Comment, "author", target=user, label=_("comments written"))
    links.declare(CommentMention, "user", target=user, label=_("comments in which the person is named"))
    links.declare(Comment, "account", target="accounts.account", label=_("comments"), merge=_move_comments)
    links.declare(Activity, "account", target="accounts.account", label=_("activities"), merge=_move_account)
    links.declare(
        ActivityPerson, "contact", target="accounts.contact", label=_("meetings"), merge=_move_contact, listing=_met
    )
    links.declare(PriceOffer, "owner", target=user, label=_("prices offered"))
    links.declare(PriceOffer, "account", target="accounts.account", label=_("prices offered"), merge=_move_prices)
