"""What a customer buys month by month, and where customers went who left us.

Rules: docs/business-rules.md#volumes, docs/business-rules.md#lost
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from openpsm.core.money import MoneyField, QuantityField, default_currency
from openpsm.core.versions import Versioned
from openpsm.org import access
from openpsm.org.permissions import Permission

if TYPE_CHECKING:
    from openpsm.org.models import User


def _of_visible_accounts(rows: models.QuerySet[Any], user: User) -> models.QuerySet[Any]:
    accounts: Any = apps.get_model("accounts", "Account")._default_manager.all()
    return rows.filter(Exists(accounts.visible_to(user).filter(pk=OuterRef("account_id"))))


class VolumeQuerySet(models.QuerySet[Any]):
    """Volumes are read by whoever sees the account."""

    def visible_to(self, user: User) -> models.QuerySet[Any]:
        return _of_visible_accounts(self, user)


class AccountVolume(Versioned):
    """What an account took in one month (`month` is its first day), of one product or (no code) of everything.

    `product` is the product's code; `amount` includes tax; `source` says which file brought it.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="volumes")
    month = models.DateField(_("month"))
    product = models.CharField(_("product"), max_length=40, blank=True)
    quantity = QuantityField(_("quantity"))
    unit = models.CharField(_("unit"), max_length=20)
    amount = MoneyField(_("amount"), null=True, blank=True)
    amount_currency = models.CharField(max_length=3, default=default_currency)
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = VolumeQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly volume")
        indexes: ClassVar = [models.Index(fields=["month", "account"], name="account_volume_by_month")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "month", "product"], name="account_volume_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="account_volume_of_a_month"),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="account_volume_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month:%Y-%m}"


class LossReason(models.TextChoices):
    """Why a customer left."""

    PRICE = "price", _("price")
    QUALITY = "quality", _("quality")
    DELIVERY = "delivery", _("delivery")
    TERMS = "terms", _("payment terms")
    RELATION = "relation", _("relation with another supplier")
    NO_NEED = "no_need", _("no need any more")
    CREDIT = "credit", _("we stopped: credit")
    OTHER = "other", _("something else")


class LossRecordQuerySet(models.QuerySet[Any]):
    """Who sees the account sees its report; what all sellers see of it is `shared`."""

    def visible_to(self, user: User) -> models.QuerySet[Any]:
        return _of_visible_accounts(self, user)

    def standing(self) -> LossRecordQuerySet:
        """Not withdrawn because the customer buys again."""
        return self.filter(withdrawn_at=None)

    def reported(self) -> LossRecordQuerySet:
        return self.standing().filter(reported_at__isnull=False)

    def shared(self, user: User) -> LossRecordQuerySet:
        """Reports that are open to all sellers: reason, winner, destination and price of them, nothing else."""
        own = access.reach(user)
        allowed = user.is_active and own.holds_anywhere(Permission.REGISTRATION_CREATE)
        return self.reported() if allowed else self.none()


class LossRecord(Versioned):
    """The follow-up form of a lost customer (客户跟踪记录表).

    It stands from the day on which somebody judged the customer lost: until it is reported it is owed, by `due_on`.
    `price` is the winner's price for a unit, tax included. One stands per account at a time.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="losses")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("judged lost"))
    due_on = models.DateField(_("due on"))
    lost_on = models.DateField(_("lost on"), null=True, blank=True)
    reason = models.CharField(_("main reason"), max_length=20, choices=LossReason, blank=True)
    reason_text = models.TextField(_("in your own words"), blank=True)
    destination = models.CharField(_("where the customer went"), max_length=200, blank=True)
    winner = models.ForeignKey("accounts.Competitor", models.PROTECT, null=True, related_name="+")
    price = QuantityField(_("the winner's price"), null=True, blank=True)
    price_currency = models.CharField(max_length=3, default=default_currency)
    price_unit = models.CharField(_("price unit"), max_length=20, blank=True)
    reported_at = models.DateTimeField(null=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = LossRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("lost customer")
        indexes: ClassVar = [models.Index(fields=["-reported_at"], name="loss_by_report")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account"], condition=Q(withdrawn_at=None), name="one_standing_loss"),
            models.CheckConstraint(
                condition=Q(reported_at=None) | (~Q(reason="") & ~Q(destination="") & Q(lost_on__isnull=False)),
                name="reported_loss_says_why_and_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.reason}"
