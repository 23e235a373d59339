"""Which accounts, contacts and competitors: visibility first, then the filters that chain on one model."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from openpsm.core.grams import holding
from openpsm.core.text import bigrams, fold
from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


def _has_visible_project(user: "User") -> Exists:
    """Projects stand a layer above; they are reached by name so that one rule of visibility serves both."""
    parties = apps.get_model("projects", "Party")._default_manager.filter(account=OuterRef("pk"))
    projects: Any = apps.get_model("projects", "Project")._default_manager.all()
    through = projects.behind(user)
    return Exists(parties.filter(through or Q(), project__deleted_at=None))


class AccountQuerySet(models.QuerySet[Any]):
    """Accounts that are not in the recycle bin come through `visible_to`."""

    def live(self) -> "AccountQuerySet":
        return self.filter(deleted_at=None)

    def in_pool(self) -> "AccountQuerySet":
        """Those that belong to nobody and may be claimed; a constraint says that these alone have their instant."""
        return self.live().filter(pooled_at__isnull=False)

    def visible_to(self, user: "User") -> "AccountQuerySet":
        """Owner, account team, managers, wide reach, the public pool, and whoever sees one of its projects."""
        return self.live()._within_reach_of(user)

    def in_bin_of(self, user: "User") -> "AccountQuerySet":
        """Deleted accounts that the user would see otherwise; one that was merged comes back by undoing that."""
        return self.filter(deleted_at__isnull=False, merged_into=None)._within_reach_of(user)

    def _within_reach_of(self, user: "User") -> "AccountQuerySet":
        members = apps.get_model("accounts", "AccountMember")._default_manager
        mine = Q(Exists(members.filter(user=user, account=OuterRef("pk"))))
        mine |= Q(_has_visible_project(user))
        if access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE):
            mine |= Q(owner=None, is_unassigned=False)
        condition = access.visible(user, view_all=Permission.ACCOUNT_VIEW_ALL, mine=mine)
        return self if condition is None else self.filter(condition)

    def matching(self, text: str) -> "AccountQuerySet":
        """Accounts one of whose names holds the text (two characters up), by pinyin or initials too, or by credit code.

        Chinese text is looked up by pairs of characters (1 query); Latin letters may be spelled pinyin and scan the
        search text.
        """
        grams = bigrams(fold(text))
        if not grams:
            return self
        if len(grams[0]) < 2 or (len(grams) > 1 and fold(text).isascii() and fold(text).isalpha()):
            return self.filter(search_text__contains=fold(text))
        found = holding(self, grams, apps.get_model("accounts", "AccountGram")._default_manager.all(), "account_id")
        return found if len(grams) == 1 else found.filter(search_text__contains=fold(text))


class ContactQuerySet(models.QuerySet[Any]):
    """Contacts follow their account."""

    def live(self) -> "ContactQuerySet":
        return self.filter(deleted_at=None)

    def visible_to(self, user: "User") -> "ContactQuerySet":
        accounts: Any = apps.get_model("accounts", "Account")._default_manager.all()
        seen = accounts.visible_to(user).filter(pk=OuterRef("account_id"))
        return self.live().filter(Exists(seen))  # asked for each row: SQLite would make a list of all accounts first

    def in_bin_of(self, user: "User") -> "ContactQuerySet":
        """Deleted contacts, but for erased persons, of accounts that the user sees."""
        accounts = apps.get_model("accounts", "Account")._default_manager.all()
        return self.filter(deleted_at__isnull=False, erased_at=None, account__in=accounts.visible_to(user))


class CompetitorQuerySet(models.QuerySet[Any]):
    """Rivals are known to everybody who works on projects."""

    def visible_to(self, user: "User") -> "CompetitorQuerySet":
        return self if user.is_active else self.none()


def _of_visible_accounts(rows: models.QuerySet[Any], user: "User") -> models.QuerySet[Any]:
    accounts: Any = apps.get_model("accounts", "Account")._default_manager.all()
    return rows.filter(Exists(accounts.visible_to(user).filter(pk=OuterRef("account_id"))))


class VolumeQuerySet(models.QuerySet[Any]):
    """Volumes are read by whoever sees the account."""

    def visible_to(self, user: "User") -> models.QuerySet[Any]:
        return _of_visible_accounts(self, user)


class LossRecordQuerySet(models.QuerySet[Any]):
    """Reports are open to all sellers; what is only owed yet to who sees the account.

    Of a customer whom the reader does not see, a list shows reason, winner, destination and price, nothing else.
    """

    def visible_to(self, user: "User") -> models.QuerySet[Any]:
        accounts: Any = apps.get_model("accounts", "Account")._default_manager.all()
        near = Q(Exists(accounts.visible_to(user).filter(pk=OuterRef("account_id"))))
        if user.is_active and access.reach(user).holds_anywhere(Permission.REGISTRATION_CREATE):
            near |= Q(reported_at__isnull=False, withdrawn_at=None)
        return self.filter(near)

    def standing(self) -> "LossRecordQuerySet":
        """Not withdrawn because the customer buys again."""
        return self.filter(withdrawn_at=None)

    def reported(self) -> "LossRecordQuerySet":
        return self.standing().filter(reported_at__isnull=False)
