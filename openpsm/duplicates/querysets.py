"""Which pairs and merges one sees: those of accounts that one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.accounts.models import Account
from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


def _seen(user: User, name: str) -> Exists:
    return Exists(Account.objects.visible_to(user).filter(pk=OuterRef(name)))


class PairQuerySet(models.QuerySet[Any]):
    """A pair shows two accounts: whoever does not see both of them does not see it."""

    def live(self) -> PairQuerySet:
        """Pairs of which no account was deleted or merged since."""
        return self.filter(one__deleted_at=None, other__deleted_at=None)

    def visible_to(self, user: User) -> PairQuerySet:
        """Pairs of two accounts that one sees, for those who may merge; of merged ones the account that is left."""
        if not access.reach(user).holds_anywhere(Permission.ACCOUNT_MERGE):
            return self.none()
        one, other = _seen(user, "one_id"), _seen(user, "other_id")
        if access.reach(user).holds(Permission.ACCOUNT_VIEW_ALL):
            return self.filter(Q(one__deleted_at=None, other__deleted_at=None) | _IS_MERGED)
        return self.filter((Q(one) & Q(other)) | (_IS_MERGED & (Q(one) | Q(other))))


_IS_MERGED = Q(state="merged")


class MergeQuerySet(models.QuerySet[Any]):
    """Merges into accounts that one sees, for those who may merge."""

    def standing(self) -> MergeQuerySet:
        return self.filter(undone_at=None)

    def visible_to(self, user: User) -> MergeQuerySet:
        if not access.reach(user).holds_anywhere(Permission.ACCOUNT_MERGE):
            return self.none()
        return self.filter(_seen(user, "kept_id"))
